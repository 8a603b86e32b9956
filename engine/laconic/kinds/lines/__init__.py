"""Text of which only the lines are known: code in a language without a grammar here."""
