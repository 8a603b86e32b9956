"""CSV and other delimited tables: a header, and rows that require it."""
