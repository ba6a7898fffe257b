"""Conjunctions in parts: what is inductive as a whole is shown part by part, and what is not is told by its part.

`for all x: A and B` and `P implies A and B` have parts, too. Where a formula can be undefined it stays whole: to the right of
what has no value, a part would say more than the whole does.
"""

from __future__ import annotations

from verifier.kernel.terms import Term, apart, conjuncts, forall, implication, may_be_undefined


def parts(formula: Term) -> tuple[Term, ...]:
    """The parts of a formula, whose conjunction says the same; the formula itself where there is only one."""
    found = (formula,) if may_be_undefined(formula) else tuple(_parts(formula))
    return found if len(found) > 1 else (formula,)


def _parts(formula: Term) -> list[Term]:
    match formula.op:
        case "and":
            return [part for arg in conjuncts(formula) for part in _parts(arg)]
        case "forall":
            # Each part binds variables of its own.
            inner = _parts(formula.args[0])
            closed = [forall(formula.bound, part) for part in inner]
            return [closed[0], *(apart(part, *formula.bound) for part in closed[1:])]
        case "implies":
            return [implication(formula.args[0], part) for part in _parts(formula.args[1])]
    return [formula]
