"""A random protocol as plain data: sorts, expressions, actions, properties. Neither the product nor its terms.

The text of a model (`rendering`) and its meaning (`brute`) are both made from a `Spec`, each on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Sort:
    """A sort: `kind`, its name if it has one, the sorts it is made of, and what else declares it.

    `data` by kind: range (low, high), each an int or ("parameter", name, plus); enum and record: the names of labels or
    fields; scalar: (parameter, prefix, constants); ordered: (parameter, first); seq: the capacity; keyed: the key field. Records
    and names may be `ordered`.
    """

    kind: str
    name: str = ""
    parts: tuple[Sort, ...] = ()
    data: Any = None
    ordered: bool = False

    @property
    def integer(self) -> bool:
        return self.kind in ("int", "range", "ordered")

    def inner(self) -> Iterator[Sort]:
        """The sort and those it is made of, parts before the whole."""
        for part in self.parts:
            yield from part.inner()
        yield self


BOOL, INT = Sort("bool"), Sort("int")


def option(of: Sort) -> Sort:
    return Sort("option", parts=(of,))


def set_of(of: Sort) -> Sort:
    return Sort("set", parts=(of,))


def fn(index: Sort, value: Sort) -> Sort:
    return Sort("fn", parts=(index, value))


@dataclass(frozen=True)
class Expr:
    """An expression: `op` as the surface language has it, its sort, arguments, and what is not an expression.

    Binders have their variables in `data`, as (name, sort) pairs; names may repeat, the innermost counts.
    """

    op: str
    sort: Sort
    args: tuple[Expr, ...] = ()
    data: Any = None

    def walk(self) -> Iterator[Expr]:
        yield self
        for arg in self.args:
            yield from arg.walk()


TRUE, FALSE = Expr("literal", BOOL, data=True), Expr("literal", BOOL, data=False)


@dataclass(frozen=True)
class Guard:
    """A named guard; `budget`: one that only enforces a search bound; `other`: the alternative named `other`."""

    name: str
    condition: Expr
    budget: bool = False
    other: Expr | None = None


@dataclass(frozen=True)
class Update:
    """An assignment to a variable, or to a function at `path`; `choice` names it, `dropped` is its other side."""

    variable: str
    path: tuple[Expr, ...]
    value: Expr
    choice: str = ""
    dropped: Expr | None = None


@dataclass(frozen=True)
class Action:
    """An action; `witnesses` are shared by its guards."""

    name: str
    arguments: tuple[tuple[str, Sort], ...]
    witnesses: tuple[tuple[str, Sort], ...]
    guards: tuple[Guard, ...]
    updates: tuple[Update, ...]


@dataclass(frozen=True)
class Property:
    """An invariant (`state`), a property of steps (`action`) with its subscript, or a `lemma`."""

    name: str
    kind: str
    formula: Expr
    subscript: tuple[str, ...] | str | None = None


@dataclass(frozen=True)
class Fair:
    """A condition of fairness for all values of `bound`: steps of the actions named, with arguments that are given or any (None).

    Without `parts` it is about every action. An argument is a variable of `bound`, or a constant.
    """

    strong: bool
    parts: tuple[tuple[str, tuple[Expr | None, ...]], ...]
    bound: tuple[tuple[str, Sort], ...] = ()


@dataclass(frozen=True)
class Progress:
    """A property of progress: its `form`, of one formula or two, under the conditions of the protocol or under none.

    A formula of `next` states is one of steps.
    """

    name: str
    form: str
    formulas: tuple[Expr, ...]
    fair: bool = True


FORMS = {
    "eventually": "eventually({0})",
    "again": "always(eventually({0}))",
    "at last": "eventually(always({0}))",
    "leads": "leads_to({0}, {1})",
    "settles": "leads_to({0}, always({1}))",
}
"""The forms of progress, as they are written."""


@dataclass(frozen=True)
class Variant:
    """A variant: what it drops (`Action.name`), replaces, leaves out and sets."""

    name: str
    drops: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    settings: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Spec:
    """A protocol. `parameters`: name, value, whether it is a search bound; an initial value None stands for anything."""

    name: str
    parameters: tuple[tuple[str, int, bool], ...]
    sorts: tuple[Sort, ...]
    variables: tuple[tuple[str, Sort, Expr | None], ...]
    initially: tuple[Expr, ...]
    constraints: tuple[Expr, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    variants: tuple[Variant, ...] = ()
    fairness: tuple[Fair, ...] = ()
    progress: tuple[Progress, ...] = ()

    def sizes(self) -> dict[str, int]:
        """Every parameter, those of sorts too, with its published value."""
        found = {name: value for name, value, _ in self.parameters}
        for sort in self.sorts:
            if sort.kind in ("scalar", "ordered"):
                found[sort.data[0]] = sort.data[-1]
        return found

    def under(self, variant: Variant) -> Spec:
        """The protocol that a variant makes of this one, written out."""
        actions = []
        for action in self.actions:
            if action.name in variant.without:
                continue
            guards = tuple(
                replace(g, condition=g.other) if f"{action.name}.{g.name}" in variant.replaces and g.other else g
                for g in action.guards
                if f"{action.name}.{g.name}" not in variant.drops
            )
            updates = tuple(
                replace(u, value=u.dropped) if f"{action.name}.{u.choice}" in variant.drops and u.dropped else u
                for u in action.updates
            )
            actions.append(replace(action, guards=guards, updates=updates))
        return replace(self, actions=tuple(actions))
