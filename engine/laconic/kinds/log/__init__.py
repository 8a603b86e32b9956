"""Logs and stack traces: a segment for each line."""
