"""The table of aligned words that laconic uses for questions in another language than the passages.

It holds data only: ``aligned.npz``, read by laconic's evidence scorer.
"""
