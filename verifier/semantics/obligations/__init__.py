"""The proof obligations of a verdict: bad states and steps of a property, proofs, and their check in fresh solvers."""
