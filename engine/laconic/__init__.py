"""laconic: retrieved context, shrunk to the parts that answer the question."""
