"""Parts of ``training/train_code.py``."""
