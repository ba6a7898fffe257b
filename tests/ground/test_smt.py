"""What is read from a model of z3: the codes of a path, and whether a formula holds on it, say the same of every model."""

from __future__ import annotations

from typing import Any

import pytest

from tests.explicit.test_figures import PROTOCOLS
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.scope import finite_scope


def signed() -> Protocol:
    """Ranges whose least code is not what z3 gives a constant that it knows nothing of."""
    p = Protocol("signed", "signed and shifted ranges")

    class Signed(Range, low=-4, high=3):
        pass

    class Shifted(Range, low=2, high=5):
        pass

    @p.state
    class State:
        x: Signed = var(0)
        y: Shifted = var(2)
        b: Bool = var(False)

    @p.action
    def Set(s: State, to: Signed) -> None:
        guard("more", s.x < to)
        s.x = to

    @p.invariant()
    def Positive(s: State) -> Bool:
        return s.x >= 0

    @p.invariant()
    def Two(s: State) -> Bool:
        return (s.y >= 2) & ~s.b

    @p.action_property()
    def Rises(s: State, after: State) -> Bool:
        return after.x + after.y > s.x + s.y

    return p


def models(encoding: Encoding) -> list[Any]:
    """Models of formulas that say little: nothing, one property, the first action."""
    found = []
    asserted = [encoding.literal(), encoding.literal()]
    asserted += [encoding.formula(encoding.ground.holds(p)) for p in encoding.ground.scope.model.properties[:3]]
    asserted.append(encoding.selected([0]))
    for formula in asserted:
        solver = encoding.solver()
        solver.add(formula, encoding.typed, encoding.next_state(encoding.typed))
        if solver.check() is Answer.SAT:
            found.append(solver.model())
    return found


@pytest.mark.parametrize("first", ["codes", "formulas"])
@pytest.mark.parametrize("name", ["signed", *PROTOCOLS])
def test_codes_and_formulas_agree_about_what_a_model_leaves_open(name: str, first: str) -> None:
    ground = Ground(finite_scope((signed() if name == "signed" else PROTOCOLS[name]).model()))
    encoding = Encoding(ground)
    nodes: list[Node] = [ground.holds(found) for found in ground.scope.model.properties]
    nodes += [guard for instance in ground.instances[:20] for _, guard in instance.guards]
    for model in models(encoding):
        before = Evaluator(encoding.codes(model, 0), encoding.codes(model, 1)) if first == "codes" else None
        held = [encoding.holds(model, encoding.formula(node)) for node in nodes]
        at = before or Evaluator(encoding.codes(model, 0), encoding.codes(model, 1))
        assert held == [at.holds(node) for node in nodes]
        chosen = encoding.instance(model, 0)
        assert encoding.holds(model, encoding.selected([chosen]))
