"""The lemma workbench: finds the fault of each lemma and each invariant of a model, by name, and a state that shows it."""
