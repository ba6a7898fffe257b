"""A checker of its own: the meaning of a `Spec` by brute force, from the pages of the documentation alone.

Shares no code with the product. Values: truth values and integers of Python, names and labels as strings, functions and
records as `Map`, sets and keyed sets as frozensets, options as `None` or `("some", value)`, sequences as tuples.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz.spec import Action, Expr, Property, Sort, Spec

Map = tuple[tuple[Any, Any], ...]
State = dict[str, Any]


class Undefined(Exception):
    """An expression that is looked at has no value."""


class Gone(Undefined):
    """A variable has no value behind a step."""


class Outside(Undefined):
    """An element of a set is not one of the set's sort."""


class Mixed(Undefined):
    """Of the elements of a listing one has no value and another is outside the set's sort: which is first is not known here."""


class Unordered(Exception):
    """What a step does depends on the order in which a listing is printed."""


class TooLarge(Exception):
    """There are more states than the checker goes through."""


def get(map_: Map, key: Any) -> Any:
    """The value of a map at a key; Undefined where it has none."""
    for known, value in map_:
        if known == key:
            return value
    raise Undefined


@dataclass(frozen=True)
class Deed:
    """What an instance does: `fired`, `refused`, `undefined`, or `range` (the variables that leave their ranges).

    `after` has the new values where there are any: one that is not there has no value at all.
    """

    outcome: str
    after: State | None = None
    variables: tuple[str, ...] = ()


@dataclass
class Report:
    """What a search found: the least steps to a violation of each property, and how many states it went through.

    `at_fixed_ends` are the variables that leave a range by an end that neither a size nor a search bound decides.
    """

    violations: dict[str, int] = field(default_factory=dict)
    at_fixed_ends: set[str] = field(default_factory=set)
    distinct: int = 0
    levels: int = 0
    started: bool = False
    fired: set[str] = field(default_factory=set)
    states: list[State] = field(default_factory=list)

    def bad(self, name: str, steps: int) -> None:
        self.violations[name] = min(steps, self.violations.get(name, steps))


class Brute:
    """A protocol at given sizes."""

    def __init__(self, spec: Spec, settings: dict[str, int] | None = None) -> None:
        self.spec = spec
        self.sizes = {**spec.sizes(), **(settings or {})}
        self.actions = {action.name: action for action in spec.actions}
        self._domains: dict[Sort, list[Any]] = {}

    # -- sorts -------------------------------------------------------------------------------------------------------

    def _end(self, end: Any) -> int:
        return end if isinstance(end, int) else self.sizes[end[1]] + int(end[2])

    def ends(self, sort: Sort) -> tuple[int, int]:
        """The least and the greatest integer of a range."""
        if sort.kind == "ordered":
            parameter, first, _ = sort.data
            return first, first + self.sizes[parameter] - 1
        low, high = sort.data
        return self._end(low), self._end(high)

    def domain(self, sort: Sort) -> list[Any]:
        """The values of a sort, in order."""
        if sort not in self._domains:
            self._domains[sort] = list(self._values(sort))
        return self._domains[sort]

    def _values(self, sort: Sort) -> Iterator[Any]:
        match sort.kind:
            case "bool":
                yield from (False, True)
            case "range" | "ordered":
                low, high = self.ends(sort)
                yield from range(low, high + 1)
            case "enum":
                yield from sort.data
            case "scalar":
                parameter, prefix, _, _ = sort.data
                yield from (f"{prefix}{number + 1}" for number in range(self.sizes[parameter]))
            case "quorum":
                members = self.domain(sort.parts[0])
                for size in range(len(members) // 2 + 1, len(members) + 1):
                    yield from (frozenset(some) for some in itertools.combinations(members, size))
            case "option":
                yield None
                yield from (("some", value) for value in self.domain(sort.parts[0]))
            case "record":
                for row in itertools.product(*map(self.domain, sort.parts)):
                    yield tuple(zip(sort.data, row, strict=True))
            case "fn":
                index = self.domain(sort.parts[0])
                for row in itertools.product(self.domain(sort.parts[1]), repeat=len(index)):
                    yield tuple(zip(index, row, strict=True))
            case "set":
                members = self.domain(sort.parts[0])
                for size in range(len(members) + 1):
                    yield from (frozenset(some) for some in itertools.combinations(members, size))
            case "seq":
                for length in range(sort.data + 1):
                    yield from itertools.product(self.domain(sort.parts[0]), repeat=length)
            case "keyed":
                rows = self.domain(sort.parts[0])
                for size in range(len(rows) + 1):
                    for some in itertools.combinations(rows, size):
                        if len({get(row, sort.data) for row in some}) == size:
                            yield frozenset(some)
            case _:
                raise TypeError(sort.kind)

    def within(self, value: Any, sort: Sort, ends: Callable[[Sort], tuple[float, float]] | None = None) -> bool:
        """Whether a value is one of the sort, with other `ends` if they are given."""

        def inside(part: Any, of: Sort) -> bool:
            return self.within(part, of, ends)

        match sort.kind:
            case "int" | "bool" | "enum" | "scalar" | "quorum":
                return True
            case "range" | "ordered":
                low, high = (ends or self.ends)(sort)
                return low <= value <= high
            case "option":
                return value is None or inside(value[1], sort.parts[0])
            case "record":
                return all(inside(v, of) for (_, v), of in zip(value, sort.parts, strict=True))
            case "fn":
                return all(inside(v, sort.parts[1]) for _, v in value)
            case "seq":
                return len(value) <= sort.data and all(inside(v, sort.parts[0]) for v in value)
        return all(inside(v, sort.parts[0]) for v in value)

    def fixed_ends(self, sort: Sort) -> tuple[float, float]:
        """The ends of a range, infinite where a size or a search bound decides them."""
        low, high = self.ends(sort)
        if sort.kind == "ordered":
            return low, math.inf
        kept = {name for name, _, bound in self.spec.parameters if not bound}
        first, last = (isinstance(end, int) or end[1] in kept for end in sort.data)
        return (low if first else -math.inf), (high if last else math.inf)

    def _has_fixed_ends(self, sort: Sort) -> bool:
        if sort.kind in ("range", "ordered"):
            return not math.isinf(self.fixed_ends(sort)[1]) and not math.isinf(self.fixed_ends(sort)[0])
        return all(map(self._has_fixed_ends, sort.parts))

    def _has_range(self, sort: Sort) -> bool:
        """Whether a variable of the sort has a range that it can leave."""
        if sort.kind in ("range", "ordered", "seq"):
            return True
        parts = sort.parts[1:] if sort.kind == "fn" else () if sort.kind == "quorum" else sort.parts
        return any(map(self._has_range, parts))

    # -- expressions -------------------------------------------------------------------------------------------------

    def value(self, e: Expr, env: dict[str, Any], state: State, after: State | None = None) -> Any:
        """The value of an expression; Undefined where it has none."""

        def of(expr: Expr, more: dict[str, Any] | None = None) -> Any:
            return self.value(expr, {**env, **more} if more else env, state, after)

        def rows() -> list[dict[str, Any]]:
            names = [name for name, _ in e.data]
            return [dict(zip(names, row, strict=True)) for row in itertools.product(*(self.domain(s) for _, s in e.data))]

        def read(where: State) -> Any:
            if e.data not in where:
                raise Gone
            return where[e.data]

        args = e.args
        match e.op:
            case "literal":
                return e.data
            case "parameter":
                return self.sizes[e.data]
            case "size_of":
                return self.sizes[e.data[1]]
            case "constant":
                return f"{e.sort.data[1]}1"
            case "bound":
                return env[e.data]
            case "state":
                return read(state)
            case "next":
                assert after is not None
                return read(after)
            case "and":
                return of(args[0]) and of(args[1])
            case "or":
                return of(args[0]) or of(args[1])
            case "implies":
                return not of(args[0]) or of(args[1])
            case "ite":
                return of(args[1]) if of(args[0]) else of(args[2])
            case "forall":
                answers = [of(args[0], row) for row in rows()]  # every instance is looked at
                return all(answers)
            case "exists":
                answers = [of(args[0], row) for row in rows()]
                return any(answers)
            case "set_of":
                name = e.data[0][0]
                return frozenset([row[name] for row, inside in [(r, of(args[0], r)) for r in rows()] if inside])
            case "fn":
                name = e.data[0][0]
                return tuple([(row[name], of(args[0], row)) for row in rows()])
            case "choose":
                name = e.data[0][0]
                found = [row[name] for row, inside in [(r, of(args[0], r)) for r in rows()] if inside]
                if len(found) != 1:
                    raise Undefined
                return found[0]
            case "forall_in" | "exists_in":
                items = self._members(of(args[0]), args[0].sort)
                answers = [of(args[1], {e.data[0][0]: item}) for item in items]
                return all(answers) if e.op == "forall_in" else any(answers)
            case "image":
                items = self._members(of(args[0]), args[0].sort) if args[0].op != "whole" else self.domain(args[0].sort)
                images = [of(args[1], {e.data[0][0]: item}) for item in items]
                return self._elements(images, e.sort.parts[0])
            case "sum_of":
                return sum([of(args[0], row) for row in rows()])
            case "sum_in":
                items = self._members(of(args[0]), args[0].sort)
                return sum([of(args[1], {e.data[0][0]: item}) for item in items])
            case "pick":
                name = e.data[0][0]
                found = [row[name] for row, holds in [(r, of(args[0], r)) for r in rows()] if holds]
                if not found:
                    raise Undefined
                return found[0]
            case "forall_upto" | "exists_upto":
                answers = [of(args[1], {e.data[0][0]: place}) for place in range(1, of(args[0]) + 1)]
                return all(answers) if e.op == "forall_upto" else any(answers)
            case "tabulate":
                number = of(args[0])
                if number < 0:
                    raise Undefined
                return tuple([of(args[1], {e.data[0][0]: place}) for place in range(1, number + 1)])
            case "fold":
                items = of(args[0])
                if args[0].sort.kind == "set":
                    items = sorted(items, key=self.domain(args[0].sort.parts[0]).index)
                value = of(args[1])
                for item in items:
                    value = of(args[2], {e.data[0][0]: value, e.data[1][0]: item})
                return value
            case "enabled" | "can_change":
                return self.happens(e, of, state)
            case "replace" if self._keeps_no_field(e):
                return ((e.data, of(args[1])),)
            case "inter" | "minus" | "subset" | "disjoint":
                left = of(args[0])
                # The right side is asked about members of the left one.
                right = of(args[1]) if left else frozenset()
                answers = {"inter": left & right, "minus": left - right, "subset": left <= right}
                return answers.get(e.op, not left & right)
            case "union":
                left = of(args[0])
                return left | of(args[1])
            case "set":
                items: list[Any] = []
                reasons = set()
                for arg in args:
                    try:
                        items.append(of(arg))
                        self._elements(items[-1:], e.sort.parts[0])
                    except Undefined as reason:
                        reasons.add(type(reason))
                if reasons:
                    raise next(iter(reasons)) if len(reasons) == 1 else Mixed
                return frozenset(items)
        if e.op in ("contains", "maximum"):
            # As they are printed, `x \\in S` and `IF b <= a THEN a ELSE b`: what is written last is looked at first.
            return self._strict(e, [of(arg) for arg in args[::-1]][::-1])
        return self._strict(e, [of(arg) for arg in args])

    def _members(self, items: frozenset[Any], sort: Sort) -> list[Any]:
        return sorted(items, key=repr)

    def _elements(self, items: list[Any], of: Sort) -> frozenset[Any]:
        if not all(self.within(item, of) for item in items):
            raise Outside
        return frozenset(items)

    def _strict(self, e: Expr, v: list[Any]) -> Any:
        match e.op:
            case "not":
                return not v[0]
            case "eq":
                return v[0] == v[1]
            case "lt" | "le":
                if e.args[0].sort.kind == "record":
                    v = [tuple(x for _, x in value) for value in v]
                return v[0] < v[1] if e.op == "lt" else v[0] <= v[1]
            case "add":
                return v[0] + v[1]
            case "sub":
                return v[0] - v[1]
            case "mul":
                return v[0] * v[1]
            case "div" | "mod":
                if v[1] == 0:
                    raise Undefined
                return v[0] // v[1] if e.op == "div" else v[0] % v[1]
            case "table":
                return tuple(zip(self.domain(e.sort.parts[0]), v, strict=True))
            case "concat":
                return v[0] + v[1]
            case "front" | "last":
                if not v[0]:
                    raise Undefined
                return v[0][:-1] if e.op == "front" else v[0][-1]
            case "reverse":
                return v[0][::-1]
            case "elements":
                return self._elements(list(v[0]), e.sort.parts[0])
            case "sub_sequence":
                if v[1] <= v[2] and not 1 <= v[1] <= v[2] <= len(v[0]):
                    raise Undefined
                return v[0][v[1] - 1 : v[2]] if v[1] <= v[2] else ()
            case "remove_at":
                if not 1 <= v[1] <= len(v[0]):
                    raise Undefined
                return v[0][: v[1] - 1] + v[0][v[1] :]
            case "insert_at":
                if not 1 <= v[1] <= len(v[0]) + 1:
                    raise Undefined
                return (*v[0][: v[1] - 1], v[2], *v[0][v[1] - 1 :])
            case "minimum" | "maximum":
                return self._extreme(e.op == "minimum", v, e.sort)
            case "min_of" | "max_of":
                if not v[0]:
                    raise Undefined
                return self._extreme(e.op == "min_of", v[0], e.sort)
            case "apply":
                return get(v[0], v[1])
            case "updated":
                get(v[0], v[1])
                return tuple((key, v[2] if key == v[1] else old) for key, old in v[0])
            case "contains":
                return v[1] in v[0]
            case "size" | "length":
                return len(v[0])
            case "is_empty":
                return not v[0]
            case "one_of":
                return v[0] in v[1:]
            case "record":
                return tuple(zip(e.sort.data, v, strict=True))
            case "field":
                return get(v[0], e.data)
            case "replace":
                return tuple((key, v[1] if key == e.data else old) for key, old in v[0])
            case "none":
                return None
            case "some":
                return ("some", v[0])
            case "is_some":
                return v[0] is not None
            case "payload":
                if v[0] is None:
                    raise Undefined
                return v[0][1]
            case "sequence":
                return tuple(v)
            case "append":
                return (*v[0], v[1])
            case "at" | "put":
                if not 1 <= v[1] <= len(v[0]):
                    raise Undefined
                place = v[1] - 1
                return v[0][place] if e.op == "at" else (*v[0][:place], v[2], *v[0][place + 1 :])
            case "head" | "tail":
                if not v[0]:
                    raise Undefined
                return v[0][0] if e.op == "head" else v[0][1:]
            case "keyed":
                return frozenset()
            case "insert":
                key = get(v[1], e.sort.data)
                if any(get(row, e.sort.data) == key and row != v[1] for row in v[0]):
                    raise Undefined
                return v[0] | {v[1]}
            case "remove":
                return frozenset(row for row in v[0] if get(row, e.sort.data) != v[1])
            case "has":
                return any(get(row, e.args[0].sort.data) == v[1] for row in v[0])
            case "get":
                for row in v[0]:
                    if get(row, e.args[0].sort.data) == v[1]:
                        return row
                raise Undefined
        raise TypeError(e.op)

    def _extreme(self, least: bool, items: Any, sort: Sort) -> Any:
        def rank(value: Any) -> Any:
            return tuple(x for _, x in value) if sort.kind == "record" else value

        return min(items, key=rank) if least else max(items, key=rank)

    # -- steps -------------------------------------------------------------------------------------------------------

    def instances(self) -> Iterator[tuple[Action, dict[str, Any]]]:
        """Every action with every combination of arguments."""
        for action in self.spec.actions:
            names = [name for name, _ in action.arguments]
            for row in itertools.product(*(self.domain(sort) for _, sort in action.arguments)):
                yield action, dict(zip(names, row, strict=True))

    def guarded(self, action: Action, arguments: dict[str, Any], state: State) -> bool:
        """Whether the guards let an instance fire; Undefined if one that is looked at has no value."""
        names = [name for name, _ in action.witnesses]
        answers = []
        for row in itertools.product(*(self.domain(sort) for _, sort in action.witnesses)):
            env = {**arguments, **dict(zip(names, row, strict=True))}
            answers.append(all(self.value(guard.condition, env, state) for guard in action.guards))
        return any(answers)

    def happens(self, asked: Expr, of: Callable[[Expr], Any], state: State) -> bool:
        """Whether an action has a step for the values given or for some, and one that changes something, if that is asked.

        A step may leave a range. It is false where the variant lacks the action.
        """
        action = self.actions.get(asked.data)
        if action is None:
            return False
        values: list[Any] = []
        for arg, (_, sort) in zip(asked.args, action.arguments, strict=bool(asked.args)):
            values.append(of(arg))
            if values[-1] not in self.domain(sort):
                return False
        names = [name for name, _ in action.arguments]
        rows = itertools.product(*(self.domain(sort) for _, sort in action.arguments))
        fitting = [list(row) for row in rows if not asked.args or list(row) == values]
        deeds = [self.attempt(action, dict(zip(names, row, strict=True)), state) for row in fitting]
        steps = [deed for deed in deeds if deed.outcome not in ("refused", "undefined")]
        return any(asked.op == "enabled" or step.after != state for step in steps)

    def attempt(self, action: Action, arguments: dict[str, Any], state: State) -> Deed:
        """What an instance does in a state."""
        try:
            if not self.guarded(action, arguments, state):
                return Deed("refused")
        except Gone:
            raise
        except Undefined:
            return Deed("undefined")
        after, left = dict(state), []
        sorts = {name: sort for name, sort, _ in self.spec.variables}
        for name in dict.fromkeys(update.variable for update in action.updates):
            try:
                if name not in state:
                    raise Gone
                # Of several points the one assigned later prevails; what is read is the state before.
                new = state[name]
                for update in (update for update in action.updates if update.variable == name):
                    path = [self.value(index, arguments, state) for index in update.path]
                    new = self._stored(new, path, self.value(update.value, arguments, state))
            except Gone:
                raise
            except Undefined as reason:
                if isinstance(reason, Mixed) and self._has_range(sorts[name]):
                    raise Unordered from None
                if not isinstance(reason, Outside) or not self._has_range(sorts[name]):
                    return Deed("undefined")
                left.append(name)
                del after[name]
                continue
            after[name] = new
            if not self.within(new, sorts[name]):
                left.append(name)
        return Deed("range" if left else "fired", after, tuple(left))

    def stuck(self, state: State, deeds: list[Deed]) -> bool:
        """Whether a state in which the instances do this is a deadlock."""
        if any(deed.outcome not in ("refused", "undefined") for deed in deeds):
            return False
        return not any(self._out_of_budget(action, arguments, state) for action, arguments in self.instances())

    def _out_of_budget(self, action: Action, arguments: dict[str, Any], state: State) -> bool:
        """Whether for some witness the guards hold that are not budgets, and the budgets do not."""

        def hold(budgets: bool, env: dict[str, Any]) -> bool:
            try:
                return all(self.value(g.condition, env, state) for g in action.guards if g.budget is budgets)
            except Undefined:
                return False

        names = [name for name, _ in action.witnesses]
        rows = itertools.product(*(self.domain(sort) for _, sort in action.witnesses))
        envs = [{**arguments, **dict(zip(names, row, strict=True))} for row in rows]
        return any(hold(False, env) and not hold(True, env) for env in envs)

    def _stored(self, old: Any, path: list[Any], value: Any) -> Any:
        if not path:
            return value
        inner = self._stored(get(old, path[0]), path[1:], value)
        return tuple((key, inner if key == path[0] else was) for key, was in old)

    # -- search ------------------------------------------------------------------------------------------------------

    def search(self, most: int = 2000) -> Report:
        """Every reachable state, level by level. TooLarge beyond `most` states."""
        report = Report()
        level = self._initial(report, most)
        report.started = bool(level)
        seen = {_key(state) for state in level}
        depth = 0
        while level:
            counted, following = False, []
            for state in level:
                if not self._judge(state, depth, report):
                    continue
                report.distinct += 1
                counted = True
                report.states.append(state)
                if report.distinct > most:
                    raise TooLarge
                instances = list(self.instances())
                deeds = [self.attempt(action, arguments, state) for action, arguments in instances]
                if self.stuck(state, deeds):
                    report.bad("Deadlock", depth)
                for (action, _), deed in zip(instances, deeds, strict=True):
                    if deed.outcome == "refused":
                        continue
                    if deed.outcome == "undefined":
                        report.bad("Defined", depth)
                        continue
                    report.fired.add(action.name)
                    assert deed.after is not None
                    leaves = deed.outcome == "range"
                    self._judge_step(state, deed.after, depth + 1, report, leaves)
                    if leaves:
                        self._left(deed.variables, deed.after, depth + 1, report)
                    elif _key(deed.after) not in seen:
                        seen.add(_key(deed.after))
                        following.append(deed.after)
            depth += 1
            report.levels += counted
            level = following
        return report

    def _initial(self, report: Report, most: int) -> list[State]:
        given: dict[str, Any] = {}
        choices: list[list[Any]] = []
        lost = set()
        for name, sort, initial in self.spec.variables:
            if initial is None:
                choices.append(self.domain(sort))
                if len(choices[-1]) > most:
                    raise TooLarge
                continue
            choices.append([None])
            try:
                given[name] = self.value(initial, {}, {})
            except Gone:
                raise
            except Undefined as reason:
                if isinstance(reason, Mixed) and self._has_range(sort):
                    raise Unordered from None
                if not isinstance(reason, Outside) or not self._has_range(sort):
                    report.bad("Defined", 0)
                    return []
                lost.add(name)
        sorts = {name: sort for name, sort, _ in self.spec.variables}
        left = tuple(n for n in sorts if n in lost or (n in given and not self.within(given[n], sorts[n])))
        if math.prod(map(len, choices)) > 20 * most:
            raise TooLarge
        found = []
        for row in itertools.product(*choices):
            state = {n: given.get(n, value) for n, value in zip(sorts, row, strict=True) if n not in lost}
            if not self._begins(state, bool(left), report):
                continue
            if left:
                self._left(left, state, 0, report)
            else:
                found.append(state)
        return found

    def _begins(self, state: State, leaves: bool, report: Report) -> bool:
        """Whether no initial predicate is false; one without a value counts only where no range is left."""
        for predicate in self.spec.initially:
            try:
                if not self.value(predicate, {}, state):
                    return False
            except Undefined:
                if not leaves:
                    report.bad("Defined", 0)
                    return False
        return True

    def _left(self, variables: tuple[str, ...], state: State, steps: int, report: Report) -> None:
        """A state outside its ranges: reported and judged, where there is something to judge."""
        sorts = {name: sort for name, sort, _ in self.spec.variables}
        for name in variables:
            report.bad(f"Range@{name}", steps)
            sort = sorts[name]
            if self._has_fixed_ends(sort) if name not in state else not self.within(state[name], sort, self.fixed_ends):
                report.at_fixed_ends.add(f"Range@{name}")
        for prop in self.spec.properties:
            if prop.kind == "state":
                try:
                    if not self.value(prop.formula, {}, state):
                        report.bad(prop.name, steps)
                except Undefined:
                    pass

    def _judge(self, state: State, depth: int, report: Report) -> bool:
        """Checks a state; whether it is inside the constraints."""
        for prop in self.spec.properties:
            if prop.kind in ("state", "lemma"):
                try:
                    if not self.value(prop.formula, {}, state) and prop.kind == "state":
                        report.bad(prop.name, depth)
                except Undefined:
                    report.bad(f"Defined@{prop.name}", depth)
        inside = True
        for constraint in self.spec.constraints:
            try:
                inside = inside and bool(self.value(constraint, {}, state))
            except Undefined:
                report.bad("Defined", depth)
        return inside

    def _judge_step(self, state: State, after: State, steps: int, report: Report, leaves: bool) -> None:
        for prop in self.spec.properties:
            if prop.kind != "action" or self._stutters(prop, state, after):
                continue
            try:
                if not self.value(prop.formula, {}, state, after):
                    report.bad(prop.name, steps)
            except Undefined:
                if not leaves:
                    report.bad(f"Defined@{prop.name}", steps)

    def _stutters(self, prop: Property, state: State, after: State) -> bool:
        """Whether a step leaves everything in the property's subscript as it was."""
        names: Any = prop.subscript
        if names is None:
            names = self._reads(prop.formula)
        elif names == "all":
            names = [name for name, _, _ in self.spec.variables]
        stutters = all(name in after and state[name] == after[name] for name in names)
        if stutters and prop.subscript is None:
            # Whether what decides if a right-hand side has a value belongs to the subscript depends on how it is written out.
            more = [name for e in prop.formula.walk() for name in self._right_hand_sides(e)]
            if not all(name in after and state[name] == after[name] for name in more):
                raise Unordered
        return stutters

    def _right_hand_sides(self, e: Expr) -> set[str]:
        """What the updates of an action that is asked about read, and what they are of."""
        if e.op not in ("enabled", "can_change") or e.data not in self.actions:
            return set()
        updates = self.actions[e.data].updates
        return {u.variable for u in updates}.union(*(self._reads(x) for u in updates for x in (u.value, *u.path)))

    def _reads(self, formula: Expr) -> set[str]:
        if formula.op in ("state", "next"):
            return {formula.data}
        found = set()
        if formula.op in ("enabled", "can_change") and formula.data in self.actions:
            for guard in self.actions[formula.data].guards:
                found |= self._reads(guard.condition)
        for arg in formula.args[1:] if self._keeps_no_field(formula) else formula.args:
            found |= self._reads(arg)
        return found

    def _keeps_no_field(self, e: Expr) -> bool:
        """Whether a record is replaced as a whole: it is written with those fields of the old one that stay, here none."""
        return e.op == "replace" and len(e.sort.data) == 1


def _key(state: State) -> Map:
    return tuple(sorted(state.items()))
