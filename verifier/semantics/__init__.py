"""What a protocol means: concrete states, finite scopes, ground circuits, first-order formulas, proof obligations."""
