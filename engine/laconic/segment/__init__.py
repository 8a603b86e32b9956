"""Passage to segments: the first of the four stages."""
