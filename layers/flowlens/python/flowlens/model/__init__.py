"""The nouns of FlowLens: values without behaviour of their own."""
