"""FlowLens: who talks to whom, since when, with what evidence."""
