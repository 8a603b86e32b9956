"""Source code to segments: fifteen languages, one walker."""
