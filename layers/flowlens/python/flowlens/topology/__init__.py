"""The map as values: grouping, bounding, what was left out."""
