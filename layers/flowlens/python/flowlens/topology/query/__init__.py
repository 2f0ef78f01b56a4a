"""The filter language: read with positions, matched against whole columns, completed while someone types."""
