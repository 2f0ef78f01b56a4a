"""DynamoDB tables (PynamoDB models)."""
