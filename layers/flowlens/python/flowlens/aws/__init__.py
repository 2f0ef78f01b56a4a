"""Thin clients of AWS services: Kinesis, S3 or a directory, Secrets Manager."""
