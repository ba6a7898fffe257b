"""The model at unbounded scope as first-order logic, and z3's answers to its proof obligations."""

from verifier.kernel.definedness import Use
from verifier.semantics.quantified.checking import Outcome, Setting, check, smoke, undefined_start
from verifier.semantics.quantified.obligations import Obligation, Quantified

__all__ = ["Obligation", "Outcome", "Quantified", "Setting", "Use", "check", "smoke", "undefined_start"]
