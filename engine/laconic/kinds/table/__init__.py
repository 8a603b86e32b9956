"""CSV and other delimited tables."""
