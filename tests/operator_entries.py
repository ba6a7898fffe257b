"""What every operator of the table needs elsewhere: the places, which operators each has, and which of the table it must have."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, get_args

from tests.differential import mutants as ground_mutants
from tests.quantified import mutants as quantified_mutants
from verifier.kernel import term_text
from verifier.kernel.definedness import NEEDS
from verifier.kernel.operators import OPERATORS, Operator
from verifier.semantics.concrete.evaluate import EVALUATED
from verifier.semantics.concrete.operations import OPERATIONS
from verifier.semantics.ground.ground import HANDLERS
from verifier.semantics.quantified.lowering import LOWERED
from verifier.semantics.quantified.meanings import MEANINGS
from verifier.semantics.quantified.ordering import UNRELATED, Classes
from verifier.semantics.scope.finite import COMPUTED, LAZY
from verifier.semantics.scope.widening import Widening
from verifier.semantics.symbols import Origin


def written_out(function: Callable[..., Any]) -> set[str]:
    """The words in the text of a function: those among them that name operators are the ones it speaks of."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def printed() -> set[str]:
    """The operators that the printed language has."""
    called = {name for name, operator in OPERATORS.items() if operator.call}
    return called | {*term_text._BINARY, *term_text._JUNCTIONS} | written_out(term_text._written)


@dataclass(frozen=True)
class Place:
    """A place where operators have entries: which those are, and which operators need one."""

    name: str
    entries: Callable[[], Collection[str]]
    needed: Callable[[Operator], bool]


def _lasting(operator: Operator) -> bool:
    return not operator.resolved


def _first_order(operator: Operator) -> bool:
    return not operator.resolved and not operator.refused


PLACES = [
    Place("the printed language", printed, lambda operator: True),
    Place("the concrete semantics", lambda: {*OPERATIONS, *EVALUATED}, _lasting),
    Place("the ground semantics", lambda: HANDLERS, _lasting),
    Place("a wrong lowering of the ground semantics", lambda: ground_mutants.VALUES, _lasting),
    # What is read of the next state is replaced by the new values before anything is lowered.
    Place("the quantified semantics", lambda: {"next", *MEANINGS, *LOWERED}, _first_order),
    Place("a wrong lowering of the quantified semantics", lambda: quantified_mutants.VALUES, _first_order),
    Place("what definedness needs", lambda: NEEDS, lambda operator: _lasting(operator) and operator.partial),
    Place(
        "the classes of integers",
        lambda: UNRELATED | written_out(Classes._visit),
        lambda operator: _first_order(operator) and not operator.numbers,
    ),
    Place(
        "the rules for longer ranges",
        lambda: written_out(Widening._fault_in),
        lambda operator: _first_order(operator) and operator.binder is not None,
    ),
    Place("the symbols of solvers", lambda: get_args(Origin), lambda operator: operator.witnessed),
    Place("what parameters compute", lambda: {*COMPUTED, *LAZY}, lambda operator: operator.parametric),
]


def missing() -> list[str]:
    """Each operator that has no entry where it needs one, with the place."""
    found = []
    for place in PLACES:
        entries = place.entries()
        found += [f"{n}: {place.name}" for n, of in OPERATORS.items() if place.needed(of) and n not in entries]
    return found
