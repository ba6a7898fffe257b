"""Liveness properties: how a function of a model becomes the cases in which it is violated."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from verifier.kernel.binding import plain_parameters
from verifier.kernel.errors import ModelError, Position
from verifier.kernel.fairness import DECLARED, Assumption
from verifier.kernel.properties import Expectation, Property
from verifier.kernel.reach import STATES, STEPS, Reach, Vocabulary
from verifier.kernel.temporal import FORMS, Temporal, cases, reading


def build_liveness(
    function: Callable[..., Any],
    name: str,
    views: tuple[Any, Any],
    vocabulary: Vocabulary,
    *,
    short: str | None,
    expected: Mapping[str, Expectation],
    under: tuple[str, ...],
    bounded: str | None,
    position: Position,
) -> Property:
    """Runs the user's function once with symbolic states, and returns the liveness property that it states.

    Raises ModelError for whatever is ill formed, with the line of the model.
    """
    given = plain_parameters(function, f"property {name}")
    if len(given) not in (1, 2):
        hint = f"write def {name}(s: State) -> Temporal, or def {name}(s: State, after: State) -> Temporal to describe steps"
        raise ModelError(f"property {name} takes {len(given)} parameters", hint=hint, position=position)
    formula = function(*views[: len(given)])
    if not isinstance(formula, Temporal):
        what = "nothing" if formula is None else "something that is not a temporal formula"
        raise ModelError(f"liveness property {name} returns {what}", hint=FORMS, position=position)
    stated = cases(formula)
    reach = Reach(f"property {name}", position, STEPS if len(given) == 2 else STATES)
    texts = [reading(stated, steps=steps) for steps in (False, True)]
    for text in texts:
        vocabulary.admit(text, reach)
    doc = inspect.getdoc(function) or ""
    asks_of_states = texts[0].op != "literal"
    formula_read = texts[0] if asks_of_states else texts[1]
    return Property(
        name,
        "liveness",
        formula_read,
        short,
        doc,
        expected=expected,
        position=position,
        temporal=formula,
        cases=stated,
        under=under,
        bounded=bounded,
    )


def assumed(
    under: Any, declared: Mapping[str, Assumption], name: str, position: Position
) -> tuple[str, ...]:
    """The names of the assumptions that a property is stated under: None stands for the conditions declared with the protocol.
    """
    if under is None:
        return (DECLARED,)
    given = (under,) if isinstance(under, Assumption) else tuple(under) if isinstance(under, Iterable) else (under,)
    for one in given:
        if not isinstance(one, Assumption) or declared.get(one.name) is not one:
            hint = 'write under=fair, with fair = p.assume_fair("name", weak(A)) before; under=[] for none'
            message = f"property {name} is stated under {one!r}, which is not an assumption of the protocol"
            raise ModelError(message, hint=hint, position=position)
    return tuple(dict.fromkeys(one.name for one in given))
