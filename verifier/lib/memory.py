"""Memory models as axioms on executions: sequential consistency, x86-TSO, RC11 and ARMv8, under their published names.

- SC: Lamport, "How to make a multiprocessor computer that correctly executes multiprocess programs" (1979), as an axiom in
  Alglave, Maranget and Tautschnig, "Herding cats" (TOPLAS 2014).
- x86-TSO: Owens, Sarkar and Sewell, "A better x86 memory model: x86-TSO" (TPHOLs 2009); the axioms are those of herdtools7.
- RC11: Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing sequential consistency in C/C++11" (PLDI 2017).
- ARMv8: Pulte, Flur, Deacon, French, Sarkar and Sewell, "Simplifying ARM concurrency" (POPL 2018), multi-copy atomic.

The programs are those of C11, so the two architectures come with the mapping that compilers use for its orders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from verifier.lib.executions import Execution, same_location
from verifier.lib.programs import Event
from verifier.lib.relations import Relation, both
from verifier.lib.values import Truth

RELEASE = ("rel", "ar", "sc")
ACQUIRE = ("acq", "ar", "sc")


@dataclass(frozen=True)
class Axiom:
    """The axiom that a relation of the execution is acyclic, irreflexive or empty; `name` as published."""

    name: str
    says: Literal["acyclic", "irreflexive", "empty"]
    of: Callable[[Execution], Relation]
    text: str = ""

    def holds(self, execution: Execution) -> Truth:
        """Whether the execution satisfies the axiom."""
        relation = self.of(execution)
        return {"acyclic": relation.acyclic, "irreflexive": relation.irreflexive, "empty": relation.empty}[self.says]()


@dataclass(frozen=True)
class Memory:
    """A memory model: its axioms and, for explanations, `order`, the part of program order and communication that it keeps."""

    name: str
    title: str
    source: str
    axioms: tuple[Axiom, ...]
    order: Callable[[Execution], Relation]

    def consistent(self, execution: Execution) -> Truth:
        """Whether the model allows the execution."""
        result: Truth = True
        for axiom in self.axioms:
            result = both(result, axiom.holds(execution))
        return result


def _atomicity(x: Execution) -> Relation:
    return x.rmw & x.external(x.fr).then(x.external(x.co))


ATOMICITY = Axiom("atomicity", "empty", _atomicity, "no write comes between the read and the write of a read-modify-write")
PER_LOCATION = "accesses to one location have one order that agrees with each thread"

# -- SC --------------------------------------------------------------------------------------------------------------------


def _sc(x: Execution) -> Relation:
    return x.memory | x.com


SC = Memory(
    "SC",
    "sequential consistency",
    "Lamport 1979; Alglave, Maranget, Tautschnig, TOPLAS 2014",
    (Axiom("sc", "acyclic", _sc, "program order and communication have one order"), ATOMICITY),
    _sc,
)

# -- x86-TSO ---------------------------------------------------------------------------------------------------------------


def _uniproc(x: Execution) -> Relation:
    return x.poloc | x.com


def _tso_fenced(x: Execution) -> Relation:
    """From a write to a later read: an mfence or a locked instruction between them, or one of them is one."""

    def drains(event: Event) -> bool:
        return event.locked or (event.kind in "WF" and event.order == "sc")

    late = x.only(x.memory, lambda a, b: a.kind == "W" and b.kind == "R")
    ends = x.only(late, lambda a, b: drains(a) or b.locked)
    draining = x.identity(drains)
    return ends | (x.po.then(draining).then(x.po) & late)


def _tso(x: Execution) -> Relation:
    kept = x.only(x.memory, lambda a, b: (a.kind, b.kind) != ("W", "R"))
    return kept | _tso_fenced(x) | x.external(x.rf) | x.co | x.fr


TSO = Memory(
    "TSO",
    "x86-TSO",
    "Owens, Sarkar, Sewell, TPHOLs 2009",
    (
        Axiom("uniproc", "acyclic", _uniproc, PER_LOCATION),
        Axiom("ghb", "acyclic", _tso, "stores leave their buffer in order, and loads come after the stores that a fence drains"),
        ATOMICITY,
    ),
    _tso,
)

# -- RC11 ------------------------------------------------------------------------------------------------------------------


class _RC11:
    """The derived relations of RC11 of one execution."""

    def __init__(self, x: Execution) -> None:
        self.x = x

    @cached_property
    def sw(self) -> Relation:
        """Synchronises-with: a release, through a release sequence and the reads from it, to an acquire."""
        x = self.x
        writes = x.identity(lambda e: e.kind == "W")
        atomic_writes = x.identity(lambda e: e.kind == "W" and e.order != "na")
        atomic_reads = x.identity(lambda e: e.kind == "R" and e.order != "na")
        later = x.only(x.poloc, lambda a, b: a.kind == b.kind == "W")
        links = x.rf.then(x.rmw).closure()
        sequence = (writes | later).then(atomic_writes)
        sequence = sequence | sequence.then(links)
        released = x.identity(lambda e: e.kind == "W" and e.order in RELEASE) | x.only(
            x.po, lambda a, b: a.kind == "F" and a.order in RELEASE and b.kind == "W"
        )
        acquired = x.identity(lambda e: e.kind == "R" and e.order in ACQUIRE) | x.only(
            x.po, lambda a, b: a.kind == "R" and b.kind == "F" and b.order in ACQUIRE
        )
        return released.then(sequence).then(x.rf).then(atomic_reads).then(acquired)

    @cached_property
    def hb(self) -> Relation:
        """Happens-before, a defined term: the closure of program order and synchronisation."""
        return (self.x.sb | self.sw).closure()

    @cached_property
    def eco(self) -> Relation:
        """Extended coherence order, in closed form."""
        x = self.x
        return x.com | x.co.then(x.rf) | x.fr.then(x.rf)

    @cached_property
    def psc(self) -> Relation:
        """The partial order of sc accesses and fences."""
        x, hb = self.x, self.hb
        apart = x.only(x.sb, lambda a, b: not same_location(a, b))
        scb = x.sb | apart.then(hb).then(apart) | x.only(hb, same_location) | x.co | x.fr
        accesses = x.identity(lambda e: e.order == "sc")
        fences = x.identity(lambda e: e.order == "sc" and e.kind == "F")
        left = accesses | fences.then(hb)
        right = accesses | hb.then(fences)
        base = left.then(scb).then(right)
        return base | fences.then(hb | hb.then(self.eco).then(hb)).then(fences)


def rc11(execution: Execution) -> _RC11:
    """The derived relations of RC11, made once for each execution."""
    found = execution.__dict__.setdefault("_rc11", _RC11(execution))
    assert isinstance(found, _RC11)
    return found


def _coherence(x: Execution) -> Relation:
    hb = rc11(x).hb
    return hb | hb.then(rc11(x).eco)


def races(execution: Execution) -> Relation:
    """Two accesses of different threads to one location that happens-before does not order; one of them writes, and one is not
    atomic.
    """

    def conflict(a: Event, b: Event) -> bool:
        writes = "W" in (a.kind, b.kind) and "na" in (a.order, b.order)
        return writes and same_location(a, b) and a.thread < b.thread and a.thread >= 0

    hb = rc11(execution).hb
    return execution.related(conflict) - hb - hb.inverse()


RC11 = Memory(
    "RC11",
    "repaired C11",
    "Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017",
    (
        Axiom("coherence", "irreflexive", _coherence, "reads and overwrites agree with happens-before"),
        ATOMICITY,
        Axiom("sc", "acyclic", lambda x: rc11(x).psc, "sc accesses and fences have one order"),
        Axiom("no-thin-air", "acyclic", lambda x: x.memory | x.rf, "no read returns a value that depends on that read"),
    ),
    lambda x: rc11(x).hb | rc11(x).psc,
)

# -- ARMv8 -----------------------------------------------------------------------------------------------------------------

ACQUIRING = ("acq", "sc")
RELEASING = ("rel", "sc")


def _armv8(x: Execution, *, rcpc: bool) -> Relation:
    """Observed-by and the orders of dependencies, atomics and barriers. `rcpc`: acquire loads are LDAPR, sc loads LDAR."""

    def write(e: Event) -> bool:
        return e.kind == "W"

    def load_acquires(e: Event) -> bool:  # A or Q
        return e.kind == "R" and e.order in ACQUIRING

    def load_waits(e: Event) -> bool:  # A
        return load_acquires(e) and (e.order == "sc" or e.locked or not rcpc)

    def releases(e: Event) -> bool:  # L
        return write(e) and e.order in RELEASING

    observed = x.external(x.com)
    rfi, coi = x.internal(x.rf), x.internal(x.co)
    addr, data, ctrl = (x.dependency(kind) for kind in ("address", "data", "control"))
    to_write = x.identity(write)
    dependencies = addr | data | ctrl.then(to_write) | addr.then(x.po).then(to_write) | (addr | data).then(rfi)
    written = x.identity(lambda e: write(e) and any(e.name == w for _, w in x.program.rmw))
    atomics = x.rmw | written.then(rfi).then(x.identity(load_acquires))
    full = x.identity(lambda e: e.kind == "F" and e.order in RELEASE)
    loads = x.identity(lambda e: e.kind == "F" and e.order == "acq")
    reads = x.identity(lambda e: e.kind == "R")
    release, po = x.identity(releases), x.po
    barriers = (
        po.then(full).then(po)
        | reads.then(po).then(loads).then(po)
        | release.then(po).then(x.identity(load_waits))
        | x.identity(load_acquires).then(po)
        | po.then(release)
        | po.then(release).then(coi)
    )
    return observed | dependencies | atomics | barriers


def _armv8_model(name: str, title: str, *, rcpc: bool) -> Memory:
    def external(x: Execution) -> Relation:
        return _armv8(x, rcpc=rcpc)

    return Memory(
        name,
        title,
        "Pulte, Flur, Deacon, French, Sarkar, Sewell, POPL 2018",
        (
            Axiom("internal", "acyclic", _uniproc, PER_LOCATION),
            Axiom("external", "acyclic", external, "observations, dependencies, atomics and barriers have one order"),
            Axiom("atomic", "empty", _atomicity, ATOMICITY.text),
        ),
        external,
    )


ARMV8 = _armv8_model("ARMv8", "ARMv8, multi-copy atomic, acquire loads as LDAR", rcpc=False)
ARMV8_RCPC = _armv8_model("ARMv8-rcpc", "ARMv8, multi-copy atomic, acquire loads as LDAPR", rcpc=True)

MEMORIES: dict[str, Memory] = {memory.name: memory for memory in (SC, TSO, RC11, ARMV8, ARMV8_RCPC)}
"""The memory models by name."""


def forbidding(memory: Memory, execution: Execution) -> list[str]:
    """The axioms that an execution with known relations violates."""
    return [axiom.name for axiom in memory.axioms if violates(axiom, execution)]


def violates(axiom: Axiom, execution: Execution) -> bool:
    """Whether an execution with known relations violates an axiom."""
    relation = axiom.of(execution)
    if axiom.says == "empty":
        return bool(list(relation))
    return any(a == b for a, b in (relation.closure() if axiom.says == "acyclic" else relation))


__all__ = [
    "ARMV8",
    "ARMV8_RCPC",
    "ATOMICITY",
    "MEMORIES",
    "RC11",
    "SC",
    "TSO",
    "Axiom",
    "Memory",
    "forbidding",
    "races",
    "rc11",
]
