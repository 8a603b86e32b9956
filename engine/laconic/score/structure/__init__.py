"""What the records of a call say about its question: records named, described, ranked or odd."""
