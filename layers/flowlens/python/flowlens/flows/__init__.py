"""Flows: decoding, batches, direction. Pure logic, no storage."""
