"""The names that a formula may read where it stands, and one sort for each name, checked when a protocol takes the formula in.

Expressions are Python objects, so a model can keep one and use it elsewhere: a bound variable outside its quantifier, an
argument of another action, the state after a step in an invariant, the state of another protocol. None of these means anything
there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from verifier.kernel.errors import ModelError, Position, nearest
from verifier.kernel.operators import OPERATORS
from verifier.kernel.sorts import BOOL, INT, SequenceSort, Sort, comparable, inner_sorts, same_declaration
from verifier.kernel.terms import Size, Term, free_variables, remembered, sizes_in, walk

STATE = frozenset({"state"})
STATES = frozenset({"state", "enabled"})
STEPS = frozenset({"state", "next", "enabled"})

@dataclass(frozen=True, slots=True)
class Reach:
    """The place of a formula, and the names that it may read there in addition to parameters.

    `what` names it in messages. `reads` are the operators out of `state`, `next` and `enabled` that it may use; `own` the
    arguments, witnesses and named choices of its action. `arithmetic`: it may only compute with parameters.
    """

    what: str
    position: Position | None
    reads: frozenset[str] = frozenset()
    own: frozenset[Term] = frozenset()
    arithmetic: bool = False

    def error(self, message: str, hint: str, term: Term) -> ModelError:
        """The error for this formula, at the line of `term` where that is known."""
        return ModelError(f"{self.what} {message}", hint=hint, position=term.at or self.position)


class Speaker(Protocol):
    """A protocol as its formulas know it: the names that they may use, as far as they are declared.

    `variables` have a `name` and a `sort`, `actions` `arguments` and `witnesses`; both are declared further down.
    """

    @property
    def name(self) -> str:
        """The protocol's name."""

    @property
    def parameters(self) -> Mapping[str, object]:
        """The parameters by their names."""

    @property
    def variables(self) -> Sequence[Any]:
        """The state variables."""

    @property
    def actions(self) -> Mapping[str, Any]:
        """The actions by their names."""


class Vocabulary:
    """The sorts that a protocol's formulas use; a formula that it admits is well formed where it stands."""

    def __init__(self, protocol: Speaker) -> None:
        self.protocol = protocol
        self.sorts: dict[str, Sort] = {str(sort): sort for sort in (BOOL, INT)}
        self._admitted: dict[int, Sort] = {}

    def sort_of(self, variable: str) -> Sort:
        """The sort of a state variable; KeyError if there is none of this name."""
        sorts: dict[str, Sort] = {declared.name: declared.sort for declared in self.protocol.variables}
        return sorts[variable]

    def admit(self, root: Term, reach: Reach) -> None:
        """Takes in a formula; ModelError where it reads a name out of its reach, or gives a sort the name of another."""
        for variable in _unbound(root, reach.own):
            raise reach.error(f"reads {variable.data}, {self._origin(variable)}", _SCOPE, variable)
        for term in _outside_in(root):
            self._check(term, reach)
        for sort in sorts_of(root):
            self.admit_sort(sort, reach.position)

    def admit_sort(self, sort: Sort, position: Position | None) -> None:
        """Takes in a sort and those inside it; ModelError if another sort has the name of one of them."""
        if id(sort) in self._admitted:
            return
        for inner in inner_sorts(sort):
            known = self.sorts.get(str(inner))
            if known is None:
                self._check_ends(inner, position)
                self.sorts[str(inner)] = inner
            elif known != inner or not same_declaration(known, inner):
                message = f"two sorts are called {inner}"
                raise ModelError(message, hint="give each a name of its own", position=position)
        self._admitted[id(sort)] = sort

    def _check_ends(self, sort: Sort, position: Position | None) -> None:
        what = f"the capacity of {sort}" if isinstance(sort, SequenceSort) else f"an end of {sort}"
        reach = Reach(what, position, arithmetic=True)
        for end in sort.ends:
            for variable in _unbound(end, frozenset()):
                raise reach.error(f"reads {variable.data}, {self._origin(variable)}", _SIZE, variable)
            for term in _outside_in(end):
                self._check(term, reach)
        for other in sizes_in(*sort.ends):
            if other is not sort:
                self.admit_sort(other, position)

    def _check(self, term: Term, reach: Reach) -> None:
        protocol = self.protocol
        match term.op:
            case "state" | "next" | "enabled" | "can_change" if reach.arithmetic:
                raise reach.error(f"reads {_name(term)}, which no parameter decides", _SIZE, term)
            case "next" if "next" not in reach.reads:
                hint = "only an action property has a state after"
                raise reach.error(f"reads {term.data} in the state after a step", hint, term)
            case "state" if "state" not in reach.reads:
                raise reach.error(f"reads the state variable {term.data}", "it is evaluated before any state exists", term)
            case "state" | "next":
                if not any(known.name == term.data and known.sort is term.sort for known in protocol.variables):
                    hint = "read the state that is given to the function itself"
                    raise reach.error(f"reads {term.data} of the state of another protocol", hint, term)
            case "enabled" | "can_change" if "enabled" not in reach.reads:
                hint = "properties, lemmas and constraints can ask for it; elsewhere write its guards out"
                raise reach.error(f"asks whether {term.data} is enabled", hint, term)
            case "enabled" | "can_change" if term.data not in protocol.actions:
                hint = nearest(term.data, protocol.actions, "actions")
                raise ModelError(f"{term.data} is not an action of {protocol.name}", hint=hint, position=term.at)
            case "enabled" | "can_change" if not _takes(protocol.actions[term.data], term.args):
                hint = f"give the function of {protocol.name}"
                raise reach.error(f"asks about {term.data} of another protocol", hint, term)
            case "choice" if term not in reach.own:
                hint = "make the choice in the action itself"
                raise reach.error(f"reads the choice {term.data} outside its action", hint, term)
            case "parameter" if term.data not in protocol.parameters and not isinstance(term.data, Size):
                hint = nearest(term.data, protocol.parameters, "parameters")
                raise reach.error(f"reads {term.data}, which is not a parameter of {protocol.name}", hint, term)
            case op if reach.arithmetic and (not OPERATORS[op].parametric or term.sort not in (BOOL, INT)):
                raise reach.error(f"uses {op}", "only arithmetic and comparisons over parameters can stand here", term)

    def _origin(self, variable: Term) -> str:
        """The place to which a variable belongs that is read outside it."""
        for action in self.protocol.actions.values():
            if any(variable is argument.variable for argument in (*action.arguments, *action.witnesses)):
                return f"which belongs to the action {action.name}"
        return "which is bound elsewhere"


_SCOPE = "use a variable only inside the function that is given it"
_SIZE = "only arithmetic and comparisons over parameters can stand here"


def sorts_of(*roots: Term) -> Iterator[Sort]:
    """The sorts of all terms below the roots, of the variables that they bind and of the sizes that they read; each once."""
    yield from {id(sort): sort for root in roots for sort in _sorts(root)}.values()


@remembered
def _sorts(root: Term) -> tuple[Sort, ...]:
    found: dict[int, Sort] = {}
    for term in walk(root):
        found.setdefault(id(term.sort), term.sort)
        if term.data is None:
            continue
        for variable in term.bound:
            found.setdefault(id(variable.sort), variable.sort)
        if _is_size(term):
            found.setdefault(id(term.data.of), term.data.of)
    return tuple(found.values())


def _is_size(term: Term) -> bool:
    return term.op == "parameter" and isinstance(term.data, Size)


def _outside_in(root: Term) -> list[Term]:
    """Every node once, each before its arguments: the message names the largest part that is wrong."""
    return list(walk(root))[::-1]


def _unbound(root: Term, own: frozenset[Term]) -> list[Term]:
    """The variables that nothing around binds, in the order in which they are read."""
    free = free_variables(root)[id(root)] - own
    return [term for term in walk(root) if term in free]


def _takes(action: Any, given: tuple[Term, ...]) -> bool:
    """Whether these can be arguments of an action, or none are given."""
    wanted = [argument.sort for argument in action.given]
    result = [value.sort for value in given]
    return not result or (len(result) == len(wanted) and all(map(comparable, result, wanted)))


def _name(term: Term) -> str:
    return f"the state variable {term.data}" if term.op in ("state", "next") else f"whether {term.data} is enabled"
