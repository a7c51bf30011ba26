"""What is taken when the user names nothing: one place, light enough for the command line's help."""

__all__ = ["DEFAULT_MODEL"]

DEFAULT_MODEL = "gloss"
"""For `translate`, `serve`, the SDK and the demo; any name that `dragoman.agent.backends.make_backend` knows."""
