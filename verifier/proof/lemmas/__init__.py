"""Lemma inference: candidates from the sorts, filtered to the largest inductive subset."""
