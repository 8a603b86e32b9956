"""One call of the engine: inputs, budget, the run through the four stages, and its outcome."""
