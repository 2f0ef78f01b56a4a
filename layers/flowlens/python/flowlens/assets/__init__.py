"""Assets: what an address is, as values."""
