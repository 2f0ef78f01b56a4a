"""Where areas and storage meet: one file per noun; only these open transactions."""
