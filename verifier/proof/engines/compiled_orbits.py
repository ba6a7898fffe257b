"""Orbits of the states of a compiled search, counted by code that LLVM compiles for the permutations of one model.

Each state is renamed in registers: by the permutations of each cycle type, to see whether it stays as it is, and by those that
generate all others, to see in the hash table whether the set is closed. Which permutations those are, and why they are enough,
is said in `semantics/ground/orbits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from verifier.proof.engines.compiled import Compiled
from verifier.proof.engines.hash_table import DECLARED, Waiting, fetched_ahead, hash_of, looked_up, same_words, shared
from verifier.proof.engines.inner_loop import WAITING
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.orbits import NotClosedError, Permutation, permutations
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.scalar import Code, State, TooWideError

# The lines that are compiled at most.
LINES = 20_000


def compiled_orbits(loop: Compiled, ground: Ground) -> int | None:
    """The number of classes of the states of a search under all permutations; None if they had better be counted by numpy.

    Raises NotClosedError if the set is not closed under the permutations.
    """
    enough, weighed = permutations(ground.layout)
    try:
        text = module(loop.packing, [_fields(ground, one) for one in enough], [_fields(ground, one) for _, one in weighed])
    except TooWideError:
        return None
    if text.count("\n") > LINES:
        return None
    fixed = np.zeros(len(weighed), np.int64)
    buffer = np.zeros((WAITING + len(enough), loop.packing.words + 1), np.uint64)
    if not loop.run(text, "renamed", loop.count, fixed, buffer):
        raise NotClosedError(enough)
    total = sum(weight * count for (weight, _), count in zip(weighed, fixed.tolist(), strict=True))
    return int(total // sum(weight for weight, _ in weighed))


def _fields(ground: Ground, permutation: Permutation) -> dict[int, Node]:
    """The fields that a permutation changes, after it."""
    return {number: permutation.node(ground, number) for number in permutation.changes}


def module(packing: Packing, enough: Sequence[Mapping[int, Node]], counted: Sequence[Mapping[int, Node]]) -> str:
    """The text of the module. Raises TooWideError if a field is too wide."""
    return "\n".join([DECLARED, *_held(packing), *_renamed(packing, enough, counted), ""])


def _held(packing: Packing) -> list[str]:
    """`held(context, buffer, number)`: whether so many states of the buffer are all in the hash table."""
    code, words = Code(), packing.words
    code.lines += ["define internal i1 @held(ptr %context, ptr %buffer, i64 %number) {", "entry:"]
    rows, slots, shift, mask = shared(code, "rows", "slots", "shift", "mask")
    waiting = Waiting("%buffer", words + 1, words)
    fetched_ahead(code, packing, waiting, rows, slots, shift)
    code.at("head")
    code.do("%one = phi i64 [ 0, %ahead ], [ %after, %met ]")
    code.do(f"br i1 {code.value('icmp ult i64 %one, %number')}, label %body, label %all")
    code.at("body")
    at = waiting.at(code, "%one")
    state = [code.load(at, word) for word in range(words)]
    looked_up(code, state, code.load(at, words), rows, slots, shift, mask, absent="missing")
    code.at("met")
    code.do("%after = add i64 %one, 1")
    code.do("br label %head")
    code.at("missing")
    code.do("ret i1 false")
    code.at("all")
    code.do("ret i1 true")
    return [*code.lines, "}"]


def _renamed(packing: Packing, enough: Sequence[Mapping[int, Node]], counted: Sequence[Mapping[int, Node]]) -> list[str]:
    """`renamed(context, count, fixed, buffer)`: whether the rows are closed; counts those that each permutation fixes."""
    code, words = Code(), packing.words
    code.lines += ["define i64 @renamed(ptr %context, i64 %count, ptr %fixed, ptr %buffer) {", "entry:"]
    rows, slots, shift = shared(code, "rows", "slots", "shift")
    code.do("br label %head")
    code.at("head")
    code.do("%row = phi i64 [ 0, %entry ], [ %after, %go_on ]")
    code.do("%waiting = phi i64 [ 0, %entry ], [ %still, %go_on ]")
    code.do(f"br i1 {code.value('icmp ult i64 %row, %count')}, label %body, label %finish")
    code.at("body")
    at = code.address(rows, code.value(f"mul i64 %row, {words}"))
    state = State(code, packing, [code.load(at, word) for word in range(words)])
    for number, fields in enumerate(counted):
        one = code.value(f"zext i1 {same_words(code, state.after(fields), state.words)} to i64")
        code.store(code.value(f"add i64 {code.load('%fixed', number)}, {one}"), "%fixed", number)
    waiting = "%waiting"
    for fields in enough:
        image = state.after(fields)
        hashed = hash_of(code, image)
        slot = code.address(slots, code.value(f"lshr i64 {hashed}, {shift}"))
        code.do(f"call void @llvm.prefetch.p0(ptr {slot}, i32 0, i32 3, i32 1)")
        at = code.address("%buffer", code.value(f"mul i64 {waiting}, {words + 1}"))
        for place, word in enumerate([*image, hashed]):
            code.store(word, at, place)
        waiting = code.value(f"add i64 {waiting}, 1")
    code.do(f"br i1 {code.value(f'icmp uge i64 {waiting}, {WAITING}')}, label %drain, label %kept")
    code.at("kept")
    code.do("br label %go_on")
    code.at("drain")
    code.do(f"br i1 {code.value(f'call i1 @held(ptr %context, ptr %buffer, i64 {waiting})')}, label %drained, label %open")
    code.at("drained")
    code.do("br label %go_on")
    code.at("go_on")
    code.do(f"%still = phi i64 [ {waiting}, %kept ], [ 0, %drained ]")
    code.do("%after = add i64 %row, 1")
    code.do("br label %head")
    code.at("open")
    code.do("ret i64 0")
    code.at("finish")
    last = code.value("call i1 @held(ptr %context, ptr %buffer, i64 %waiting)")
    code.do(f"ret i64 {code.value(f'zext i1 {last} to i64')}")
    return [*code.lines, "}"]
