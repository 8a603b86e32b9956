"""XML: records and text in elements, written as well-formed XML again."""
