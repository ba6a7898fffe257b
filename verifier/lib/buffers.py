"""Store buffers: a program as a transition system, for sequential consistency, x86-TSO and PSO.

Each thread goes through its accesses in order. A store waits in the buffer of its thread until it is flushed to memory, in the
order of the stores (TSO), or of those of its location alone (PSO); a load sees the newest store of its own thread that waits,
or memory. Registers are assigned once, so the number of stores that have left a buffer determines its content. On x86 an sc
fence and an sc store empty the buffer, and read-modify-writes are locked; on PSO a release store and fence wait for earlier
stores, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from verifier.kernel import Bool, Protocol, Range, guard, implies, ite, var
from verifier.kernel.properties import violated
from verifier.lib.actions import declare
from verifier.lib.memory import RELEASE
from verifier.lib.programs import Event, Expression, Program
from verifier.lib.relations import both, no
from verifier.lib.values import Cases, Truth, Values

Kind = Literal["sc", "tso", "pso"]


@dataclass
class _Step:
    """One step of a thread: an access, or the accesses of a read-modify-write. `drains`: the buffer is empty before it."""

    name: str
    events: list[Event]
    drains: bool
    condition: Expression | None


@dataclass
class _Thread:
    """The steps of a thread, and which of its stores wait in which queue, in their order."""

    name: str
    steps: list[_Step] = field(default_factory=list)
    queues: dict[str, list[Event]] = field(default_factory=dict)


class _Numbers(Values):
    """The numbers that accesses can read or write, in whatever order: a read may read any value written to its location."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.found: dict[str, set[int]] = {event.location: set() for event in program.events if event.location}
        writes = [event for event in program.events if event.kind == "W"]
        # Each write is done once, so no number results from more writes than there are.
        for _ in writes:
            for event in writes:
                self.found[event.location] |= set(self.written(event.name))

    def loaded(self, name: str, seen: frozenset[str]) -> Cases:
        event = self.swaps[name].success if name in self.swaps else name
        return dict.fromkeys(self.found[self.events[event].location], True)

    def last(self, location: str) -> Cases:
        return dict.fromkeys(self.found[location], True)


class _Held(Values):
    """The values in a state of the machine: those of the registers and, for the end, of memory."""

    def __init__(self, program: Program, s: Any, numbers: _Numbers) -> None:
        super().__init__(program)
        self.s, self.numbers = s, numbers

    def loaded(self, name: str, seen: frozenset[str]) -> Cases:
        register = getattr(self.s, f"reg_{name}")
        # The register of a read that was not executed is 0.
        return {number: register == number for number in {0, *self.numbers.loaded(name, seen)}}

    def last(self, location: str) -> Cases:
        memory = getattr(self.s, f"mem_{location}")
        return {number: memory == number for number in self.numbers.last(location)}


class Machine:
    """A program with store buffers, declared in a protocol; see the module."""

    def __init__(self, p: Protocol, program: Program, kind: Kind, capacity: int | None = None) -> None:
        """Declares state and actions. `capacity`: the number of stores that a buffer holds (of a location, for PSO); any number
        if None.
        """
        self.program, self.kind, self.capacity = program, kind, capacity
        self.numbers = _Numbers(program)
        self.threads = [self._thread(number) for number in range(len(program.threads))]
        known = {0, *(number for found in self.numbers.found.values() for number in found)}

        class Value(Range, low=min(known), high=max(known)):
            """The value of a location or a register."""

        self._value = Value
        self.state: Any = p.state(type("State", (), self._variables()))
        for thread in self.threads:
            for place, step in enumerate(thread.steps):
                self._declare(p, thread, place, step)
            for queue, stores in thread.queues.items():
                for number, store in enumerate(stores):
                    self._flush(p, thread, queue, number, store)

    def _thread(self, number: int) -> _Thread:
        program, kind = self.program, self.kind
        thread = _Thread(program.names[number])
        swap_of = {swap.success: swap for swap in program.swaps}
        rest = [event for event in program.events if event.thread == number]
        late = False  # an sc store, on x86 followed by an mfence
        while rest:
            event = rest.pop(0)
            events, name, condition = [event], event.name, event.condition
            if event.name in swap_of:
                swap = swap_of[event.name]
                name, condition = swap.name, swap.condition
                events += [rest.pop(0), rest.pop(0)]
            elif event.locked:
                events.append(rest.pop(0))
            fence = event.kind == "F" and (event.order == "sc" or (kind == "pso" and event.order in RELEASE))
            released = kind == "pso" and event.kind == "W" and event.order in RELEASE
            if event.kind != "F" or fence:
                thread.steps.append(_Step(name, events, event.locked or fence or released or late, condition))
                late = event.kind == "W" and event.order == "sc" and not event.locked
            if event.kind == "W" and kind != "sc":
                thread.queues.setdefault(event.location if kind == "pso" else "all", []).append(event)
        return thread

    def _variables(self) -> dict[str, Any]:
        sorts: dict[str, Any] = {}
        body: dict[str, Any] = {"__doc__": "Where threads are, registers, what has left the buffers, and memory."}
        for thread in self.threads:
            self._counter(sorts, body, f"at_{thread.name}", len(thread.steps), f"how many steps {thread.name} has done")
            for queue, stores in thread.queues.items():
                meaning = f"how many stores of {thread.name} have reached memory"
                self._counter(sorts, body, f"gone_{thread.name}_{queue}", len(stores), meaning)
        for event in self.program.events:
            if event.thread < 0:
                sorts[f"mem_{event.location}"] = self._value
                body[f"mem_{event.location}"] = var(_constant(event), f"what {event.location} holds")
        swapping = {read for swap in self.program.swaps for read in (swap.success, swap.failure)}
        reads = [e.name for e in self.program.events if e.kind == "R" and e.name not in swapping]
        for read in [*reads, *(swap.name for swap in self.program.swaps)]:
            sorts[f"reg_{read}"] = self._value
            body[f"reg_{read}"] = var(0, f"what {read} has read")
        return {**body, "__annotations__": sorts}

    @staticmethod
    def _counter(sorts: dict[str, Any], body: dict[str, Any], name: str, high: int, meaning: str) -> None:
        sorts[name] = type(f"Count_{name}", (Range,), {"__doc__": meaning}, low=0, high=high)
        body[name] = var(0, meaning)

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _declare(self, p: Protocol, thread: _Thread, place: int, step: _Step) -> None:
        first = step.events[0]

        def here(s: Any, wanted: bool) -> _Held:
            guard("turn", getattr(s, f"at_{thread.name}") == place)
            values = _Held(self.program, s, self.numbers)
            if step.condition is not None:
                guard("branch", _formula(_is(values.holds(step.condition), wanted)))
            return values

        def take(s: Any) -> None:
            values = here(s, True)
            if step.drains:
                guard("drained", _formula(self._drained(s, thread, first.place)))
            if first.kind == "W":
                self._store(s, thread, first, values)
            elif first.kind == "R":
                self._load(s, thread, step, values)
            setattr(s, f"at_{thread.name}", getattr(s, f"at_{thread.name}") + 1)

        def skip(s: Any) -> None:
            here(s, False)
            setattr(s, f"at_{thread.name}", getattr(s, f"at_{thread.name}") + 1)

        declare(p, step.name, {}, f"{thread.name} does {first.text()}.", take)
        if step.condition is not None:
            declare(p, f"Skip_{step.name}", {}, f"{thread.name} takes the other branch.", skip)

    def _store(self, s: Any, thread: _Thread, event: Event, values: _Held) -> None:
        if self.kind == "sc":
            setattr(s, f"mem_{event.location}", self._term(values.written(event.name)))
        elif self.capacity is not None:
            queue, stores = self._queue(thread, event)
            guard("room", stores.index(event) - getattr(s, f"gone_{thread.name}_{queue}") < self.capacity)

    def _load(self, s: Any, thread: _Thread, step: _Step, values: _Held) -> None:
        event = step.events[0]
        memory = getattr(s, f"mem_{event.location}")
        if not event.locked:
            setattr(s, f"reg_{event.name}", self._seen(s, thread, event, values, memory))
            return
        swap = values.swaps.get(step.name)
        name = event.name if swap is None else swap.name
        setattr(s, f"reg_{name}", memory)
        # The written value is a function of the value being read.
        reading = _Reading(values, name, {number: memory == number for number in self.numbers.loaded(name, frozenset())})
        new = self._term(reading.written(step.events[1].name))
        if swap is not None:
            new = ite(_formula(reading.holds(Expression("choice", swap.name))), new, memory)
        setattr(s, f"mem_{event.location}", new)

    def _seen(self, s: Any, thread: _Thread, event: Event, values: _Held, memory: Any) -> Any:
        """The newest store of the thread itself that waits, or memory."""
        result = memory
        own = [e for stores in thread.queues.values() for e in stores if e.location == event.location and e.place < event.place]
        for store in own:
            waits = both(no(self._left(s, thread, store)), values.executed(store.name))
            result = ite(_formula(waits), self._term(values.written(store.name)), result)
        return result

    def _queue(self, thread: _Thread, event: Event) -> tuple[str, list[Event]]:
        queue = event.location if self.kind == "pso" else "all"
        return queue, thread.queues[queue]

    def _left(self, s: Any, thread: _Thread, store: Event) -> Bool:
        """Whether a store has left the buffer."""
        queue, stores = self._queue(thread, store)
        result: Bool = getattr(s, f"gone_{thread.name}_{queue}") > stores.index(store)
        return result

    def _drained(self, s: Any, thread: _Thread, place: int | None) -> Truth:
        """Whether all stores before a place have left the buffer; every store if there is no place."""
        result: Truth = True
        for queue, stores in thread.queues.items():
            before = len([store for store in stores if place is None or store.place < place])
            result = both(result, getattr(s, f"gone_{thread.name}_{queue}") == before)
        return result

    def _flush(self, p: Protocol, thread: _Thread, queue: str, number: int, store: Event) -> None:
        gone = f"gone_{thread.name}_{queue}"
        place = next(place for place, step in enumerate(thread.steps) if store in step.events)

        def flush(s: Any) -> None:
            guard("oldest", getattr(s, gone) == number)
            guard("stored", getattr(s, f"at_{thread.name}") > place)
            values, memory = _Held(self.program, s, self.numbers), getattr(s, f"mem_{store.location}")
            setattr(s, gone, getattr(s, gone) + 1)
            new = self._term(values.written(store.name))
            setattr(s, f"mem_{store.location}", ite(_formula(values.executed(store.name)), new, memory))

        declare(p, f"Flush_{store.name}", {}, f"{store.name} leaves the buffer.", flush)

    def _term(self, cases: Cases) -> Any:
        """The number whose case holds."""
        (last, _), *others = reversed(list(cases.items()))
        result: Any = self._value(last)
        for number, when in others:
            result = ite(_formula(when), self._value(number), result)
        return result

    # -- the end -------------------------------------------------------------------------------------------------------

    def done(self, s: Any) -> Bool:
        """All threads have done all their steps, and all buffers are empty."""
        result: Truth = True
        for thread in self.threads:
            result = both(result, getattr(s, f"at_{thread.name}") == len(thread.steps))
            result = both(result, self._drained(s, thread, None))
        return _formula(result)

    def ends_with(self, s: Any, outcome: Expression) -> Bool:
        """Whether the registers and memory of a state are such an outcome, where the program is done."""
        return _formula(_Held(self.program, s, self.numbers).holds(self.program.outcome(outcome)))


class _Reading(Values):
    """Values in which one register has the value being read."""

    def __init__(self, values: _Held, name: str, cases: Cases) -> None:
        super().__init__(values.program)
        self._outer, self._name, self._cases = values, name, cases

    def loaded(self, name: str, seen: frozenset[str]) -> Cases:
        return self._cases if name == self._name else self._outer.loaded(name, seen)

    def last(self, location: str) -> Cases:
        return self._outer.last(location)


def _constant(event: Event) -> int:
    return int(event.value.data) if event.value is not None else 0


def _is(truth: Truth, wanted: bool) -> Truth:
    return truth if wanted else no(truth)


def _formula(truth: Truth) -> Bool:
    return truth if isinstance(truth, Bool) else Bool(truth)


def machine(
    name: str,
    program: Program,
    outcome: Expression,
    kind: Kind,
    *,
    capacity: int | None = None,
    source: str = "",
    allowed: bool = False,
    steps: int = 0,
) -> Protocol:
    """The protocol of a program with store buffers; `Forbidden` says that it does not end with the outcome.

    `capacity`: the number of stores that a buffer holds. `allowed`: it is known to end so, after at least this many `steps`.
    """
    p = Protocol(name, f"{name} with {'memory alone' if kind == 'sc' else f'the store buffers of {kind.upper()}'}", source=source)
    made = Machine(p, program, kind, capacity)

    def finished(s: Any) -> Bool:
        return made.done(s)

    def forbidden(s: Any) -> Bool:
        """The program does not end with the outcome."""
        return implies(made.done(s), ~made.ends_with(s, outcome))

    p.may_stop(name="Finished")(finished)
    p.invariant(name="Forbidden", expected={"safe": violated(steps)} if allowed else {})(forbidden)
    return p
