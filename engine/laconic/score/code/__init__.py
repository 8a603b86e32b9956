"""Which definitions of a code base a question is about, and which statements of one.

`CodeRanking` ranks the functions and types of one file by small nets, of several by a linear model over their features;
`laconic.score.code.statements` ranks the statements of one function for cutting it.
"""

from laconic.score.code.ranking import CodeRanking, rank
from laconic.score.code.step import CodeStep
from laconic.score.code.weights import Weights, shipped_weights

__all__ = ["CodeRanking", "CodeStep", "Weights", "rank", "shipped_weights"]
