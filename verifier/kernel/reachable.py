"""States to be reached: properties that some run reaches a state of a kind.

They are decided in a model in which each says the contrary, as an invariant: in every reachable state that is within its
ranges, the formula is false. So whatever decides invariants decides them: a violation is a run to such a state, a witness; a
proof shows that there is none. PROVED and VIOLATED are swapped in one place, where the verdict is reported.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verifier.kernel.properties import Property
from verifier.kernel.terms import negation

if TYPE_CHECKING:
    from verifier.kernel.model import Model


def contrary(prop: Property) -> Property:
    """The invariant that no such state is reached. A state that has left its range is not evaluated: no run goes on from there.
    """
    return replace(prop, kind="state", formula=negation(prop.formula), goal=prop.formula, expanded=True)


def seeking(model: Model) -> Model:
    """The model in which reachability is decided."""
    return replace(
        model,
        properties=(*model.properties, *map(contrary, model.reachable)),
        reachable=(),
        seeking=True,
        laws=(),
        liveness=(),
        fairness=(),
        rankings=(),
    )
