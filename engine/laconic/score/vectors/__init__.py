"""Vectors of meaning: an embedded table, adapters for other embedders, and a searchable index."""
