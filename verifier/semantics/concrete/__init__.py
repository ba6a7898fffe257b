"""One state, plain Python values: evaluation, steps, replay. The oracle of the other semantics."""
