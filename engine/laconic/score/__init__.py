"""Query and segments to scores: the second of the four stages."""
