"""A notation for small concurrent programs: threads of reads, writes, fences and read-modify-writes with their memory orders.

    MP = Program([
        [write("data", 1), write("flag", 1, "rel")],
        [read("flag", "a", "acq"), read("data", "b")],
    ])

Registers belong to their thread and are 0 at first; `reg("a") + 1` is an expression. Memory orders are `na` (plain, not
atomic), `rlx`, `acq`, `rel`, `ar` and `sc`. There are no loops: a program has the accesses that it has, some of them under
conditions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from verifier.kernel.errors import ModelError, here

Order = Literal["na", "rlx", "acq", "rel", "ar", "sc"]
Kind = Literal["W", "R", "F"]

ALLOWED: dict[str, tuple[str, ...]] = {
    "read": ("na", "rlx", "acq", "sc"),
    "write": ("na", "rlx", "rel", "sc"),
    "fence": ("acq", "rel", "ar", "sc"),
    "rmw": ("rlx", "acq", "rel", "ar", "sc"),
}
"""Which orders each access may have."""

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "&&": lambda a, b: int(bool(a) and bool(b)),
    "||": lambda a, b: int(bool(a) or bool(b)),
}
"""The operations of expressions, on numbers; truth values are 0 and 1."""


@dataclass(frozen=True)
class Expression:
    """A number that a thread computes: a constant, a register, a location's final value, or an operation of two.

    `head` is `constant`, `register`, `final`, `read` (the value that an access has read), `choice` (whether a compare-and-swap
    succeeds), `toggle` (whether an order is present) or one of `OPERATIONS`; `ite` has a condition and two sides.
    """

    head: str
    data: int | str = 0
    parts: tuple[Expression, ...] = ()

    def __add__(self, other: Value) -> Expression:
        return operation("+", self, other)

    def __sub__(self, other: Value) -> Expression:
        return operation("-", self, other)

    def __xor__(self, other: Value) -> Expression:
        return operation("^", self, other)

    def equals(self, other: Value) -> Expression:
        """1 where both are the same number, else 0; `==` compares the texts of expressions."""
        return operation("==", self, other)

    def differs(self, other: Value) -> Expression:
        """1 where the numbers differ, else 0."""
        return operation("!=", self, other)

    def __and__(self, other: Value) -> Expression:
        return operation("&&", self, other)

    def __or__(self, other: Value) -> Expression:
        return operation("||", self, other)

    def __invert__(self) -> Expression:
        return operation("==", self, 0)

    def reads(self) -> frozenset[str]:
        """The accesses whose values the expression is written with, used or not."""
        own = frozenset({str(self.data)}) if self.head == "read" else frozenset()
        return own.union(*(part.reads() for part in self.parts))


Value = Expression | int

NOTHING = "nothing"
"""The source of a read that is not executed; no event has this name."""


def expression(value: Value) -> Expression:
    """A number as an expression."""
    return value if isinstance(value, Expression) else Expression("constant", value)


def operation(name: str, left: Value, right: Value) -> Expression:
    """An operation of two numbers, by its name in `OPERATIONS`."""
    return Expression(name, 0, (expression(left), expression(right)))


def reg(name: str, thread: int | None = None) -> Expression:
    """A register of the current thread; in an outcome the thread is given, counted from 0."""
    return Expression("register", name if thread is None else f"{thread}:{name}")


def final(location: str) -> Expression:
    """In an outcome: the value of a location in the end."""
    return Expression("final", location)


def all_equal(values: Mapping[str, int]) -> Expression:
    """An outcome: `{"0:a": 1, "x": 2}` says that register `a` of thread 0 is 1 and that location `x` ends as 2."""
    result = expression(1)
    for name, value in values.items():
        head = Expression("register", name) if ":" in name else Expression("final", name)
        result = result & head.equals(value)
    return result


@dataclass(frozen=True)
class Instruction:
    """A step of a thread; `access` is `read`, `write`, `fence`, `rmw`, `cas`, `local` or `when`."""

    access: str
    location: str = ""
    order: str = "rlx"
    value: Expression = field(default_factory=lambda: expression(0))
    register: str | None = None
    failure: str = "rlx"
    expected: Expression | None = None
    address: Expression | None = None
    branches: tuple[tuple[Instruction, ...], tuple[Instruction, ...]] = ((), ())
    label: str | None = None
    old: str | None = None
    toggle: str | None = None
    weak: bool = False
    missed: str = ""
    otherwise: str = "rlx"
    failure_toggle: str | None = None


OLD = Expression("register", "<old>")
"""In the value of a read-modify-write: the value that it reads."""


def _ordered(access: str, order: str) -> None:
    if order not in ALLOWED[access]:
        article = "an" if access == "rmw" else "a"
        raise ModelError(f"{article} {access} has no order {order}", hint="one of " + ", ".join(ALLOWED[access]), position=here())


def read(
    location: str,
    register: str,
    order: str = "rlx",
    *,
    address: Expression | None = None,
    label: str | None = None,
    toggle: str | None = None,
    otherwise: str = "rlx",
) -> Instruction:
    """Read a location into a register. `address`: the value that its address is computed from, for a dependency.

    `toggle` names the order: executions with it and without it, where it is `otherwise`, are considered.
    """
    _ordered("read", order)
    _ordered("read", otherwise)
    return Instruction(
        "read", location, order, register=register, address=address, label=label, toggle=toggle, otherwise=otherwise
    )


def write(
    location: str,
    value: Value,
    order: str = "rlx",
    *,
    address: Expression | None = None,
    label: str | None = None,
    toggle: str | None = None,
    otherwise: str = "rlx",
) -> Instruction:
    """Write a value to a location; the rest is as for `read`."""
    _ordered("write", order)
    _ordered("write", otherwise)
    return Instruction(
        "write", location, order, expression(value), address=address, label=label, toggle=toggle, otherwise=otherwise
    )


def fence(order: str, *, toggle: str | None = None) -> Instruction:
    """A fence. `toggle` names it: executions with and without it are considered."""
    _ordered("fence", order)
    return Instruction("fence", order=order, toggle=toggle)


def rmw(location: str, value: Value, order: str = "rlx", register: str | None = None, *, label: str | None = None) -> Instruction:
    """Read a location and write the value to it in one step: `rmw("x", OLD + 1)` increments, `rmw("x", 1)` exchanges."""
    _ordered("rmw", order)
    return Instruction("rmw", location, order, expression(value), register, label=label)


def cas(
    location: str,
    expected: Value,
    desired: Value,
    order: str = "ar",
    failure: str = "rlx",
    *,
    register: str | None = None,
    old: str | None = None,
    label: str | None = None,
    weak: bool = False,
    missed: str = "",
    toggle: str | None = None,
    otherwise: str = "rlx",
    failure_toggle: str | None = None,
) -> Instruction:
    """Compare and swap: `register` gets whether it succeeds, `old` the value read. Where it fails it is a read with the order
    `failure`. `toggle` names its order, which is `otherwise` without it, and `failure_toggle` that of a failure, which is then
    relaxed.

    A `weak` one may fail although it reads the expected value. Where it fails, it writes the value read to the location
    `missed`, plainly.
    """
    _ordered("rmw", order)
    _ordered("rmw", otherwise)
    _ordered("read", failure)
    return Instruction(
        "cas",
        location,
        order,
        expression(desired),
        register,
        failure,
        expression(expected),
        label=label,
        old=old,
        toggle=toggle,
        weak=weak,
        missed=missed,
        otherwise=otherwise,
        failure_toggle=failure_toggle,
    )


def local(register: str, value: Value) -> Instruction:
    """Compute a register."""
    return Instruction("local", value=expression(value), register=register)


def when(condition: Expression, then: Iterable[Instruction], otherwise: Iterable[Instruction] = ()) -> Instruction:
    """Branch: one of the two sides is executed. Every later access has a control dependency on the condition."""
    return Instruction("when", value=condition, branches=(tuple(then), tuple(otherwise)))


@dataclass(frozen=True)
class Event:
    """One access of a program: a read, a write or a fence, or the initial write of a location (thread -1).

    `value` is the value of a write; `condition` (over the values read) says when it is executed; `data`, `address` and
    `control` are the accesses that it depends on; `locked`: part of a read-modify-write, or of one that fails; `toggle`: the
    name of the choice between its order and the weaker one that it has `otherwise`.
    """

    name: str
    thread: int
    place: int
    kind: Kind
    location: str = ""
    order: str = "rlx"
    value: Expression | None = None
    condition: Expression | None = None
    data: frozenset[str] = frozenset()
    address: frozenset[str] = frozenset()
    control: frozenset[str] = frozenset()
    locked: bool = False
    toggle: str | None = None
    otherwise: str = "rlx"

    def text(self) -> str:
        """The event as people write it."""
        if self.thread < 0:
            return f"init {self.location}={_shown(self.value)}"
        order = "" if self.order == "rlx" else f" {self.order}"
        if self.kind == "F":
            return f"{self.name}: F{order}"
        return f"{self.name}: {self.kind} {self.location}{f'={_shown(self.value)}' if self.kind == 'W' else ''}{order}"


def _shown(value: Expression | None) -> str:
    return str(value.data) if value is not None and value.head == "constant" else "…"


@dataclass(frozen=True)
class Swap:
    """A compare-and-swap, which succeeds where it reads the value that it expects; a `weak` one may fail there, too.

    Its reads are two events, `success` with a write after it and `failure` alone; an execution that executes it has one of
    them.
    """

    name: str
    success: str
    failure: str
    expected: Expression
    condition: Expression | None
    weak: bool = False


class Program:
    """Threads of instructions, resolved into events. `names` are the threads' names, P0, P1 and so on unless given."""

    def __init__(
        self,
        threads: Sequence[Iterable[Instruction]],
        *,
        initial: Mapping[str, int] | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """The program of these threads; locations are 0 at first unless `initial` says otherwise."""
        self.threads = tuple(tuple(thread) for thread in threads)
        self.names = tuple(names) or tuple(f"P{number}" for number in range(len(self.threads)))
        self.events: list[Event] = []
        self.rmw: list[tuple[str, str]] = []
        self.swaps: list[Swap] = []
        self.registers: dict[str, Expression] = {}
        self.toggles: list[str] = []
        start = dict(initial or {})
        for location in sorted({*start, *_locations(self.threads)}):
            value = expression(start.get(location, 0))
            self.events.append(Event(f"init_{location}", -1, len(self.events), "W", location, value=value))
        self._used = {NOTHING, *(event.name for event in self.events)}
        for number, thread in enumerate(self.threads):
            _Thread(self, number).run(thread)
        self.by_name = {event.name: event for event in self.events}

    def named(self, name: str) -> str:
        """A name that no other event has: this one, with a number where it is taken."""
        count, result = 1, name
        while result in self._used:
            count += 1
            result = f"{name}_{count}"
        self._used.add(result)
        return result

    def outcome(self, condition: Expression) -> Expression:
        """A condition on final registers, in terms of the values that the accesses have read."""
        return _resolved(condition, lambda name: self.registers.get(name, expression(0)))


def _locations(instructions: Iterable[object]) -> set[str]:
    found: set[str] = set()
    for item in instructions:
        if isinstance(item, Instruction):
            found |= ({item.location, item.missed} - {""}) or _locations(item.branches)
        elif isinstance(item, tuple):
            found |= _locations(item)
    return found


def _resolved(value: Expression, register: Callable[[str], Expression]) -> Expression:
    """The expression with its registers replaced by their values."""
    if value.head == "register":
        return register(str(value.data))
    if not value.parts:
        return value
    return Expression(value.head, value.data, tuple(_resolved(part, register) for part in value.parts))


def _part(kind: Kind, order: str) -> str:
    """The order of the read or of the write of a read-modify-write."""
    kept = {"R": {"ar": "acq", "rel": "rlx"}, "W": {"ar": "rel", "acq": "rlx"}}
    return kept[kind].get(order, order)


class _Thread:
    """The instructions of one thread, followed from the first to the last, with the values of its registers."""

    def __init__(self, program: Program, number: int) -> None:
        self.program, self.number = program, number
        self.holds: dict[str, Expression] = {}
        self.condition: Expression | None = None
        self.control: frozenset[str] = frozenset()
        self.place = 0

    def run(self, instructions: Iterable[Instruction]) -> None:
        self.follow(instructions)
        for register, value in self.holds.items():
            self.program.registers[f"{self.number}:{register}"] = value

    def follow(self, instructions: Iterable[Instruction]) -> None:
        for instruction in instructions:
            getattr(self, f"_{instruction.access}")(instruction)

    def _value(self, value: Expression, old: Expression | None = None) -> Expression:
        def register(name: str) -> Expression:
            if name == str(OLD.data) and old is not None:
                return old
            return self.holds.get(name, expression(0))

        return _resolved(value, register)

    def _event(
        self, kind: Kind, instruction: Instruction, order: str, *, locked: bool = False, value: Expression | None = None
    ) -> Event:
        address = frozenset[str]() if instruction.address is None else self._value(instruction.address).reads()
        given = instruction.label and f"{instruction.label}_{kind}" if locked else instruction.label
        name = self.program.named(given or f"{self.program.names[self.number]}_{kind}{instruction.location}")
        event = Event(
            name,
            self.number,
            self.place,
            kind,
            instruction.location,
            order,
            value=value,
            condition=self.condition,
            data=frozenset() if value is None else value.reads(),
            address=address,
            control=self.control,
            locked=locked,
            toggle=None if kind == "F" else instruction.toggle,
            otherwise=_part(kind, instruction.otherwise) if locked else instruction.otherwise,
        )
        if instruction.toggle is not None and instruction.toggle not in self.program.toggles:
            self.program.toggles.append(instruction.toggle)
        self.place += 1
        self.program.events.append(event)
        return event

    def _read(self, instruction: Instruction) -> None:
        event = self._event("R", instruction, instruction.order)
        self.holds[str(instruction.register)] = Expression("read", event.name)

    def _write(self, instruction: Instruction) -> None:
        self._event("W", instruction, instruction.order, value=self._value(instruction.value))

    def _fence(self, instruction: Instruction) -> None:
        outer = self.condition
        if instruction.toggle is not None:
            there = Expression("toggle", instruction.toggle)
            self.condition = there if outer is None else outer & there
        self._event("F", instruction, instruction.order)
        self.condition = outer

    def _local(self, instruction: Instruction) -> None:
        self.holds[str(instruction.register)] = self._value(instruction.value)

    def _rmw(self, instruction: Instruction) -> None:
        loaded = self._pair(instruction)
        if instruction.register is not None:
            self.holds[instruction.register] = Expression("read", loaded.name)

    def _pair(self, instruction: Instruction, decided: frozenset[str] = frozenset()) -> Event:
        """The read and the write of a read-modify-write; each has its part of the order.

        `decided` are the accesses that decide whether the write is done.
        """
        order = instruction.order
        loaded = self._event("R", instruction, _part("R", order), locked=True)
        value = self._value(instruction.value, Expression("read", loaded.name))
        outer, self.control = self.control, self.control | decided
        stored = self._event("W", instruction, _part("W", order), locked=True, value=value)
        self.control = outer
        self.program.rmw.append((loaded.name, stored.name))
        return loaded

    def _cas(self, instruction: Instruction) -> None:
        """Two paths: the pair where it succeeds, a read alone where it fails."""
        name = self.program.named(instruction.label or f"{self.program.names[self.number]}_CAS{instruction.location}")
        choice = Expression("choice", name)
        outer = self.condition
        expected = self._value(instruction.expected or expression(0))
        self.condition = choice if outer is None else outer & choice
        loaded = self._pair(instruction, expected.reads())
        self.condition = ~choice if outer is None else outer & ~choice
        failed = replace(instruction, toggle=instruction.failure_toggle, otherwise="rlx")
        seen = self._event("R", failed, instruction.failure, locked=True)
        reads = (Expression("read", loaded.name), Expression("read", seen.name))
        if instruction.missed:
            self._event("W", Instruction("write", instruction.missed), "na", value=reads[1])
        self.condition = outer
        self.program.swaps.append(Swap(name, loaded.name, seen.name, expected, outer, instruction.weak))
        # A value computed from the result depends on the value read, on either path, and on the expected one.
        result = Expression("choice", choice.data, (*reads, expected))
        if instruction.register is not None:
            self.holds[instruction.register] = result
        if instruction.old is not None:
            self.holds[instruction.old] = Expression("ite", 0, (result, *reads))

    def _when(self, instruction: Instruction) -> None:
        test = self._value(instruction.value)
        outer, before = self.condition, dict(self.holds)
        self.control = self.control | test.reads()
        ends = []
        for side, condition in zip(instruction.branches, (test, ~test), strict=True):
            self.holds = dict(before)
            self.condition = condition if outer is None else outer & condition
            self.follow(side)
            ends.append(self.holds)
        self.condition = outer
        self.holds = {
            name: ends[0].get(name, expression(0))
            if ends[0].get(name) == ends[1].get(name)
            else Expression("ite", 0, (test, ends[0].get(name, expression(0)), ends[1].get(name, expression(0))))
            for name in dict.fromkeys((*ends[0], *ends[1]))
        }

