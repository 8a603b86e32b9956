"""Markdown: prose with its marks."""
