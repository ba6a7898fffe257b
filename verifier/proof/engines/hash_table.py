"""The hash table of the states of a search, as functions and blocks of LLVM.

A slot has the upper half of a hash and the number of a row, and states are compared as wholes. Rows, slots and whatever else a
loop works on belong to the caller; `CONTEXT` names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.scalar import Code, signed

CONTEXT = (
    "rows",  # the words of all states, those of one state side by side
    "entries",  # the entries of the states of this level
    "first",  # the row with which this level begins
    "fired",  # how often each instance fired
    "noted",  # for each watched node a row in which it holds, or -1
    "left",  # the rows in which a step leaves a range
    "lefts",  # how many those are
    "buffer",  # the successors that wait
    "slots",  # the hash table
    "shift",  # by how much a hash is shifted to the number of a slot
    "mask",  # the number of the last slot
    "count",  # how many rows there are
    "next",  # the row with which the next level begins
    "entries_next",  # the entries of the states of the next level
    "lasts",  # for each of them, the last instance that led there
    "fresh",  # how many states of the next level each instance led to, as their last one
    "bad",  # for each check of states, whether one fails
    "bad_states",  # and the words of that state
    "most",  # how many rows there may be
    "full",  # whether there would have been more
    "pause",  # at how many rows the caller wants to be asked for room
)
"""The words that the caller and the loop share, most of them addresses."""

ODD = (signed(0x9E3779B97F4A7C15), signed(0xD6E8FEB86659FD93))

DECLARED = "declare void @llvm.prefetch.p0(ptr, i32, i32, i32)\ndeclare i64 @llvm.cttz.i64(i64, i1)"


def shared(code: Code, *names: str) -> list[str]:
    """Some members of the context; those of arrays are addresses."""
    return [code.load("%context", CONTEXT.index(name), "ptr" if name in _ARRAYS else "i64") for name in names]


_ARRAYS = {
    "rows", "entries", "fired", "noted", "left", "buffer", "slots", "entries_next", "lasts", "fresh", "bad", "bad_states"
}  # fmt: skip


def hash_of(code: Code, words: Sequence[str]) -> str:
    """A hash of a state, good in its high bits."""
    result = code.value(f"mul i64 {words[0]}, {ODD[0]}")
    for word in words[1:]:
        result = code.value(f"xor i64 {result}, {code.value(f'lshr i64 {result}, 32')}")
        result = code.value(f"add i64 {result}, {word}")
        result = code.value(f"mul i64 {result}, {ODD[0]}")
    result = code.value(f"xor i64 {result}, {code.value(f'lshr i64 {result}, 32')}")
    return code.value(f"mul i64 {result}, {ODD[1]}")


def slot_of(code: Code, hashed: str, row: str) -> str:
    """The word of a slot that holds a row."""
    upper = code.value(f"and i64 {hashed}, {signed(0xFFFFFFFF00000000)}")
    return code.value(f"or i64 {upper}, {code.value(f'add i64 {row}, 1')}")


def _free(code: Code, slots: str, at: str, mask: str, name: str, before: str) -> str:
    """Finds the first free slot from a place on; leaves the code in a block where that is known."""
    code.do(f"br label %{name}")
    code.at(name)
    place = f"%{name}_place"
    code.lines.append(f"  {place} = phi i64 [ {at}, %{before} ], [ %{name}_next, %{name}_more ]")
    held = code.load(slots, place)
    code.do(f"br i1 {code.value(f'icmp eq i64 {held}, 0')}, label %{name}_found, label %{name}_more")
    code.at(f"{name}_more")
    code.lines.append(f"  %{name}_next = and i64 {code.value(f'add i64 {place}, 1')}, {mask}")
    code.do(f"br label %{name}")
    code.at(f"{name}_found")
    return place


@dataclass(frozen=True, slots=True)
class Waiting:
    """States that wait in a buffer: `%number` of them, `stride` words each, the hash of each at the word `hashed`."""

    buffer: str
    stride: int
    hashed: int

    def at(self, code: Code, number: str) -> str:
        """The address of one of them."""
        return code.address(self.buffer, code.value(f"mul i64 {number}, {self.stride}"))


def _row_in(code: Code, held: str) -> str:
    """The row that a slot holds."""
    return code.value(f"sub i64 {code.value(f'and i64 {held}, 4294967295')}, 1")


def fetched_ahead(code: Code, packing: Packing, waiting: Waiting, rows: str, slots: str, shift: str) -> None:
    """Has the processor fetch the row in the first slot of each state that waits; goes on in the block `head`, after `ahead`."""
    code.do("br label %ahead")
    code.at("ahead")
    code.do("%early = phi i64 [ 0, %entry ], [ %early_after, %ahead_body ]")
    code.do(f"br i1 {code.value('icmp ult i64 %early, %number')}, label %ahead_body, label %head")
    code.at("ahead_body")
    hashed = code.load(waiting.at(code, "%early"), waiting.hashed)
    held = code.load(slots, code.value(f"lshr i64 {hashed}, {shift}"))
    known = code.address(rows, code.value(f"mul i64 {_row_in(code, held)}, {packing.words}"))
    code.do(f"call void @llvm.prefetch.p0(ptr {known}, i32 0, i32 3, i32 1)")
    code.do("%early_after = add i64 %early, 1")
    code.do("br label %ahead")


def same_words(code: Code, mine: Sequence[str], theirs: Sequence[str]) -> str:
    """Whether two states have the same words."""
    same = "true"
    for word, other in zip(mine, theirs, strict=True):
        same = code.value(f"and i1 {same}, {code.value(f'icmp eq i64 {word}, {other}')}")
    return same


def looked_up(
    code: Code, state: Sequence[str], hashed: str, rows: str, slots: str, shift: str, mask: str, *, absent: str
) -> str:
    """Looks a state up, from the block `body`: goes on in `met`, with the row that is returned, or in the block `absent`, with
    the free slot `%place`.
    """
    begin = code.value(f"lshr i64 {hashed}, {shift}")
    code.do("br label %probe")
    code.at("probe")
    code.do(f"%place = phi i64 [ {begin}, %body ], [ %place_after, %more ]")
    held = code.load(slots, "%place")
    code.do(f"br i1 {code.value(f'icmp eq i64 {held}, 0')}, label %{absent}, label %taken")
    code.at("taken")
    apart = code.value(f"lshr i64 {code.value(f'xor i64 {held}, {hashed}')}, 32")
    code.do(f"br i1 {code.value(f'icmp eq i64 {apart}, 0')}, label %alike, label %more")
    code.at("alike")
    row = _row_in(code, held)
    known = code.address(rows, code.value(f"mul i64 {row}, {len(state)}"))
    same = same_words(code, [code.load(known, word) for word in range(len(state))], state)
    code.do(f"br i1 {same}, label %met, label %more")
    code.at("more")
    code.do(f"%place_after = and i64 {code.value('add i64 %place, 1')}, {mask}")
    code.do("br label %probe")
    return row


def placing(packing: Packing) -> list[str]:
    """`place(context, from, to)`: puts rows, all different and none of them there yet, into the hash table."""
    code = Code()
    code.lines += ["define void @place(ptr %context, i64 %from, i64 %to) {", "entry:"]
    rows, slots, shift, mask = shared(code, "rows", "slots", "shift", "mask")
    code.do("br label %head")
    code.at("head")
    code.do("%row = phi i64 [ %from, %entry ], [ %after, %free_found ]")
    code.do(f"br i1 {code.value('icmp ult i64 %row, %to')}, label %body, label %done")
    code.at("body")
    start = code.address(rows, code.value(f"mul i64 %row, {packing.words}"))
    hashed = hash_of(code, [code.load(start, word) for word in range(packing.words)])
    place = _free(code, slots, code.value(f"lshr i64 {hashed}, {shift}"), mask, "free", "body")
    code.store(slot_of(code, hashed, "%row"), slots, place)
    code.do("%after = add i64 %row, 1")
    code.do("br label %head")
    code.at("done")
    code.do("ret void")
    return [*code.lines, "}"]


def moving() -> list[str]:
    """`moved(context, old, size)`: puts what the slots of a smaller hash table hold into the hash table."""
    code = Code()
    code.lines += ["define void @moved(ptr %context, ptr %old, i64 %size) {", "entry:"]
    slots, shift, mask = shared(code, "slots", "shift", "mask")
    code.do("br label %head")
    code.at("head")
    code.do("%number = phi i64 [ 0, %entry ], [ %after, %tail ]")
    code.do(f"br i1 {code.value('icmp ult i64 %number, %size')}, label %body, label %done")
    code.at("body")
    held = code.load("%old", "%number")
    code.do(f"br i1 {code.value(f'icmp eq i64 {held}, 0')}, label %tail, label %full")
    code.at("full")
    place = _free(code, slots, code.value(f"lshr i64 {held}, {shift}"), mask, "free", "full")
    code.store(held, slots, place)
    code.do("br label %tail")
    code.at("tail")
    code.do("%after = add i64 %number, 1")
    code.do("br label %head")
    code.at("done")
    code.do("ret void")
    return [*code.lines, "}"]
