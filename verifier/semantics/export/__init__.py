"""A finite scope as a circuit in the formats of hardware model checkers, AIGER and BTOR2."""
