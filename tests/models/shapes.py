"""Further litmus tests with published verdicts: dependencies, read-modify-writes, release sequences, three and four threads."""

from __future__ import annotations

from tests.models.litmus import (
    ACQ,
    ARM_PAPER,
    BOTH_ZERO,
    DISAGREE,
    HERD,
    RC11_PAPER,
    REL,
    SC,
    STALE,
    TSO_PAPER,
    F,
    R,
    W,
    a,
    b,
    iriw,
    mp,
    row,
    sb,
)
from verifier.lib.programs import OLD, Instruction, cas, read, reg, rmw, when, write

KERNEL = "Alglave et al., Frightening small children and disconcerting grown-ups (ASPLOS 2018)"
CPP = "ISO C++17, 4.7.1, release sequences; Lahav et al. (PLDI 2017)"


def ring(size: int, fences: bool = False, reads_first: bool = False, dependent: bool = False) -> list[list[Instruction]]:
    """Store buffering or load buffering around `size` threads: each writes one location and reads its neighbour's."""
    names, result = "xyz"[:size], []
    for i in range(size):
        here, there = names[i], names[(i + 1) % size]
        if reads_first:
            result.append([R(here, "a"), W(there, a if dependent else 1)])
        else:
            result.append([W(here, 1), *([F(SC)] if fences else []), R(there, "a")])
    return result


def values(size: int, number: int) -> dict[str, int]:
    return {f"{i}:a": number for i in range(size)}


BOTH_ONE = {"0:a": 1, "1:b": 1}

SHAPES = [
    # Dependencies.
    row("MP+rel+addr", [mp(REL)[0], [R("y", "a"), read("x", "b", address=a)]], STALE, "FFAF", ARM_PAPER),
    row("MP+relF+addr", [mp(before=[F(REL)])[0], [R("y", "a"), read("x", "b", address=a)]], STALE, "FFAF", ARM_PAPER),
    row("MP+rel+ctrl", [mp(REL)[0], [R("y", "a"), when(a, [R("x", "b")])]], STALE, "FFAA", ARM_PAPER),
    row("LB+ctrls", [[R("x", "a"), when(a, [W("y", 1)])], [R("y", "b"), when(b, [W("x", 1)])]], BOTH_ONE, "FFFF", HERD),
    row("LB+data+po", [[R("x", "a"), W("y", a)], [R("y", "b"), W("x", 1)]], BOTH_ONE, "FFFA", RC11_PAPER),
    row("LB+acqs", [[R("x", "a", ACQ), W("y", 1)], [R("y", "b", ACQ), W("x", 1)]], BOTH_ONE, "FFFF", ARM_PAPER),
    row(
        "S+rel+data",
        [[W("x", 2), W("y", 1, REL)], [R("y", "a"), W("x", a)]],
        {"1:a": 1, "x": 2},
        "FFAF",
        ARM_PAPER,
    ),
    row(
        "WRC+data+addr",
        [[W("x", 1)], [R("x", "a"), W("y", a)], [R("y", "b"), read("x", "c", address=b)]],
        {"1:a": 1, "2:b": 1, "2:c": 0},
        "FFAF",
        ARM_PAPER,
    ),
    row(
        "ISA2+rel+data+addr",
        [[W("x", 1), W("y", 1, REL)], [R("y", "a"), W("z", a)], [R("z", "b"), read("x", "c", address=b)]],
        {"1:a": 1, "2:b": 1, "2:c": 0},
        "FFAF",
        ARM_PAPER,
    ),
    row(
        "IRIW+addrs",
        [
            [W("x", 1)],
            [W("y", 1)],
            [R("x", "a"), read("y", "b", address=a)],
            [R("y", "c"), read("x", "d", address=reg("c"))],
        ],
        DISAGREE,
        "FFAF",
        ARM_PAPER,
    ),
    row(
        "PPOCA",
        [mp(before=[F(REL)])[0], [R("y", "a"), when(a, [W("z", 1), R("z", "c"), read("x", "b", address=reg("c"))])]],
        {"1:a": 1, "1:c": 1, "1:b": 0},
        "FFAA",
        ARM_PAPER,
    ),
    row(
        "PPOAA",
        [mp(before=[F(REL)])[0], [R("y", "a"), write("z", 1, address=a), R("z", "c"), read("x", "b", address=reg("c"))]],
        {"1:a": 1, "1:c": 1, "1:b": 0},
        "FFAF",
        ARM_PAPER,
    ),
    # What an order does not do.
    row("MP+rel-early+acq", [[W("x", 1, REL), W("y", 1)], mp(seen=ACQ)[1]], STALE, "FFAA", ARM_PAPER),
    row("SB+sc-stores", sb(SC), BOTH_ZERO, "FFAA", RC11_PAPER),
    row("SB+sc-loads", sb(load=SC), BOTH_ZERO, "FAAA", RC11_PAPER),
    row("SB+scfence+po", [sb(between=[F(SC)])[0], sb()[1]], BOTH_ZERO, "FAAA", TSO_PAPER),
    row("MP+scs", mp(SC, SC), STALE, "FFFF", RC11_PAPER),
    row("IRIW+acqfences", iriw(between=[F(ACQ)]), DISAGREE, "FFAF", ARM_PAPER),
    row("R+sc", [[W("x", 1, SC), W("y", 1, SC)], [W("y", 2, SC), R("x", "a", SC)]], {"y": 2, "1:a": 0}, "FFFF", RC11_PAPER),
    row(
        "IRIW-acq-sc",
        [[W("x", 1, SC)], [W("y", 1, SC)], [R("x", "a", ACQ), R("y", "b", SC)], [R("y", "c", ACQ), R("x", "d", SC)]],
        DISAGREE,
        "FFAF",
        RC11_PAPER,
    ),
    # Release sequences and read-modify-writes.
    row("MP+rel-sequence", [[W("x", 1), W("y", 1, REL), W("y", 2)], mp(seen=ACQ)[1]], {"1:a": 2, "1:b": 0}, "FFFF", CPP),
    row(
        "MP+rmw-sequence",
        [[W("x", 1), W("y", 1, REL)], [rmw("y", OLD + 1, register="c")], [R("y", "a", ACQ), R("x", "b")]],
        {"1:c": 1, "2:a": 2, "2:b": 0},
        "FFFF",
        CPP,
    ),
    row("Lost-update", [[rmw("x", OLD + 1)], [rmw("x", OLD + 1)]], {"x": 1}, "FFFF", HERD),
    row(
        "CAS-twice",
        [[cas("x", 0, 1, register="a")], [cas("x", 0, 1, register="b")]],
        {"0:a": 1, "1:b": 1},
        "FFFF",
        HERD,
    ),
    row("CAS-once", [[cas("x", 0, 1, register="a")], [cas("x", 0, 1, register="b")]], {"0:a": 1, "1:b": 0}, "AAAA", HERD),
    row(
        "SB+rmws",
        [[rmw("x", 1), R("y", "a")], [rmw("y", 1), R("x", "b")]],
        BOTH_ZERO,
        "FFAA",
        TSO_PAPER,
    ),
    row(
        "SB+rmws-ar+acq",
        [[rmw("x", 1, "ar"), R("y", "a", ACQ)], [rmw("y", 1, "ar"), R("x", "b", ACQ)]],
        BOTH_ZERO,
        "FFAFA",
        RC11_PAPER,
    ),
    # The tests of x86-TSO.
    row("n5", [[W("x", 1), R("x", "a")], [W("x", 2), R("x", "b")]], {"0:a": 2, "1:b": 1}, "FFFF", TSO_PAPER),
    row("n6", [[W("x", 1), R("x", "a"), R("y", "b")], [W("y", 1), W("x", 2)]], {"0:a": 1, "0:b": 0, "x": 1}, "FAAA", TSO_PAPER),
    row("n4b", [[R("x", "a"), W("x", 1)], [R("x", "b"), W("x", 2)]], {"0:a": 2, "1:b": 1}, "FFFF", TSO_PAPER),
    row(
        "iwp2.4",
        [[W("x", 1), R("x", "a"), R("y", "b")], [W("y", 1), R("y", "c"), R("x", "d")]],
        {"0:a": 1, "0:b": 0, "1:c": 1, "1:d": 0},
        "FAAA",
        TSO_PAPER,
    ),
    row("CoRW2", [[W("x", 1)], [R("x", "a"), W("x", 2)]], {"1:a": 1, "x": 1}, "FFFF", HERD),
    # Three threads.
    row("3.SB", ring(3), values(3, 0), "FAAA", HERD),
    row("3.SB+scfences", ring(3, fences=True), values(3, 0), "FFFF", RC11_PAPER),
    row("3.LB", ring(3, reads_first=True), values(3, 1), "FFFA", HERD),
    row("3.LB+datas", ring(3, reads_first=True, dependent=True), values(3, 1), "FFFF", HERD),
    row(
        "ISA2",
        [[W("x", 1), W("y", 1)], [R("y", "a"), W("z", 1)], [R("z", "b"), R("x", "c")]],
        {"1:a": 1, "2:b": 1, "2:c": 0},
        "FFAA",
        HERD,
    ),
    row(
        "ISA2+rel+acq",
        [[W("x", 1), W("y", 1, REL)], [R("y", "a", ACQ), W("z", 1, REL)], [R("z", "b", ACQ), R("x", "c")]],
        {"1:a": 1, "2:b": 1, "2:c": 0},
        "FFFF",
        KERNEL,
    ),
    row("RWC", [[W("x", 1)], [R("x", "a"), R("y", "b")], [W("y", 1), R("x", "c")]], {"1:a": 1, "1:b": 0, "2:c": 0}, "FAAA", HERD),
    row(
        "RWC+scfences",
        [[W("x", 1)], [R("x", "a"), F(SC), R("y", "b")], [W("y", 1), F(SC), R("x", "c")]],
        {"1:a": 1, "1:b": 0, "2:c": 0},
        "FFFF",
        RC11_PAPER,
    ),
    row(
        "W+RWC+scfences",
        [[W("x", 1), F(SC), W("y", 1)], [R("y", "a"), F(SC), R("z", "b")], [W("z", 1), F(SC), R("x", "c")]],
        {"1:a": 1, "1:b": 0, "2:c": 0},
        "FFFF",
        RC11_PAPER,
    ),
]
