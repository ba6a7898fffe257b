"""A walk through a model, step by step: for Python, for the terminal and for scripts."""
