"""Decoders of export datagrams: one file per protocol, `decode(datagrams, state) -> Columns`."""
