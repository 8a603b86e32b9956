"""Key and address of the hosted ScaleDown API under a short path; they live in `laconic.scaledown.config`."""

from laconic.scaledown.config import *  # noqa: F403 - the same names
from laconic.scaledown.config import __all__ as __all__
