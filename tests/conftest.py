"""What holds for the whole suite."""

import os

# Processes that tests start, and workers, find bytecode at hand, as an installer leaves it: compiling the source again
# in each of them takes longer than what most of them do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
