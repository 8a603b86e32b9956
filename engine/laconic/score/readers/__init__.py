"""Scorers of other people: each shape of object that ranks texts for a question has a reader, which asks it.

`recognise` tells the shapes apart by their methods, `answers` checks what comes back, `Reranker` says how much of a
call is read, and `reread` brings what was said to the scale of the scorer that read everything.
"""
