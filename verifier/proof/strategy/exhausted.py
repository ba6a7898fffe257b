"""The states that a search has found, as an inductive invariant: what a search says can then be checked without searching.

A state that is not inside the constraints is not expanded, so the invariant says nothing of it; what the property says of such a
state behind a step is part of what is shown beside.
"""

from __future__ import annotations

from verifier.semantics.ground.circuit import below
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.members import members
from verifier.semantics.obligations.proof import Proof, Searched, Support

STATES, NODES = 1_000, 20_000
"""How many states, and how large a formula, a certificate may list; beyond that it counts them."""


def reached(ground: Ground, search: Searched) -> Support | None:
    """The invariant that a state is one that was reached, or outside the constraints; None if there are too many."""
    exploration, circuit = search.exploration, ground.circuit
    if exploration.distinct > STATES:
        return None
    kept = [variable.name for variable in ground.scope.model.variables if variable.name not in search.left_out]
    fields = [field.number for name in kept for field in ground.layout.of(name)]
    inside = members(ground, fields, exploration.reached.packing.codes(exploration.reached.states))
    node = circuit.or_((circuit.not_(ground.constraint), inside))
    if len(list(below(node))) > NODES:
        return None
    return Support(_text(ground, search, kept), node, ())


def by_induction(ground: Ground, proof: Proof, known: dict[Searched, Support | None]) -> Proof | None:
    """A proof by search as one by induction; None if there is none so small. `known` keeps the invariants of searches.

    Of runs without an end that come back to a good state no invariant says anything.
    """
    search = proof.search
    if search is None or proof.monitor.property.kind == "liveness":
        return None
    if search not in known:
        known[search] = reached(ground, search)
    support = known[search]
    return None if support is None else Proof(proof.monitor, "lemmas", 1, (support,), search)


def _text(ground: Ground, search: Searched, kept: list[str]) -> str:
    states = search.exploration.distinct
    what = f"the values of {', '.join(kept)} are" if search.left_out else "the state is"
    which = f"one of the {states:,} that a search reaches" if states > 1 else "the only one that a search reaches"
    outside = ", or it is outside the constraints" if ground.constraint is not ground.circuit.true else ""
    return f"{what} {which}{outside}"
