"""Dragoman: translates long documents and low-resource languages with an agent that remembers and looks things up."""

__version__ = "0.1.0"
