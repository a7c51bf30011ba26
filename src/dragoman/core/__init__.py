"""Words of the domain. Imports nothing else of Dragoman."""
