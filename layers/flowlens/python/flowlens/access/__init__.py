"""Who may do what: permissions and tokens, as values."""
