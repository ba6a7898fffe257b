"""A model at unbounded scope: the ends of ranges that still count, and the parts that are dropped or not stated."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from verifier.kernel.model import Model
from verifier.kernel.sorts import BOOL, INT, RangeSort, ScalarSort, SequenceSort
from verifier.kernel.terms import Term, integer, parameter_names, size_of, state_names
from verifier.semantics.scope.expressible import unsupported
from verifier.semantics.scope.widening import Allowed, Widening

_OPEN = Term("parameter", (), INT, "")


def opened(sort: RangeSort) -> RangeSort:
    """The sort without its ends: all integers, for values that are stored before their range is checked."""
    return replace(sort, low=_OPEN, high=_OPEN)


@dataclass(frozen=True, slots=True)
class NotStated:
    """A property that does not exist at unbounded scope: its short name (or only one), published name, and
    why.
    """

    name: str
    published_name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Unbounded:
    """A model without its search bounds.

    `model` has what is left of the protocol, and no parameter of `gone`; its sorts are unchanged, `low` and `high` say
    which ends of a range still count. `original` is the model before. `dropped` lists, for people, everything that went.
    """

    model: Model
    original: Model = field(repr=False)
    not_stated: tuple[NotStated, ...]
    dropped: tuple[str, ...]
    gone: frozenset[str] = field(repr=False)

    def low(self, sort: RangeSort) -> Term | None:
        """The lower end of a range; None where it is open."""
        return None if sort.low is _OPEN or parameter_names(sort.low) & self.gone else sort.low

    def high(self, sort: RangeSort) -> Term | None:
        """The upper end of a range; None where it is open."""
        return None if sort.high is _OPEN or parameter_names(sort.high) & self.gone else sort.high

    def capacity(self, sort: SequenceSort) -> Term | None:
        """The greatest length of a stored sequence; None where any length will do."""
        return None if parameter_names(sort.capacity) & self.gone else sort.capacity

    @property
    def bounds(self) -> list[str]:
        """The parameters that bounded the model before: search bounds, and sizes that an end of a range or a budget read."""
        model = self.original
        bounding = [end for sort in model.sorts for end in sort.ends]
        bounding += [guard.condition for action in model.actions for guard in action.guards if guard.budget]
        read = parameter_names(*bounding)
        kinds = {name: declared.kind for name, declared in model.parameters.items()}
        return [name for name, kind in kinds.items() if name in self.gone and (kind == "search bound" or name in read)]

    def admits(self, formula: Term, allowed: Allowed) -> bool:
        """Whether a formula of the original model has a meaning here, and over longer ranges changes only as allowed."""
        known = {declared.name for declared in self.model.variables}
        if not state_names(formula) <= known or unsupported(formula):
            return False
        return Widening(self.gone).wrong(formula, allowed) is None

    def sizes(self) -> list[tuple[str, Term]]:
        """The facts about sizes that depend on parameters: no range whose two ends count is empty, and a scalarset whose size is
        mentioned has at least its minimum of members. Nothing else ties that number to the members.
        """
        outcome = []
        for sort in self.model.sorts:
            if isinstance(sort, ScalarSort) and sort.parameter in self.model.parameters:
                least = Term("le", (integer(sort.least), size_of(sort.parameter, sort)), BOOL)
                outcome.append((f"{sort} has at least {sort.least} member{'s' * (sort.least != 1)}", least))
            if isinstance(sort, RangeSort):
                low, high = self.low(sort), self.high(sort)
                if low is not None and high is not None and parameter_names(low, high):
                    outcome.append((f"{sort} is not empty", Term("le", (low, high), BOOL)))
        return outcome
