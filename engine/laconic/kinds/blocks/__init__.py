"""Records of ``Name: value`` lines, in blocks between blank lines or rules."""
