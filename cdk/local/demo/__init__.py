"""The demo: an estate of about 300 assets, its traffic, and the exporters that report it."""
