"""Which lines of a context to evict: policies for `laconic.compress_context`."""

from laconic.eviction.h2o import H2OPolicy
from laconic.eviction.learned import LearnedPolicy
from laconic.eviction.lines import Line
from laconic.eviction.policy import FIFO, EvictionPolicy, TruncationPolicy

__all__ = ["FIFO", "EvictionPolicy", "H2OPolicy", "LearnedPolicy", "Line", "TruncationPolicy"]
