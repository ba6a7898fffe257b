"""Readable accounts of results, made from the documents alone: no model, no solver."""
