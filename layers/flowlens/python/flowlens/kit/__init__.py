"""What knows nothing of FlowLens: standard library and NumPy only."""
