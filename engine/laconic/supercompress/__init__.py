"""Which lines of a context to evict: policies for `laconic.compress_context`."""

from laconic.supercompress.h2o import H2OPolicy
from laconic.supercompress.learned import LearnedPolicy
from laconic.supercompress.policy import FIFO, EvictionPolicy, Line, SelectingPolicy, TruncationPolicy

__all__ = ["FIFO", "EvictionPolicy", "H2OPolicy", "LearnedPolicy", "Line", "SelectingPolicy", "TruncationPolicy"]
