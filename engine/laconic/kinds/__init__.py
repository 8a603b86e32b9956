"""Kinds of text: a folder for each, and `laconic.kinds.table`, which lists them."""
