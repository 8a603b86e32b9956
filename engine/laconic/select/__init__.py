"""Scores and costs to a selection: the third of the four stages."""
