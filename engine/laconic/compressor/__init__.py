"""The doors to the engine: named compositions of segment, score, select and render."""
