"""Finite scope: a model as one quantifier-free circuit over a fixed set of integer and Bool fields, and its back ends."""
