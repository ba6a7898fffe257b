"""Temporal formulas and conditions of fairness as text that reads like TLA+."""

from __future__ import annotations

from verifier.kernel.fairness import Condition
from verifier.kernel.properties import Property
from verifier.kernel.reach import Vocabulary
from verifier.kernel.temporal import Temporal
from verifier.kernel.term_text import Names, render, sort_text
from verifier.kernel.terms import Term

_TIGHT = 100
"""A binding strength that puts everything that is joined into parentheses."""


def temporal_text(formula: Temporal, vocabulary: Vocabulary) -> str:
    """A temporal formula: `\\A n \\in Node : (P) ~> (Q)`, `<>[](P)`."""
    return _written(formula, Names(vocabulary))


def _written(formula: Term | Temporal, names: Names) -> str:
    if isinstance(formula, Term):
        return render(formula, names, _TIGHT)
    match formula.op:
        case "always":
            return "[]" + _written(formula.parts[0], names)
        case "eventually":
            return "<>" + _written(formula.parts[0], names)
        case "leads_to":
            return " ~> ".join(_written(part, names) for part in formula.parts)
        case "and":
            return " /\\ ".join(f"({_written(part, names)})" for part in formula.parts)
        case "forall":
            inner = names.bind(*formula.bound)
            bound = ", ".join(f"{inner[v]} \\in {sort_text(v.sort)}" for v in formula.bound)
            return f"\\A {bound} : {_written(formula.parts[0], inner)}"


def fairness_text(condition: Condition, vocabulary: Vocabulary) -> str:
    """A condition of fairness: `\\A n \\in Node : WF(Sync(n, _))`."""
    names = Names(vocabulary).bind(*condition.bound)
    bound = ", ".join(f"{names[v]} \\in {sort_text(v.sort)}" for v in condition.bound)
    said = condition.name(lambda term: render(term, names))
    return f"\\A {bound} : {said}" if bound else said


def stated_under(prop: Property, vocabulary: Vocabulary) -> list[str]:
    """The conditions of fairness that a property is stated under."""
    return [fairness_text(condition, vocabulary) for condition in prop.fair]
