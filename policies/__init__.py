"""Which candidates are worth their tokens."""
