"""What the records of a call say about its question: those that it names, describes, ranks, and those that stand out."""
