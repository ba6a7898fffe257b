"""Random formulas over the world of `widened`: every construct, with limits more often than chance would have them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.quantified.widened import World
from verifier.kernel import (
    Int,
    Option,
    choose,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    image,
    implies,
    ite,
    max_of,
    maximum,
    min_of,
    minimum,
    set_of,
    some,
)


class Formulas:
    """Draws formulas of one state of the world; `total` ones have a value in every state."""

    def __init__(self, world: World, state: Any, draw: random.Random, *, total: bool = False) -> None:
        self.world, self.state, self.draw, self.total = world, state, draw, total
        self.numbers: list[Any] = []
        self.downs: list[Any] = []
        self.nodes: list[Any] = [state.first]
        self.pairs: list[Any] = [state.pair]
        self.options: list[Any] = [state.maybe]

    def formula(self, depth: int) -> Any:
        """A formula with at most so many levels of operators."""
        if depth <= 0:
            return self._atom(0)
        return self.draw.choice(
            [
                lambda: ~self.formula(depth - 1),
                lambda: self.formula(depth - 1) & self.formula(depth - 1),
                lambda: self.formula(depth - 1) | self.formula(depth - 1),
                lambda: implies(self.formula(depth - 1), self.formula(depth - 1)),
                lambda: ite(self.formula(depth - 2), self.formula(depth - 1), self.formula(depth - 1)),
                lambda: self._quantified(depth),
                lambda: self._quantified(depth),
                lambda: self._quantified(depth),
                lambda: self._of_members(depth),
                lambda: self._atom(depth - 1),
                lambda: self._atom(depth - 1),
            ]
        )()

    def value(self, depth: int) -> Any:
        """A value that an update might store."""
        make = self.draw.choice([self.number, self.set, self._function, self._pair, self._option, self._keyed])
        return make(depth)

    # -- binders ---------------------------------------------------------------------------------------------------

    def _bound(self, sort: str, body: Callable[[], Any]) -> Callable[[Any], Any]:
        """A body in whose scope there is one variable more."""
        variables = {
            "W": self.numbers,
            "Down": self.downs,
            "Node": self.nodes,
            "Pair": self.pairs,
            "Option": self.options,
        }

        def inner(variable: Any) -> Any:
            variables[sort].append(variable)
            made = body()
            variables[sort].pop()
            return made

        return inner

    def _sort(self) -> tuple[str, Any]:
        m = self.world
        sorts = {"W": m.W, "Down": m.Down, "Node": m.Node, "Pair": m.Pair, "Option": Option[m.W]}  # type: ignore[name-defined]
        name = self.draw.choice(["W", "W", "W", "W", "Down", "Node", "Pair", "Option"])
        return name, sorts[name]

    def _quantified(self, depth: int) -> Any:
        name, sort = self._sort()
        if self.draw.random() < 0.6:
            return exists(sort, self._bound(name, lambda: self._limited(name, depth, True)))
        return forall(sort, self._bound(name, lambda: self._limited(name, depth, False)))

    def _limited(self, name: str, depth: int, holds: bool) -> Any:
        """A body that more often than not speaks of its variable, and limits it where it holds (or fails)."""
        if self.draw.random() < 0.3:
            return self.formula(depth - 1)
        limit, rest = self._limit(name), self.formula(depth - 1)
        if not holds:
            return implies(limit, rest) if self.draw.random() < 0.7 else ~limit | rest
        if self.draw.random() < 0.2:
            return limit | (self._limit(name) & rest)
        return limit & rest if self.draw.random() < 0.8 else rest & limit

    def _limit(self, name: str) -> Any:
        """Something that looks like a limit of the last variable of a sort."""
        draw, s = self.draw, self.state
        match name:
            case "W":
                v, other = self.numbers[-1], self._number_elsewhere(self.numbers)
                return draw.choice(
                    [lambda: v <= other, lambda: v < other, lambda: v == other, lambda: self.set(0).contains(v)]
                )()
            case "Down":
                v, other = self.downs[-1], self._number_elsewhere(self.downs)
                return draw.choice([lambda: v >= other, lambda: v == other, lambda: v > other])()
            case "Pair":
                return draw.choice([lambda: self.pairs[-1] == s.pair, lambda: s.pairs.contains(self.pairs[-1])])()
            case "Option":
                return self.options[-1] == draw.choice([s.maybe, some(self.number(0))])
        return self.nodes[-1] == s.first

    def _number_elsewhere(self, variables: list[Any]) -> Any:
        """A number that need not read the last variable."""
        if self.draw.random() < 0.1:
            return self.number(1)
        last = variables.pop()
        made = self.number(1) if variables is self.numbers else self._down()
        variables.append(last)
        return made

    def _of_members(self, depth: int) -> Any:
        quantifier = self.draw.choice([exists_in, forall_in])
        if self.draw.random() < 0.5:
            return quantifier(self.set(depth - 1), self._bound("W", lambda: self.formula(depth - 1)))
        if self.draw.random() < 0.3:
            return quantifier(self.state.tables, lambda t: t.marks[self.number(0)])
        return quantifier(self._keyed(depth - 1), self._bound("Pair", lambda: self.formula(depth - 1)))

    # -- atoms -----------------------------------------------------------------------------------------------------

    def _atom(self, depth: int) -> Any:
        s, draw = self.state, self.draw
        return draw.choice(
            [
                lambda: s.on,
                lambda: self.number(depth) == self.number(depth),
                lambda: self.number(depth) < self.number(depth),
                lambda: self.number(depth) <= self.number(depth),
                lambda: self.number(depth) != self.number(depth),
                lambda: self._down() <= self._down(),
                lambda: self.set(depth).contains(self.number(depth)),
                lambda: self.set(depth) <= self.set(depth),
                lambda: self.set(depth) == self.set(depth),
                lambda: self.set(depth).is_empty(),
                lambda: s.log.contains(self.number(depth)),
                lambda: s.marks[draw.choice([s.w, s.v]) if self.total else self.number(depth)],
                lambda: self._option(depth).is_some,
                lambda: self._option(depth) == self._option(depth),
                lambda: self._pair(depth) == self._pair(depth),
                lambda: self._keyed(depth).has(self.number(0)),
                lambda: self._keyed(depth).contains(self._pair(depth)),
                lambda: s.tables.contains(self._table()),
                lambda: self._function(depth) == self._function(depth),
                lambda: s.marks == fn(self.world.W, self._bound("W", lambda: self.formula(depth - 1))),
            ]
        )()

    def number(self, depth: int) -> Any:
        """A number, most often of the range that is longer."""
        s, draw, m = self.state, self.draw, self.world
        simple = [
            lambda: s.w,
            lambda: s.v,
            lambda: s.w,
            *([lambda: draw.choice(self.numbers)] * 3 if self.numbers else []),
        ]
        if depth <= 0:
            return draw.choice([*simple, lambda: m.W(draw.choice([0, 0, 1, 2])), lambda: s.longer, lambda: s.small])()
        always = [
            *simple,
            lambda: self.number(depth - 1) + draw.choice([0, 1, 1]),
            lambda: self.number(depth - 1) - draw.choice([0, 1]),
            lambda: s.at[draw.choice(self.nodes)],
            lambda: s.next[draw.choice([s.w, s.v])],
            lambda: draw.choice(self.pairs).right,
            lambda: maximum(self.number(depth - 1), self.number(depth - 1)),
            lambda: ite(self.formula(depth - 1), self.number(depth - 1), self.number(depth - 1)),
            lambda: ite(s.maybe.is_some, s.maybe.value, s.w),
        ]
        if self.total:
            # What first-order logic knows of a number of elements proves, but does not say what it is.
            return draw.choice([*always, lambda: self.set(depth - 1).size(), lambda: s.log.length()])()
        return draw.choice(
            [
                *always,
                lambda: s.log.length(),
                lambda: s.log.at(self.number(depth - 1)),
                lambda: m.W(self.number(depth - 1) + 1),
                lambda: self.number(depth - 1) + self.number(0),
                lambda: s.next[self.number(depth - 1)],
                lambda: self._function(depth - 1)[self.number(depth - 1)],
                lambda: self._pair(depth - 1).left,
                lambda: self._pair(depth - 1).right,
                lambda: self._option(depth - 1).value,
                lambda: self._keyed(depth - 1).get(self.number(0)).right,
                lambda: minimum(self.number(depth - 1), self.number(depth - 1)),
                lambda: max_of(self.set(depth - 1)),
                lambda: min_of(self.set(depth - 1)),
                lambda: choose(m.W, self._bound("W", lambda: self._limited("W", depth, True))),
            ]
        )()

    def _down(self) -> Any:
        draw, s = self.draw, self.state
        return draw.choice([s.down, s.down, s.down + 1, s.down - 1, Int(0), self.world.Down(0), *self.downs])

    def set(self, depth: int) -> Any:
        """A set of numbers of the range that is longer."""
        s, draw, m = self.state, self.draw, self.world
        if depth <= 0:
            return draw.choice([s.seen, set_of(m.W, lambda v: v <= s.w), set_of(m.W, lambda v: v >= s.w)])
        return draw.choice(
            [
                lambda: s.seen,
                lambda: self.set(depth - 1) | self.set(depth - 1),
                lambda: self.set(depth - 1) & self.set(depth - 1),
                lambda: self.set(depth - 1) - self.set(depth - 1),
                lambda: ite(self.formula(depth - 1), self.set(depth - 1), self.set(depth - 1)),
                lambda: image(s.seen, m.W, self._bound("W", lambda: self.number(0))),
                lambda: self.set(depth - 1) | {self.number(depth - 1)},
                lambda: set_of(m.W, lambda v: v < 0) | {self.number(0), self.number(0)},
                lambda: image(m.Node, m.W, self._bound("Node", lambda: s.at[self.nodes[-1]])),
                lambda: set_of(m.W, self._bound("W", lambda: self._limited("W", depth, True))),
            ]
        )()

    def _function(self, depth: int) -> Any:
        s, draw, m = self.state, self.draw, self.world
        return draw.choice(
            [
                lambda: s.next,
                lambda: s.next.updated(s.w if self.total else self.number(0), self.number(depth - 1)),
                lambda: fn(m.W, self._bound("W", lambda: m.W(self.number(depth - 1)))),
            ]
        )()

    def _pair(self, depth: int) -> Any:
        draw, m = self.draw, self.world
        return draw.choice(
            [
                lambda: draw.choice(self.pairs),
                lambda: m.Pair(left=self.number(0), right=self.number(depth - 1)),
                lambda: draw.choice(self.pairs).replace(left=self.number(depth - 1)),
                *([] if self.total else [lambda: self.state.pairs.get(self.number(0))]),
            ]
        )()

    def _option(self, depth: int) -> Any:
        draw = self.draw
        return draw.choice(
            [
                lambda: draw.choice(self.options),
                lambda: some(self.world.W(self.number(depth - 1))),
                lambda: ite(self.state.on, draw.choice(self.options), self.state.maybe),
            ]
        )()

    def _keyed(self, depth: int) -> Any:
        s, draw = self.state, self.draw
        return draw.choice(
            [
                lambda: s.pairs,
                lambda: s.pairs,
                *([] if self.total else [lambda: s.pairs.insert(self._pair(depth - 1))]),
                lambda: s.pairs.remove(self.number(0)),
            ]
        )()

    def _table(self) -> Any:
        return self.world.Table(key=self.state.first, marks=self.state.marks)


def drawn(world: World, state: Any, seed: int, depth: int = 3) -> Any:
    """One random formula, or now and then a value."""
    draw = random.Random(seed)
    formulas = Formulas(world, state, draw)
    return formulas.value(depth) if draw.random() < 0.15 else formulas.formula(depth)
