"""The meaning of a protocol: concrete states, finite scopes, ground circuits, first-order formulas, proof obligations."""
