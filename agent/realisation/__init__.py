"""From glosses to plain English: labels are read, words inflected, clauses put in English order. No weights."""
