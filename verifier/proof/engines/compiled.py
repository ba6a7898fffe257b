"""An explicit search whose inner loop is compiled by LLVM, and whose states are one array with a hash table.

It takes over the states of a search that has become large, and hands back the states of each level.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from verifier.proof.engines.hash_table import CONTEXT
from verifier.proof.engines.inner_loop import WAITING, Loop, module
from verifier.proof.engines.memory import Room
from verifier.proof.engines.statesets import WORKING
from verifier.semantics.ground.circuit import below
from verifier.semantics.ground.columns import Array
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.scalar import TooWideError
from verifier.semantics.ground.states import States

# A search with fewer states is not compiled; the square of how many lines of a loop is worth a state.
WORTHWHILE, EACH = 40_000, 80

# The nodes and instances that a loop has at most: it would be compiled for longer than it saves.
NODES, INSTANCES = 20_000, 4_096

# The rows that are expanded between two looks at what they led to.
ROWS = 1 << 16

# The slots of a table, at least and for each row; by how much a table grows that has few of them, and what those are.
LEAST, SLOTS, GROWTH, FEW = 1 << 17, 1.2, 4, 1 << 22

# The numbers of rows have 32 bits in the table.
_MOST = (1 << 32) - 2

# Besides the table and what a search takes, these many times the room of all rows stays free, to sort them.
_SPARE = 4

# So many states are added without asking for room.
MANY = 100_000



def text_of(loop: Loop) -> str | None:
    """The module of a loop; None where llvmlite is not installed, or for a model that is too large or too wide."""
    if find_spec("llvmlite") is None or len(loop.instances) > INSTANCES:
        return None
    decided = below(*(one.enabled for one in loop.instances), *(one.storable for one in loop.instances))
    if len(decided) + sum(len(below(*one.writes.values())) for one in loop.instances) > NODES:
        return None
    try:
        return module(loop)
    except TooWideError:
        return None


def worthwhile(text: str) -> int:
    """With how many states a loop is compiled: compiling should take about as long as finding them took.

    A loop with more lines is compiled for longer, and then gains less on numpy, which evaluates many states at once.
    """
    return WORTHWHILE + text.count("\n") ** 2 // EACH


class Compiled:
    """A loop that is compiled, and the arrays that it works on; it never holds more than `limit` states.

    `count` rows are states. The level that was expanded last begins with row `first`, and rows before `row` were expanded.
    `full`: there was a state beyond the limit. Of that level: `fired` and `fresh`, how often each instance fired and was the last
    to lead to a state; `noted`, for each watched node a row in which it holds, or -1; `bad`, for each check a state that fails
    it, if there is one.
    """

    def __init__(self, loop: Loop, text: str, room: Room, limit: int | None) -> None:
        self._loop, self._room = loop, room
        self._limit = _MOST if limit is None else limit
        self._engine = _engine(text)
        word = ctypes.c_uint64
        self._expand = self._function("expand", word, ctypes.c_void_p, word, word)
        self._place = self._function("place", None, ctypes.c_void_p, word, word)
        self._moved = self._function("moved", None, ctypes.c_void_p, ctypes.c_void_p, word)
        self._context = np.zeros(len(CONTEXT), np.uint64)
        self._arrays: dict[str, Array] = {}
        self.first = self.row = self._asked = 0
        many = len(loop.instances)
        self.fired = self._array("fired", np.zeros(many, np.int64))
        self.fresh = self._array("fresh", np.zeros(many, np.int64))
        self.noted = self._array("noted", np.zeros(len(loop.watched), np.int64))
        self._left = self._array("left", np.zeros(ROWS + 1, np.int64))
        self._array("buffer", np.zeros((WAITING + many) * loop.stride, np.uint64))
        self._bad = self._array("bad", np.zeros(len(loop.checks), np.int64))
        self._bad_states = self._array("bad_states", np.zeros((len(loop.checks), loop.packing.words), np.uint64))

    def _function(self, name: str, result: Any, *kinds: Any) -> Any:
        return ctypes.CFUNCTYPE(result, *kinds)(self._engine.get_function_address(name))

    def _array(self, name: str, array: Array) -> Array:
        """Hands an array to the loop."""
        self._arrays[name] = array
        self._set(name, array.ctypes.data)
        return array

    def _set(self, name: str, value: int) -> None:
        self._context[CONTEXT.index(name)] = value

    def _get(self, name: str) -> int:
        return int(self._context[CONTEXT.index(name)])

    # -- what there is -----------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many states there are."""
        return self._get("count")

    @property
    def full(self) -> bool:
        """Whether there was a state beyond the limit."""
        return bool(self._get("full"))

    @property
    def nbytes(self) -> int:
        """The memory of the hash table."""
        return self._arrays["slots"].nbytes

    def states(self, rows: slice | Array) -> States:
        """Some of the states."""
        chosen = self._arrays["rows"][rows]
        return States(tuple([chosen[:, word] for word in range(chosen.shape[1])]))

    def entries(self, start: int, stop: int) -> States:
        """The entries of some states of the level that is being made, or of the last one if nothing has been made since."""
        first = self._get("next")
        name = "entries_next" if start >= first else "entries"
        chosen = self._arrays[name][start - (first if start >= first else self.first) :][: stop - start]
        return States(tuple([chosen[:, word] for word in range(chosen.shape[1])]))

    @property
    def bad(self) -> list[States | None]:
        """For each check but the first, a state of the last level that fails it."""
        found = zip(self._bad[:-1].tolist(), self._bad_states, strict=False)
        return [States(tuple([word[None] for word in state])) if bad else None for bad, state in found]

    @property
    def packing(self) -> Packing:
        """How the states are packed."""
        return self._loop.packing

    def run(self, text: str, name: str, count: int, *arrays: Array) -> bool:
        """Compiles a module, and calls a function of it with the context, a number and some arrays; whether it returns 1."""
        engine = _engine(text)
        word = ctypes.c_uint64
        function = ctypes.CFUNCTYPE(word, ctypes.c_void_p, word, *[ctypes.c_void_p for _ in arrays])
        address = engine.get_function_address(name)
        return bool(function(address)(self._context.ctypes.data, count, *[array.ctypes.data for array in arrays]))

    # -- searching ---------------------------------------------------------------------------------------------------

    def begin(self, states: Sequence[States], level: States, entries: States) -> bool:
        """Takes over the states of all levels but the last, and of that one with its entries; False if there is no room."""
        words, marks = self._loop.packing.words, self._loop.entries.words
        known = sum(len(part) for part in states) + len(level)
        most = min(_MOST, self._limit + 2 * self._slack, self._room.left() // (8 * (words + 2 * marks) + 2 + int(16 * SLOTS)))
        if known + self._slack >= most:
            return False
        try:
            # Memory is taken as it is written.
            rows = self._array("rows", np.empty((most, words), np.uint64))
            into = self._array("entries_next", np.empty((most, marks), np.uint64))
            self._array("entries", np.empty((most, marks), np.uint64))
            self._array("lasts", np.empty(most, np.uint16))
        except MemoryError:
            return False
        at = 0
        for part in (*states, level):
            for number, word in enumerate(part.words):
                rows[at : at + len(part), number] = word
            at += len(part)
        for number, word in enumerate(entries.words):
            into[: len(level), number] = word
        self._set("most", self._limit)
        self._set("next", known - len(level))
        self._set("count", known)
        size = LEAST
        while size < GROWTH * SLOTS * known:
            size *= 2
        self._slots(size)
        self._place(self._context.ctypes.data, 0, known)
        return True

    @property
    def _slack(self) -> int:
        """How many successors may wait."""
        return WAITING + len(self._loop.instances)

    def _slots(self, size: int) -> None:
        self._array("slots", np.zeros(size, np.uint64))
        self._set("shift", 65 - size.bit_length())
        self._set("mask", size - 1)
        self._set("pause", min(int(size / SLOTS), len(self._arrays["rows"])) - self._slack)

    def level(self) -> Iterator[Array]:
        """Expands the last level, some rows at a time; yields those of them in which steps left a range.

        Ends before the last row if there is no more room, or no more states are wanted.
        """
        entries, entries_next = self._arrays["entries"], self._arrays["entries_next"]
        self._array("entries", entries_next)
        self._array("entries_next", entries)
        self.first = self.row = self._get("next")
        stop = self.count
        self._set("first", self.first)
        self._set("next", stop)
        self.noted.fill(-1)
        for array in (self.fired, self.fresh, self._bad):
            array.fill(0)
        while self.row < stop and not self.full:
            if not self._has_room() or (self.count >= self._get("pause") and not self._grown()):
                self._array("slots", np.zeros(0, np.uint64))
                return
            self._set("lefts", 0)
            self.row = self._expand(self._context.ctypes.data, self.row, min(stop, self.row + ROWS))
            yield self._left[: self._get("lefts")]

    @property
    def _spare(self) -> int:
        """The memory that stays free, so that the states can still be put in order."""
        return WORKING + _SPARE * self.count * self._arrays["rows"].strides[0]

    def _has_room(self) -> bool:
        """Whether there is room for the states that some more rows lead to; asked from time to time."""
        if self.count < self._asked:
            return True
        self._asked = self.count + MANY
        return self._room.left() > self._spare

    def _grown(self) -> bool:
        """Makes the table larger; False if there is too little room."""
        slots, count = self._arrays["slots"], self.count
        size = len(slots) * (GROWTH if len(slots) < FEW else 2)
        if count + self._slack >= len(self._arrays["rows"]):
            return False
        if not self._room.has(8 * size, self._spare):
            return False
        self._slots(size)
        self._moved(self._context.ctypes.data, slots.ctypes.data, len(slots))
        return True


def _engine(text: str) -> Any:
    """The functions of a module of LLVM, compiled for this processor."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    machine = target.create_target_machine(cpu=cpu, features=features, opt=1)
    made = llvm.parse_assembly(text)
    made.verify()
    engine = llvm.create_mcjit_compiler(made, machine)
    engine.finalize_object()
    return engine
