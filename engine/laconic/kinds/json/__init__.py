"""JSON and JSON lines: members of records, written as JSON again."""
