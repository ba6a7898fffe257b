"""The parts of a protocol: parameters, named formulas, variants, and all declarations together, frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from verifier.kernel.actions import Action
from verifier.kernel.errors import ModelError, Position, here
from verifier.kernel.fairness import Assumption
from verifier.kernel.properties import Finding, Lemma, Property
from verifier.kernel.ranking import Ranking
from verifier.kernel.reach import Vocabulary
from verifier.kernel.state import Variable
from verifier.kernel.terms import Term


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the published scope.

    kind `model`: part of the protocol's meaning; `search bound`: only keeps a search finite; `size`: the size of a sort. `fixed`:
    a parameter of the model that has its value at unbounded scope, too.
    """

    name: str
    default: int
    kind: Literal["model", "search bound", "size"]
    doc: str = ""
    sort: str | None = None
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A named formula: an assumption over parameters, a state constraint, a predicate on initial states.

    `chosen`: a predicate that holds only in the variants that name it.
    """

    name: str
    formula: Term
    position: Position | None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Variant:
    """A protocol with some guards and choices dropped or replaced, actions and variables left out, parameters changed.

    `drops` and the keys of `replaces` are `Action.name`; the values of `replaces` name an alternative of the guard. `initially`
    names initial predicates, invariants and lemmas: the initial states are then all those that satisfy them, whatever initial
    values and predicates the protocol has otherwise. `bounded` says why the variant has no unbounded scope.
    """

    name: str
    doc: str = ""
    drops: tuple[str, ...] = ()
    replaces: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    settings: Mapping[str, int] = field(default_factory=dict)
    position: Position | None = None
    initially: tuple[str, ...] | None = None
    bounded: str | None = None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Declarations:
    """The declarations of a protocol in the order of its file; see `Protocol`, which collects them, for the meaning of each.

    `stops` are the intended ends, `fair` the assumptions of fairness by name, `deadlock` asks for the property of this name,
    `rankings` are hints for liveness properties, `dead` gives the reason why an action cannot fire, by its name.
    """

    name: str
    title: str
    source: str
    parameters: Mapping[str, Parameter]
    assumptions: Sequence[Named]
    variables: tuple[Variable, ...]
    axioms: Sequence[Named]
    initial: Sequence[Named]
    constraints: Sequence[Named]
    stops: Sequence[Named]
    fair: Mapping[str, Assumption]
    deadlock: bool
    actions: Mapping[str, Action]
    properties: Mapping[str, Property]
    lemmas: Mapping[str, Lemma]
    rankings: Sequence[Ranking]
    findings: Sequence[Finding]
    default_variant: str
    variants: Mapping[str, Variant]
    dead: Mapping[str, str]
    vocabulary: Vocabulary
    position: Position | None


def natural(name: str, value: Any) -> None:
    """Rejects a value of a parameter that is not a natural number."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ModelError(f"parameter {name} needs a natural number, not {value!r}", position=here())


def numbered(name: str, values: Sequence[Any]) -> list[str]:
    """The names of the parameters that a list of this name consists of."""
    return [f"{name}_{number}" for number in range(1, len(values) + 1)]
