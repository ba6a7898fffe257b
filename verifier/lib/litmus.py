"""A litmus test as a protocol: each initial state is an execution, there are no steps, and an invariant forbids the outcome.

    p = litmus("mp", MP, all_equal({"1:a": 1, "1:b": 0}), [SC, RC11])

The state holds the source of each read, and which of two threads' writes to one location comes first. The variant
`rc11` has the executions that RC11 allows as its initial states, `rc11-coherence` those that satisfy this axiom of RC11, and
`candidates` all. `Forbidden` says that none has the outcome: where it holds in `rc11-coherence`, coherence forbids it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

from verifier.kernel import Bool, Enumeration, Protocol, anything, labels, var
from verifier.kernel.errors import ModelError, here, nearest
from verifier.kernel.properties import violated
from verifier.lib.executions import Execution
from verifier.lib.memory import Axiom, Memory, races
from verifier.lib.programs import NOTHING, Event, Expression, Program, Swap
from verifier.lib.relations import both, no, some
from verifier.lib.values import Truth

CANDIDATES = "candidates"


class Candidates:
    """The candidate executions of a program as the initial states of a protocol that is being declared."""

    def __init__(self, p: Protocol, program: Program, more: Mapping[str, Any] | None = None) -> None:
        """Declares the state of `p`, and the predicates that define a candidate. `more`: further variables, of any value."""
        self.program = program
        self.well_formed: list[str] = []
        self._sources: dict[str, tuple[Any, list[Event]]] = {}
        self._orders: dict[tuple[str, str], str] = {}
        self._known: dict[str, Execution] = {}
        self.variables: dict[str, Any] = dict(more or {})
        self._meanings: dict[str, str] = {}
        self._declare()
        if not self.variables:
            # A state needs a variable; a program without reads may have one execution.
            self.variables["only"] = _enumeration("Only", ["execution"], "The one execution.")
        body = {name: var(anything, self._meanings.get(name, "")) for name in self.variables}
        doc = "A candidate execution."
        self.state: Any = p.state(type("State", (), {**body, "__annotations__": dict(self.variables), "__doc__": doc}))
        self._say_well_formed(p)

    def _declare(self) -> None:
        for toggle in self.program.toggles:
            self._variable(f"on_{toggle}", Bool, f"the order {toggle} is there")
        for name in _weak(self.program):
            self._variable(f"missed_{name}", Bool, f"{name} fails although it reads what it expects")
        writes = [event for event in self.program.by_name.values() if event.kind == "W"]
        for a, b in combinations([event for event in writes if event.thread >= 0], 2):
            if a.location == b.location and a.thread != b.thread:
                self._orders[a.name, b.name] = f"co_{a.name}_{b.name}"
                self._variable(self._orders[a.name, b.name], Bool, f"{a.name} comes before {b.name}")
        swapping = {read for swap in self.program.swaps for read in (swap.success, swap.failure)}
        reads = [(e.name, e) for e in self.program.by_name.values() if e.kind == "R" and e.name not in swapping]
        reads += [(swap.name, self.program.by_name[swap.success]) for swap in self.program.swaps]
        for name, event in reads:
            sources = [write for write in writes if write.location == event.location]
            labelled = [write.name for write in sources] + ([NOTHING] if self._condition(name) is not None else [])
            sort = _enumeration(f"From_{name}", labelled, f"The sources that {name} can read from.")
            self._sources[name] = sort, sources
            self._variable(f"rf_{name}", sort, f"what {name} reads from")

    def _variable(self, name: str, sort: Any, meaning: str) -> None:
        self.variables[name] = sort
        self._meanings[name] = meaning

    def _condition(self, name: str) -> Expression | None:
        """When a read or a compare-and-swap is executed; None if always."""
        swap = next((swap for swap in self.program.swaps if swap.name == name), None)
        return self.program.by_name[name].condition if swap is None else swap.condition

    def execution(self, s: Any) -> Execution:
        """The execution that a state stands for, made once for the state before a step and once for the one after."""
        which = repr([getattr(s, name) for name in self.variables])
        if which not in self._known:
            pairs = [(r, sort, w.name) for r, (sort, ws) in self._sources.items() for w in ws]
            sources = {(w, r): getattr(s, f"rf_{r}") == getattr(sort, w) for r, sort, w in pairs}
            orders = {pair: getattr(s, name) for pair, name in self._orders.items()}
            toggles = {toggle: getattr(s, f"on_{toggle}") for toggle in self.program.toggles}
            missed = {name: getattr(s, f"missed_{name}") for name in _weak(self.program)}
            self._known[which] = Execution(self.program, sources, orders, toggles, missed)
        return self._known[which]

    def _say_well_formed(self, p: Protocol) -> None:
        """Predicates that exclude whatever is not a candidate. Each has few variables, so a search prunes early."""
        locations = list(dict.fromkeys(self.program.by_name[a].location for a, _ in self._orders))
        for location in locations:
            self._say(p, f"Order_{location}", partial(self._ordered, location))
        for name in self._sources:
            if self._condition(name) is not None or any(w.condition is not None for w in self._sources[name][1]):
                self._say(p, f"Source_{name}", partial(self._sourced, name))
        for swap in self.program.swaps:
            if swap.weak:
                self._say(p, f"Missed_{swap.name}", partial(self._misses, swap))
        if not self.well_formed:
            self._say(p, "Candidate", lambda s: True)

    def _say(self, p: Protocol, name: str, says: Callable[[Any], Truth]) -> None:
        def predicate(s: Any) -> Bool:
            return formula(says(s))

        p.initially(name=name)(predicate)
        self.well_formed.append(name)

    def _ordered(self, location: str, s: Any) -> Truth:
        """Coherence is an order of the writes of a location that are executed, and does not order others."""
        x = self.execution(s)
        through = x.co.then(x.co)
        here = [e.name for e in self.program.by_name.values() if e.kind == "W" and e.location == location]
        parts = [_implied(through.where(a, b), x.co.where(a, b)) for a in here for b in here]
        for (a, b), name in self._orders.items():
            executed = both(x.executed(a), x.executed(b))
            if a in here and executed is not True:
                parts.append(_implied(getattr(s, name), executed))
        return _all(parts)

    def _sourced(self, name: str, s: Any) -> Truth:
        """A read that is executed reads from a write that is executed; any other reads from nothing."""
        x = self.execution(s)
        sort, writes = self._sources[name]
        source, condition = getattr(s, f"rf_{name}"), self._condition(name)
        parts: list[Truth] = []
        if condition is not None:
            executed, something = x.holds(condition), source != getattr(sort, NOTHING)
            parts += [_implied(executed, something), _implied(something, executed)]
        parts += [_implied(source == getattr(sort, w.name), x.executed(w.name)) for w in writes if w.condition is not None]
        return _all(parts)


    def _misses(self, swap: Swap, s: Any) -> Truth:
        """One that is not executed, or that reads something else, does not fail for nothing."""
        x = self.execution(s)
        executed = True if swap.condition is None else x.holds(swap.condition)
        return _implied(getattr(s, f"missed_{swap.name}"), both(executed, x.matches(swap)))


def _weak(program: Program) -> list[str]:
    return [swap.name for swap in program.swaps if swap.weak]


def execution_of(program: Program, state: Mapping[str, Any]) -> Execution:
    """The execution that a state with known values, such as that of a trace, stands for: all its relations are known, too."""
    reads = [event.name for event in program.by_name.values() if event.kind == "R"] + [swap.name for swap in program.swaps]
    sources = {(str(state[f"rf_{name}"]), name): True for name in reads if state.get(f"rf_{name}", NOTHING) != NOTHING}
    writes = [event.name for event in program.by_name.values() if event.kind == "W"]
    orders = {(a, b): state[f"co_{a}_{b}"] is True for a in writes for b in writes if f"co_{a}_{b}" in state}
    toggles = {toggle: state[f"on_{toggle}"] is True for toggle in program.toggles}
    missed = {name: state[f"missed_{name}"] is True for name in _weak(program)}
    return Execution(program, sources, orders, toggles, missed)


def _enumeration(name: str, members: list[str], doc: str) -> Any:
    body: dict[str, Any] = {**dict(zip(members, labels(len(members)), strict=True)), "__doc__": doc}
    return type(name, (Enumeration,), body)


def _implied(premise: Truth, conclusion: Truth) -> Truth:
    return some([no(premise), conclusion])


def _all(parts: Iterable[Truth]) -> Truth:
    result: Truth = True
    for part in parts:
        result = both(result, part)
    return result


def formula(truth: Truth) -> Bool:
    """A truth value that may be known, as a formula."""
    return truth if isinstance(truth, Bool) else Bool(truth)


def litmus(
    name: str,
    program: Program,
    outcome: Expression,
    memories: Iterable[Memory],
    *,
    title: str = "",
    source: str = "",
    allowed: Iterable[str] = (),
    race: bool = False,
) -> Protocol:
    """The protocol of a litmus test, named as `protocol_name` says. The first of the memory models is the default variant.

    `allowed` names the models that are known to allow the outcome. `race` adds the property `NoRace` of RC11: that no two
    accesses, one of them a write and one plain, are unordered.
    """
    models = list(memories)
    known = {model.name: model for model in models}
    for given in allowed:
        if given not in known:
            raise ModelError(f"{given} is none of the memory models", hint=nearest(given, known, "models"), position=here())
    p = Protocol(protocol_name(name), title or f"the litmus test {name}", source=source, default_variant=variant_of(models[0]))
    candidates = Candidates(p, program)
    condition = program.outcome(outcome)
    p.variant(CANDIDATES, initially=candidates.well_formed, doc="all candidate executions")
    for model in models:
        assume(p, candidates, model)
    expected = {variant_of(known[given]): violated(0) for given in allowed}

    def forbidden(s: Any) -> Bool:
        """No execution has the outcome."""
        return formula(no(candidates.execution(s).holds(condition)))

    p.invariant(name="Forbidden", expected=expected)(forbidden)
    if race:

        def no_race(s: Any) -> Bool:
            """No execution has a race, two unordered accesses, one of them a write and one plain."""
            return formula(races(candidates.execution(s)).empty())

        p.invariant(name="NoRace")(no_race)
    return p


def protocol_name(name: str) -> str:
    """The published name of a test as one of a protocol: `mp-rel-acq` of `MP+rel+acq`."""
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-") or "test"


def variant_of(memory: Memory, *axioms: str) -> str:
    """The name of the variant that has the executions that a model allows, or that satisfy some of its axioms."""
    return "-".join([memory.name.lower(), *axioms])


def assume(
    p: Protocol, candidates: Candidates, memory: Memory, *, also: Iterable[str] = (), axioms: bool = True
) -> None:
    """Declares the variant of a memory model and, with `axioms`, of each of them. `also`: further predicates that they have."""
    for axiom in memory.axioms:
        p.initially(name=_predicate(memory, axiom.name), chosen=True)(_satisfies(candidates, axiom))
    common = [*candidates.well_formed, *also]
    names = [axiom.name for axiom in memory.axioms]
    doc = f"the executions that {memory.name} allows"
    p.variant(variant_of(memory), initially=[*common, *(_predicate(memory, name) for name in names)], doc=doc)
    for name in names if axioms else ():
        assume_axioms(p, memory, [name], well_formed=common)


def assume_axioms(p: Protocol, memory: Memory, axioms: Sequence[str], *, well_formed: Sequence[str] | None = None) -> None:
    """Declares the variant of some axioms of a memory model, whose own variant is declared."""
    if well_formed is None:
        well_formed = [name for name in p.variants[variant_of(memory)].initially or () if not name.startswith(_predicate(memory))]
    doc = f"the executions that satisfy {' and '.join(axioms)} of {memory.name}"
    p.variant(variant_of(memory, *axioms), initially=[*well_formed, *(_predicate(memory, name) for name in axioms)], doc=doc)


def _predicate(memory: Memory, axiom: str = "") -> str:
    return f"{memory.name}_{axiom}".replace("-", "_")


def _satisfies(candidates: Candidates, axiom: Axiom) -> Callable[[Any], Bool]:
    def satisfies(s: Any) -> Bool:
        return formula(axiom.holds(candidates.execution(s)))

    return satisfies
