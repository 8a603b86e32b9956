"""Dictionary aliasing and semantic pruning behind a quality gate: `TwoStageEngine`."""
