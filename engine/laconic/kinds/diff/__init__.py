"""Unified diffs: changes, with the headers that say where they belong."""
