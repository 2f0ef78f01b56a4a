"""What the simulated exporters speak: flows to datagrams, written apart from the decoders: each tests the other."""
