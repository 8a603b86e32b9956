"""What the records of a call say about its question: those that it names, describes or ranks, those that are odd."""
