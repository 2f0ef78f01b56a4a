"""Where flow logs come from, one file per kind: `Settings` is its form, `claims` says whether a log is of the feed."""
