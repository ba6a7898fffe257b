"""A model as people watch it run, with the concrete semantics alone: walks, sample runs, graphs of all states."""
