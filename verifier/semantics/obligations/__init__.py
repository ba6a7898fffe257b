"""What must be shown for a verdict: bad states and steps of a property, proofs, and their check in fresh solvers."""
