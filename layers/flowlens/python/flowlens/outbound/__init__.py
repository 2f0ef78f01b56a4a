"""What FlowLens asks of others where a user says where: each such URL goes through `client`, and nothing else does."""
