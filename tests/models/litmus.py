"""Litmus tests as a table: programs, the outcome asked about, and whether each memory model allows it, with who published that.

The verdicts are written `SC TSO RC11 ARMv8` and, where that differs from ARMv8, `ARMv8 with LDAPR`: F forbidden, A allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifier.lib.programs import OLD, Expression, Instruction, Program, all_equal, cas, fence, read, reg, rmw, write

MODELS = ("SC", "TSO", "RC11", "ARMv8", "ARMv8-rcpc")


@dataclass(frozen=True)
class Row:
    """A test; `verdicts` has a letter for each of `MODELS`; `source` is where they are published."""

    name: str
    program: Program
    outcome: Expression
    verdicts: str
    source: str

    @property
    def allowed(self) -> list[str]:
        return [model for model, verdict in zip(MODELS, self.verdicts, strict=True) if verdict == "A"]


def row(
    name: str,
    threads: Sequence[Iterable[Instruction]],
    outcome: dict[str, int] | Expression,
    verdicts: str,
    source: str = "herd",
) -> Row:
    condition = all_equal(outcome) if isinstance(outcome, dict) else outcome
    return Row(name, Program(threads), condition, verdicts if len(verdicts) == 5 else verdicts + verdicts[3], source)


def W(location: str, value: int | Expression, order: str = "rlx") -> Instruction:
    return write(location, value, order)


def R(location: str, register: str, order: str = "rlx") -> Instruction:
    return read(location, register, order)


F = fence
REL, ACQ, SC = "rel", "acq", "sc"
a, b, c, d = (reg(name) for name in "abcd")
HERD = "Alglave, Maranget, Tautschnig, Herding cats (TOPLAS 2014); herdtools7"
TSO_PAPER = "Owens, Sarkar, Sewell, x86-TSO (TPHOLs 2009)"
ARM_PAPER = "Pulte et al., Simplifying ARM concurrency (POPL 2018)"
RC11_PAPER = "Lahav et al., Repairing SC in C/C++11 (PLDI 2017)"


def sb(store: str = "rlx", load: str = "rlx", between: Sequence[Instruction] = ()) -> list[list[Instruction]]:
    return [[W("x", 1, store), *between, R("y", "a", load)], [W("y", 1, store), *between, R("x", "b", load)]]


def mp(
    flag: str = "rlx", seen: str = "rlx", last: str = "rlx", before: Sequence[Instruction] = (), after: Sequence[Instruction] = ()
) -> list[list[Instruction]]:
    return [[W("x", 1), *before, W("y", 1, flag)], [R("y", "a", seen), *after, R("x", "b", last)]]


def iriw(store: str = "rlx", load: str = "rlx", between: Sequence[Instruction] = ()) -> list[list[Instruction]]:
    readers = [[R("x", "a", load), *between, R("y", "b", load)], [R("y", "c", load), *between, R("x", "d", load)]]
    return [[W("x", 1, store)], [W("y", 1, store)], *readers]


def two_plus_two(second: str = "rlx", between: Sequence[Instruction] = ()) -> list[list[Instruction]]:
    return [[W("x", 1), *between, W("y", 2, second)], [W("y", 1), *between, W("x", 2, second)]]


BOTH_ZERO = {"0:a": 0, "1:b": 0}
STALE = {"1:a": 1, "1:b": 0}
DISAGREE = {"2:a": 1, "2:b": 0, "3:c": 1, "3:d": 0}

PUBLISHED = [
    row("SB", sb(), BOTH_ZERO, "FAAA", TSO_PAPER),
    row("SB+scfences", sb(between=[F(SC)]), BOTH_ZERO, "FFFF", RC11_PAPER),
    row("SB+rel+acq", sb(REL, ACQ), BOTH_ZERO, "FAAFA", ARM_PAPER),
    row("SB+sc", sb(SC, SC), BOTH_ZERO, "FFFF", RC11_PAPER),
    row("MP", mp(), STALE, "FFAA", HERD),
    row("MP+rel+acq", mp(REL, ACQ), STALE, "FFFF", HERD),
    row("MP+relF+acqF", mp(before=[F(REL)], after=[F(ACQ)]), STALE, "FFFF", HERD),
    row("MP+rlx+acq", mp(seen=ACQ), STALE, "FFAA", HERD),
    row("MP+relF+late-acq", mp(before=[F(REL)], last=ACQ), STALE, "FFAA", ARM_PAPER),
    row("LB", [[R("x", "a"), W("y", 1)], [R("y", "b"), W("x", 1)]], {"0:a": 1, "1:b": 1}, "FFFA", RC11_PAPER),
    row("LB+datas", [[R("x", "a"), W("y", a)], [R("y", "b"), W("x", b)]], {"0:a": 1, "1:b": 1}, "FFFF", HERD),
    row("IRIW", iriw(), DISAGREE, "FFAA", HERD),
    row("IRIW+rel+acq", iriw(REL, ACQ), DISAGREE, "FFAF", RC11_PAPER),
    row("IRIW+scfences", iriw(between=[F(SC)]), DISAGREE, "FFFF", RC11_PAPER),
    row("IRIW+sc", iriw(SC, SC), DISAGREE, "FFFF", RC11_PAPER),
    row("CoRR", [[W("x", 1)], [R("x", "a"), R("x", "b")]], STALE, "FFFF", HERD),
    row(
        "CoRR2",
        [[W("x", 1)], [W("x", 2)], [R("x", "a"), R("x", "b")], [R("x", "c"), R("x", "d")]],
        {"2:a": 1, "2:b": 2, "3:c": 2, "3:d": 1},
        "FFFF",
        HERD,
    ),
    row("CoWW", [[W("x", 1), W("x", 2)]], {"x": 1}, "FFFF", HERD),
    row("CoRW", [[R("x", "a"), W("x", 1)], [W("x", 2)]], {"0:a": 1}, "FFFF", HERD),
    row("CoWR", [[W("x", 1), R("x", "a")], [W("x", 2)]], {"0:a": 2, "x": 1}, "FFFF", HERD),
    row("2+2W", two_plus_two(), {"x": 1, "y": 1}, "FFAA", HERD),
    row("2+2W+rel", two_plus_two(REL), {"x": 1, "y": 1}, "FFAF", RC11_PAPER),
    row("2+2W+scfences", two_plus_two(between=[F(SC)]), {"x": 1, "y": 1}, "FFFF", RC11_PAPER),
    row("R", [[W("x", 1), W("y", 1)], [W("y", 2), R("x", "a")]], {"y": 2, "1:a": 0}, "FAAA", TSO_PAPER),
    row(
        "R+scfences",
        [[W("x", 1), F(SC), W("y", 1)], [W("y", 2), F(SC), R("x", "a")]],
        {"y": 2, "1:a": 0},
        "FFFF",
        RC11_PAPER,
    ),
    row("S", [[W("x", 2), W("y", 1)], [R("y", "a"), W("x", 1)]], {"1:a": 1, "x": 2}, "FFAA", HERD),
    row("S+rel+acq", [[W("x", 2), W("y", 1, REL)], [R("y", "a", ACQ), W("x", 1)]], {"1:a": 1, "x": 2}, "FFFF", HERD),
    row("WRC", [[W("x", 1)], [R("x", "a"), W("y", 1)], [R("y", "b"), R("x", "c")]], {"1:a": 1, "2:b": 1, "2:c": 0}, "FFAA", HERD),
    row(
        "WRC+rel+acq",
        [[W("x", 1)], [R("x", "a"), W("y", 1, REL)], [R("y", "b", ACQ), R("x", "c")]],
        {"1:a": 1, "2:b": 1, "2:c": 0},
        "FFFF",
        HERD,
    ),
    row("RMW-atomic", [[rmw("x", 1, register="a")], [rmw("x", 2, register="b")]], BOTH_ZERO, "FFFF", HERD),
]

# -- the seqlock -----------------------------------------------------------------------------------------------------------


def writer(
    *,
    odd: str = "rlx",
    fenced: str | None = REL,
    payload: str = "rlx",
    late: str | None = None,
    even: str = REL,
    publications: int = 2,
    form: str = "",
) -> list[Instruction]:
    """The writer's accesses to one slot. `form`: `even-only` writes no odd stamp, `even-first` both stamps before the payload."""
    result = []
    for k in range(1, publications + 1):
        stores = [W("d0", k, payload), W("d1", k, payload)]
        fences = [F(fenced)] if fenced else []
        last = [*([F(late)] if late else []), W("s", 2 * k, even)]
        first = [] if form == "even-only" else [W("s", 2 * k - 1, odd)]
        result += [*first, *fences, *(last if form == "even-first" else []), *stores, *([] if form == "even-first" else last)]
    return result


def attempt(
    first: str = ACQ, *, early: str | None = None, payload: str = "rlx", late: str | None = ACQ, second: str | None = "rlx"
) -> list[Instruction]:
    """The accesses of one attempt to read, which goes on whatever it reads. `early`, `late`: fences around the payload."""
    result = [R("s", "s1", first), *([F(early)] if early else []), R("d0", "d0", payload), R("d1", "d1", payload)]
    return [*result, *([F(late)] if late else []), *([R("s", "s2", second)] if second else [])]


def torn(publications: int = 2, *, checked: bool = True) -> Expression:
    """A commit whose payload is not that of its stamp: the mix of two publications, or another one."""
    s1, s2, d0, d1 = (reg(name, 1) for name in ("s1", "s2", "d0", "d1"))
    result: Expression = committed(0)
    for k in range(1, publications + 1):
        right = d0.equals(k) & d1.equals(k)
        result = result | (s1.equals(2 * k) & (s2.equals(s1) if checked else s1.equals(s1)) & ~right)
    return result


def committed(publications: int = 2) -> Expression:
    """The attempt commits: both stamps are the same even one."""
    s1, s2 = reg("s1", 1), reg("s2", 1)
    result = s1.differs(s1)
    for k in range(1, publications + 1):
        result = result | (s1.equals(2 * k) & s2.equals(2 * k))
    return result


SLOT = {
    "A0": (writer(), attempt()),
    "A1": (writer(), attempt(late=None, second=ACQ)),
    "A2": (writer(), attempt(second=ACQ)),
    "W1": (writer(fenced=None), attempt()),
    "W1b": (writer(fenced=None, odd=REL), attempt()),
    "W1c": (writer(fenced=None, odd=SC), attempt()),
    "W1d": (writer(fenced=None, payload=REL), attempt()),
    "W2": (writer(even="rlx"), attempt()),
    "W2b": (writer(even="rlx", late=REL), attempt()),
    "W4": (writer(fenced="ar"), attempt()),
    "W4sc": (writer(fenced=SC), attempt()),
    "R1": (writer(), attempt("rlx")),
    "R1b": (writer(), attempt("rlx", early=ACQ)),
    "R2": (writer(), attempt(late=None)),
    "R2b": (writer(), attempt(late=None, second=SC)),
    "R2b2": (writer(), attempt(SC, late=None, second=SC)),
    "R2c": (writer(), attempt(payload=ACQ, late=None)),
    "R2e": (writer(), attempt(late=SC)),
    "R2f": (writer(), attempt(late=REL)),
    "R2g": (writer(), [*attempt(late=None, second=None), rmw("s", OLD, REL, "s2")]),
    "X3": (writer(odd=SC, fenced=None, even=SC), attempt(SC, late=None, second=SC)),
    "G1": (writer(), attempt(second=None)),
    "G2": (writer(form="even-only"), attempt()),
    "G3": (writer(form="even-first"), attempt()),
}
"""The toggles: a writer and an attempt each."""

SLOT_VERDICTS = {
    **dict.fromkeys(("A0", "A2", "W1d", "W2b", "W4", "W4sc", "R1b", "R2c", "R2e"), "FFFF"),
    **dict.fromkeys(("A1", "W1", "W1b", "W1c", "W2", "R1", "R2", "R2b", "R2b2", "X3"), "FFAA"),
    **dict.fromkeys(("R2f", "R2g"), "FFAF"),
    **dict.fromkeys(("G1", "G2", "G3"), "AAAA"),
}
"""Whether each model allows a torn commit."""

WITNESS = {
    "A1": (2, 1, 2, 2),
    "W1": (2, 1, 2, 2),
    "W2": (2, 0, 0, 2),
    "R1": (2, 0, 0, 2),
    "R2": (2, 1, 2, 2),
    "G1": (2, 1, 2),
    "G2": (2, 1, 2, 2),
    "G3": (2, 0, 0, 2),
}
"""What the registers of the attempt hold in the published execution."""

BOEHM = "Boehm, Can seqlocks get along with programming language memory models? (MSPC 2012)"
SEQLOCK = [
    row(f"seqlock-{name}", SLOT[name], torn(checked=name != "G1"), verdicts, BOEHM) for name, verdicts in SLOT_VERDICTS.items()
]

# -- the hand-over of the cursor -------------------------------------------------------------------------------------------


def hand_over(
    *, order: str = REL, failure: str = "rlx", stamp: tuple[str, str] = (REL, ACQ), fences: tuple[int, ...] = ()
) -> list[list[Instruction]]:
    """Producers 1 and 2 own messages 1 and 2; the cursor, 0 at first, is to reach 2.

    Producer 1 stores its stamp, moves the cursor, and looks for the next message; producer 2 stores its stamp, fails to move
    the cursor, sees that 1 is done, and fails again. `fences`: after which place of the two an sc fence stands: 1 producer 1's
    compare-and-swap, 2 producer 2's store, 3 before its second one.
    """

    def between(place: int) -> list[Instruction]:
        return [F(SC)] if place in fences else []

    def swap(old: int, new: int, register: str) -> Instruction:
        return cas("cursor", old, new, order, failure, old=register)

    store, load = stamp
    first = [W("s1", 1, store), swap(0, 1, "a"), *between(1), R("next", "n", load), R("s2", "b", load)]
    second = [W("s2", 1, store), *between(2), swap(1, 2, "a"), R("s1", "b", load), *between(3), swap(1, 2, "c")]
    return [first, second]


STRANDED = {"0:a": 0, "0:b": 0, "1:a": 0, "1:b": 1, "1:c": 0, "cursor": 1}
LIBRARY = "computed for this library"
MPMC = [
    row("hand-over", hand_over(), STRANDED, "FFAFA", LIBRARY),
    row("hand-over-ar", hand_over(order="ar", failure=ACQ), STRANDED, "FFAFA", LIBRARY),
    row("hand-over-one-fence", hand_over(fences=(1,)), STRANDED, "FFAFA", LIBRARY),
    row("hand-over-other-fence", hand_over(fences=(2,)), STRANDED, "FFAFA", LIBRARY),
    row("hand-over-sc-loads", hand_over(stamp=(REL, SC)), STRANDED, "FFAFF", LIBRARY),
    row("hand-over-sc-but-for-failures", hand_over(order=SC, stamp=(SC, SC)), STRANDED, "FFAFF", LIBRARY),
    row("hand-over-fences", hand_over(fences=(1, 2)), STRANDED, "FFFF", LIBRARY),
    row("hand-over-fences-late", hand_over(fences=(1, 3)), STRANDED, "FFFF", LIBRARY),
    row("hand-over-sc", hand_over(order=SC, failure=SC, stamp=(SC, SC)), STRANDED, "FFFF", LIBRARY),
]
