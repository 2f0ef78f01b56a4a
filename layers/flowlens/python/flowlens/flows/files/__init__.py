"""Readers of flow logs: one file per format, with `recognises(first)` and `read(stream, about, tally)`."""
