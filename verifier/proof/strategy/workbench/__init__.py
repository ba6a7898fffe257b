"""The lemma workbench: what is wrong with each lemma and each invariant of a model, by name, and which state shows it."""
