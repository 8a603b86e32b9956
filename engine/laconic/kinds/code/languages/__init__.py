"""One declarative table per language: queries, list-like nodes, placeholders."""
