"""Chat messages in fewer tokens: `MessagePipeline`, its recipes and its engines.

from laconic.messages import MessagePipeline

result = MessagePipeline("agent-tools").run(messages)
result.messages, result.savings_pct
"""

from laconic.messages.blocks import Block
from laconic.messages.directives import Directive
from laconic.messages.engines import HeuristicEngine, LLMLinguaEngine
from laconic.messages.history import CompactedHistory, compact_history
from laconic.messages.pipeline import CompressionPipeline, HookError, MessagePipeline, PipelineResult
from laconic.messages.recipes import Recipe, builtin_recipes, load_recipe
from laconic.messages.telemetry import CallStats, Telemetry, stats

__all__ = [
    "Block", "CallStats", "CompactedHistory", "CompressionPipeline", "Directive", "HeuristicEngine", "HookError",
    "LLMLinguaEngine", "MessagePipeline", "PipelineResult", "Recipe", "Telemetry", "builtin_recipes", "compact_history",
    "load_recipe", "stats",
]  # fmt: skip
