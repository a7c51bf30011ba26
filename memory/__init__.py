"""3E memory and language resources: versioned, append-only; recall is pure."""
