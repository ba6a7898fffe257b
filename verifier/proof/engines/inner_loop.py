"""The inner loop of an explicit search, as a module of LLVM for one model.

`expand` turns rows of states into their successors and takes those into a hash table. Successors wait in a buffer until what they
are looked up in is in the cache of the processor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifier.proof.engines.hash_table import (
    CONTEXT,
    DECLARED,
    Waiting,
    fetched_ahead,
    hash_of,
    looked_up,
    moving,
    placing,
    shared,
    slot_of,
)
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.commuting import Entries
from verifier.semantics.ground.ground import Instance
from verifier.semantics.ground.packing import WORD, Packing
from verifier.semantics.ground.scalar import Code, State, signed

WAITING = 256
"""Successors are taken in once this many wait."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A search: instances with their entries, and what decides whether a superfluous step leads inside the constraint.

    `watched` are looked for in each state, `leaving` holds where a step leaves a range, `checks` are the constraint and what
    states must not satisfy.
    """

    packing: Packing
    instances: Sequence[Instance]
    entries: Entries
    inside: Mapping[int, Node]
    watched: Sequence[Node]
    leaving: Node
    checks: Sequence[Node]

    @property
    def stride(self) -> int:
        """The words of a successor that waits: state, entries, hash, the place of its instance."""
        return self.packing.words + self.entries.words + 2


def module(loop: Loop) -> str:
    """The text of the module. Raises TooWideError if a value of the model is too wide."""
    return "\n".join([DECLARED, *placing(loop.packing), *moving(), *_take(loop), *_expand(loop), ""])


def _take(loop: Loop) -> list[str]:
    """`take(context, number)`: takes so many successors from the buffer into the next level."""
    code, words, entries = Code(), loop.packing.words, loop.entries.words
    code.lines += ["define internal void @take(ptr %context, i64 %number) {", "entry:"]
    rows, buffer, slots, shift, mask, next_, most = shared(
        code, "rows", "buffer", "slots", "shift", "mask", "next", "most"
    )
    entries_next, lasts, fresh, bad, bad_states = shared(code, "entries_next", "lasts", "fresh", "bad", "bad_states")
    count = code.address("%context", CONTEXT.index("count"))
    full = code.address("%context", CONTEXT.index("full"))
    fetched_ahead(code, loop.packing, Waiting(buffer, loop.stride, words + entries), rows, slots, shift)
    code.at("head")
    code.do("%one = phi i64 [ 0, %ahead ], [ %after, %tail ]")
    code.do(f"br i1 {code.value('icmp ult i64 %one, %number')}, label %body, label %done")
    code.at("body")
    at = code.address(buffer, code.value(f"mul i64 %one, {loop.stride}"))
    state = [code.load(at, word) for word in range(words)]
    gone = [code.load(at, words + word) for word in range(entries)]
    hashed, last = code.load(at, words + entries), code.load(at, words + entries + 1)
    row = looked_up(code, state, hashed, rows, slots, shift, mask, absent="new")

    # A state of the next level is met again: it has one more instance that led to it.
    code.at("met")
    code.do(f"br i1 {code.value(f'icmp uge i64 {row}, {next_}')}, label %again, label %tail")
    code.at("again")
    level = code.value(f"sub i64 {row}, {next_}")
    into = code.address(entries_next, code.value(f"mul i64 {level}, {entries}"))
    for number, word in enumerate(gone):
        code.store(code.value(f"or i64 {code.load(into, number)}, {word}"), into, number)
    before = code.value(f"zext i16 {code.load(lasts, level, 'i16')} to i64")
    code.do(f"br i1 {code.value(f'icmp ugt i64 {last}, {before}')}, label %later, label %tail")
    code.at("later")
    code.store(code.value(f"trunc i64 {last} to i16"), lasts, level, "i16")
    code.store(code.value(f"sub i64 {code.load(fresh, before)}, 1"), fresh, before)
    code.store(code.value(f"add i64 {code.load(fresh, last)}, 1"), fresh, last)
    code.do("br label %tail")

    code.at("new")
    values = State(code, loop.packing, state)
    values.compute(loop.checks)
    for number, check in enumerate(loop.checks[1:]):
        fails = code.value(f"and i1 {values.of(check)}, {code.value(f'icmp eq i64 {code.load(bad, number)}, 0')}")
        code.do(f"br i1 {fails}, label %bad{number}, label %good{number}")
        code.at(f"bad{number}")
        code.store(1, bad, number)
        for place, word in enumerate(state):
            code.store(word, bad_states, number * words + place)
        code.do(f"br label %good{number}")
        code.at(f"good{number}")
    code.do(f"br i1 {values.of(loop.checks[0])}, label %inside, label %tail")
    code.at("inside")
    fresh_row = code.value(f"load i64, ptr {count}")
    code.do(f"br i1 {code.value(f'icmp ult i64 {fresh_row}, {most}')}, label %added, label %no_more")
    code.at("no_more")
    code.do(f"store i64 1, ptr {full}")
    code.do("br label %tail")
    code.at("added")
    code.do(f"store i64 {code.value(f'add i64 {fresh_row}, 1')}, ptr {count}")
    into = code.address(rows, code.value(f"mul i64 {fresh_row}, {words}"))
    for number, word in enumerate(state):
        code.store(word, into, number)
    level = code.value(f"sub i64 {fresh_row}, {next_}")
    into = code.address(entries_next, code.value(f"mul i64 {level}, {entries}"))
    for number, word in enumerate(gone):
        code.store(word, into, number)
    code.store(code.value(f"trunc i64 {last} to i16"), lasts, level, "i16")
    code.store(code.value(f"add i64 {code.load(fresh, last)}, 1"), fresh, last)
    code.store(slot_of(code, hashed, fresh_row), slots, "%place")
    code.do("br label %tail")
    code.at("tail")
    code.do("%after = add i64 %one, 1")
    code.do("br label %head")
    code.at("done")
    code.do("ret void")
    return [*code.lines, "}"]


def _expand(loop: Loop) -> list[str]:
    """`expand(context, from, to)`: expands rows of this level; returns the row at which to go on."""
    code, words, entries = Code(), loop.packing.words, loop.entries.words
    code.lines += ["define i64 @expand(ptr %context, i64 %from, i64 %to) {", "entry:"]
    rows, known, first, fired, noted, left, buffer, slots, shift, pause = shared(
        code, "rows", "entries", "first", "fired", "noted", "left", "buffer", "slots", "shift", "pause"
    )
    lefts = code.address("%context", CONTEXT.index("lefts"))
    count = code.address("%context", CONTEXT.index("count"))
    code.do("br label %head")
    code.at("head")
    code.do("%row = phi i64 [ %from, %entry ], [ %after, %go_on ]")
    code.do("%waiting = phi i64 [ 0, %entry ], [ %still, %go_on ]")
    code.do(f"br i1 {code.value('icmp ult i64 %row, %to')}, label %body, label %finish")
    code.at("body")
    at = code.address(rows, code.value(f"mul i64 %row, {words}"))
    state = State(code, loop.packing, [code.load(at, word) for word in range(words)])
    at = code.address(known, code.value(f"mul i64 {code.value(f'sub i64 %row, {first}')}, {entries}"))
    gone = [code.load(at, word) for word in range(entries)]
    state.compute([*loop.watched, loop.leaving])
    state.compute(node for one in loop.instances for node in (one.enabled, one.storable))
    for number, instance in enumerate(loop.instances):
        more = code.value(f"zext i1 {state.of(instance.enabled)} to i64")
        code.store(code.value(f"add i64 {code.load(fired, number)}, {more}"), fired, number)
    for number, node in enumerate(loop.watched):
        before = code.load(noted, number)
        first_time = code.value(f"and i1 {state.of(node)}, {code.value(f'icmp eq i64 {before}, -1')}")
        code.store(code.value(f"select i1 {first_time}, i64 %row, i64 {before}"), noted, number)
    if not (loop.leaving.op == "const" and not loop.leaving.value):
        so_far = code.value(f"load i64, ptr {lefts}")
        code.store("%row", left, so_far)
        leaves = code.value(f"zext i1 {state.of(loop.leaving)} to i64")
        code.do(f"store i64 {code.value(f'add i64 {so_far}, {leaves}')}, ptr {lefts}")
    masks = [_mask(code, loop, state, gone, start) for start in range(0, len(loop.instances), WORD)]
    waiting, block = "%waiting", "body"
    for number, mask in enumerate(masks):
        _steps(code, loop, number, state.words, gone, mask, waiting, block, buffer, slots, shift)
        waiting, block = f"%waiting{number}", f"done{number}"
    code.do(f"br i1 {code.value(f'icmp uge i64 {waiting}, {WAITING}')}, label %drain, label %kept")
    code.at("kept")
    code.do("br label %go_on")
    code.at("drain")
    code.do(f"call void @take(ptr %context, i64 {waiting})")
    paused = code.value(f"icmp uge i64 {code.value(f'load i64, ptr {count}')}, {pause}")
    code.do(f"br i1 {paused}, label %stop, label %drained")
    code.at("stop")
    code.do(f"ret i64 {code.value('add i64 %row, 1')}")
    code.at("drained")
    code.do("br label %go_on")
    code.at("go_on")
    code.do(f"%still = phi i64 [ {waiting}, %kept ], [ 0, %drained ]")
    code.do("%after = add i64 %row, 1")
    code.do("br label %head")
    code.at("finish")
    code.do("call void @take(ptr %context, i64 %waiting)")
    code.do("ret i64 %to")
    return [*code.lines, "}"]


def _mask(code: Code, loop: Loop, state: State, gone: Sequence[str], start: int) -> str:
    """A word with a bit for each instance from one on: whether its step can be stored, and is not surely superfluous."""
    mask = "0"
    for bit, instance in enumerate(loop.instances[start : start + WORD]):
        wanted = state.of(instance.storable)
        if _surely(loop, start + bit):
            wanted = code.value(f"and i1 {wanted}, {_needed(code, loop, start + bit, gone)}")
        wanted = code.value(f"zext i1 {wanted} to i64")
        mask = code.value(f"or i64 {mask}, {code.value(f'shl i64 {wanted}, {bit}')}")
    return mask


def _surely(loop: Loop, number: int) -> bool:
    """Whether the entries of a state alone decide that a step of an instance is superfluous."""
    inside = loop.inside.get(number)
    return inside is not None and inside.op == "const" and bool(inside.value)


def _needed(code: Code, loop: Loop, number: int, gone: Sequence[str]) -> str:
    """Whether no entry makes a step of an instance superfluous."""
    reason = "0"
    for place, bits in loop.entries.superfluous[number]:
        reason = code.value(f"or i64 {reason}, {code.value(f'and i64 {gone[place]}, {signed(bits)}')}")
    return code.value(f"icmp eq i64 {reason}, 0")


def _steps(
    code: Code,
    loop: Loop,
    part: int,
    words: Sequence[str],
    gone: Sequence[str],
    mask: str,
    waiting: str,
    block: str,
    buffer: str,
    slots: str,
    shift: str,
) -> None:
    """Puts the steps of the instances of a mask into the buffer; leaves the code in a block where that is done."""
    numbers = range(part * WORD, min(len(loop.instances), (part + 1) * WORD))
    code.do(f"br label %each{part}")
    code.at(f"each{part}")
    ways = "".join(f", [ %rest{part}, %step{number} ]" for number in numbers)
    code.do(f"%mask{part} = phi i64 [ {mask}, %{block} ]{ways}")
    ways = "".join(f", [ %waiting{part}_{number}, %step{number} ]" for number in numbers)
    code.do(f"%waiting{part} = phi i64 [ {waiting}, %{block} ]{ways}")
    code.do(f"br i1 {code.value(f'icmp eq i64 %mask{part}, 0')}, label %done{part}, label %one{part}")
    code.at(f"one{part}")
    less = code.value(f"sub i64 %mask{part}, 1")
    code.do(f"%rest{part} = and i64 %mask{part}, {less}")
    bit = code.value(f"call i64 @llvm.cttz.i64(i64 %mask{part}, i1 true)")
    cases = " ".join(f"i64 {number - numbers.start}, label %step{number}" for number in numbers)
    code.do(f"switch i64 {bit}, label %none{part} [ {cases} ]")
    code.at(f"none{part}")
    code.do("unreachable")
    for number in numbers:
        code.at(f"step{number}")
        at = code.address(buffer, code.value(f"mul i64 %waiting{part}, {loop.stride}"))
        wanted = _step(code, loop, number, words, gone, at, slots, shift)
        code.do(f"%waiting{part}_{number} = add i64 %waiting{part}, {wanted}")
        code.do(f"br label %each{part}")
    code.at(f"done{part}")


def _step(
    code: Code, loop: Loop, number: int, words: Sequence[str], gone: Sequence[str], at: str, slots: str, shift: str
) -> str:
    """Writes the step of an instance; 1 or 0, whether it is wanted."""
    state = State(code, loop.packing, words)
    after = state.after(loop.instances[number].writes)
    hashed = hash_of(code, after)
    slot = code.address(slots, code.value(f"lshr i64 {hashed}, {shift}"))
    code.do(f"call void @llvm.prefetch.p0(ptr {slot}, i32 0, i32 3, i32 1)")
    handed = []
    for place, entry in enumerate(gone):
        kept, own = loop.entries.handed_on(number, place)
        handed.append(code.value(f"or i64 {code.value(f'and i64 {entry}, {signed(kept)}')}, {signed(own)}"))
    for place, word in enumerate([*after, *handed, hashed, str(number)]):
        code.store(word, at, place)
    if number not in loop.inside or _surely(loop, number):
        return "1"
    outside = code.value(f"xor i1 {state.of(loop.inside[number])}, true")
    wanted = code.value(f"or i1 {outside}, {_needed(code, loop, number, gone)}")
    return code.value(f"zext i1 {wanted} to i64")
