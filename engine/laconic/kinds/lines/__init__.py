"""Text of which only the lines are known."""
