"""The possible values of expressions of a program: for each number, the formula that says when an expression is that number.

All operations are done on numbers while a model is built, so any of them can be used and no arithmetic is left in formulas.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import cast

from verifier.kernel.errors import ModelError, here
from verifier.kernel.expressions import Bool
from verifier.lib.programs import OPERATIONS, Expression, Program, Swap
from verifier.lib.relations import both, no, some

Truth = Bool | bool
Cases = dict[int, Truth]
"""For each number that a value can be, the condition under which it is."""

_TRUTHS = ("&&", "||", "==", "!=", "<", "<=", ">", ">=", "choice", "toggle")
_MOST = 64
"""The most numbers that one value may be; a program with more counts too far for this notation."""


class Values(ABC):
    """The values of a program's accesses, in terms of any description of its executions."""

    def __init__(self, program: Program) -> None:
        """The values of this program."""
        self.program = program
        self.events = program.by_name
        self.swaps = {swap.name: swap for swap in program.swaps}
        self.swap_of = {read: swap.name for swap in program.swaps for read in (swap.success, swap.failure)}

    @abstractmethod
    def loaded(self, name: str, seen: frozenset[str]) -> Cases:
        """The value of a read or a compare-and-swap. `seen`: the reads on the way here, for values that depend on themselves.
        """

    @abstractmethod
    def last(self, location: str) -> Cases:
        """The final value of a location."""

    def toggle(self, name: str) -> Truth:
        """Whether a named order is present."""
        raise ModelError(f"the order {name} may be present or absent", hint="only executions cover both cases", position=here())

    def missed(self, name: str) -> Truth:
        """Whether a weak compare-and-swap fails although it reads what it expects."""
        raise ModelError(f"{name} may fail or not", hint="only executions are asked about weak ones", position=here())

    def cases(self, value: Expression, seen: frozenset[str] = frozenset()) -> Cases:
        """The numbers an expression can be."""
        if value.head == "constant":
            return {int(value.data): True}
        if value.head == "choice":
            return self._choice(self.swaps[str(value.data)], seen)
        if value.head == "toggle":
            there = self.toggle(str(value.data))
            return _known({1: there, 0: no(there)})
        if value.head == "final":
            if all(event.location != value.data for event in self.events.values()):
                raise ModelError(f"the program does not use {value.data}", position=here())
            return self.last(str(value.data))
        if value.head == "read":
            return self.loaded(self.swap_of.get(str(value.data), str(value.data)), seen)
        parts = [self.cases(part, seen) for part in value.parts]
        if value.head == "ite":
            return _either(*parts)
        combine = OPERATIONS[value.head]
        if value.parts[0] == value.parts[1]:
            return gathered((combine(a, a), when) for a, when in parts[0].items())
        return gathered((combine(a, b), both(x, y)) for a, x in parts[0].items() for b, y in parts[1].items())

    def _choice(self, swap: Swap, seen: frozenset[str]) -> Cases:
        done = self.matches(swap, seen)
        if swap.weak:
            done = both(done, no(self.missed(swap.name)))
        return _known({1: done, 0: no(done)})

    def matches(self, swap: Swap, seen: frozenset[str] = frozenset()) -> Truth:
        """Whether a compare-and-swap reads what it expects."""
        loaded, expected = self.loaded(swap.name, seen), self.cases(swap.expected, seen)
        return some(both(when, expected[number]) for number, when in loaded.items() if number in expected)

    def written(self, name: str, seen: frozenset[str] = frozenset()) -> Cases:
        """The value of a write."""
        return self.cases(cast(Expression, self.events[name].value), seen)

    def holds(self, condition: Expression) -> Truth:
        """Whether a condition is not 0: as short as it is written, where it is made of comparisons."""
        match condition.head:
            case "&&":
                return both(*(self.holds(part) for part in condition.parts))
            case "||":
                return some([self.holds(part) for part in condition.parts])
            case "==" if condition.parts[1] == Expression("constant", 0) and condition.parts[0].head in _TRUTHS:
                return no(self.holds(condition.parts[0]))
            case "==" | "!=":
                left, right = (self.cases(part) for part in condition.parts)
                equal = some([both(when, right[number]) for number, when in left.items() if number in right])
                return equal if condition.head == "==" else no(equal)
        return some([when for a, when in self.cases(condition).items() if a])

    def executed(self, name: str) -> Truth:
        """Whether an access is executed: some are under a condition."""
        condition = self.events[name].condition
        return True if condition is None else self.holds(condition)


def _either(test: Cases, then: Cases, otherwise: Cases) -> Cases:
    yes, not_so = some(when for a, when in test.items() if a), test.get(0, False)
    sides = ((yes, then), (not_so, otherwise))
    return gathered((a, both(side, when)) for side, cases in sides for a, when in cases.items())


def gathered(found: Iterable[tuple[int, Truth]]) -> Cases:
    """The cases of each number joined."""
    ways: dict[int, list[Truth]] = {}
    for number, when in found:
        ways.setdefault(number, []).append(when)
    if len(ways) > _MOST:
        raise ModelError(f"a value of the program can be more than {_MOST} numbers", hint="use smaller numbers", position=here())
    return _known({number: some(each) for number, each in ways.items()})


def _known(cases: Cases) -> Cases:
    return {number: when for number, when in cases.items() if when is not False}
