"""Markdown: prose with headings, lists, tables and fences."""
