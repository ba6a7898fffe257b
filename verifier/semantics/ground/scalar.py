"""The circuit as instructions of LLVM, which compute nodes for one packed state.

Integers are 64 bits wide, and no node may exceed them, so that nothing wraps around.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping, Sequence

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import inner_nodes
from verifier.semantics.ground.packing import Packing, Place

_LOW, _HIGH = -(1 << 63), (1 << 63) - 1

ALL = (1 << 64) - 1


def signed(word: int) -> int:
    """A 64-bit word as LLVM reads it."""
    return word - (1 << 64) if word > _HIGH else word


class TooWideError(Exception):
    """Some value takes more than 64 bits."""


class Code:
    """The instructions of one function, as text."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names = 0

    def value(self, instruction: str) -> str:
        """Adds an instruction; the name of its value."""
        self._names += 1
        self.lines.append(f"  %v{self._names} = {instruction}")
        return f"%v{self._names}"

    def do(self, instruction: str) -> None:
        """Adds an instruction without a value."""
        self.lines.append(f"  {instruction}")

    def at(self, label: str) -> None:
        """Begins a block."""
        self.lines.append(f"{label}:")

    def address(self, base: str, index: str | int, kind: str = "i64") -> str:
        """The address of a member of an array."""
        return self.value(f"getelementptr {kind}, ptr {base}, i64 {index}")

    def load(self, base: str, index: str | int, kind: str = "i64") -> str:
        """A member of an array."""
        return self.value(f"load {kind}, ptr {self.address(base, index, kind)}")

    def store(self, value: str | int, base: str, index: str | int, kind: str = "i64") -> None:
        """Sets a member of an array."""
        self.do(f"store {kind} {value}, ptr {self.address(base, index, kind)}")


class State:
    """The nodes of one packed state, each computed at most once, where it is first asked for."""

    def __init__(
        self, code: Code, packing: Packing, words: Sequence[str], known: MutableMapping[int, str] | None = None
    ) -> None:
        self.code = code
        self.packing = packing
        self.words = words
        self._known = {} if known is None else known

    def inner(self) -> State:
        """The same state in a block that others need not pass: what is computed there is unknown outside it."""
        return State(self.code, self.packing, self.words, ChainMap({}, self._known))

    def of(self, node: Node) -> str:
        """The value of a node: an `i1` for a Bool, else an `i64`."""
        self.compute([node])
        return self._known[node.index]

    def compute(self, nodes: Iterable[Node]) -> None:
        """Computes some nodes, arguments first. Raises TooWideError if one does not fit."""
        for node in inner_nodes(nodes, self._known):
            self._known[node.index] = self._computed(node)

    def _computed(self, node: Node) -> str:
        if not _LOW <= node.low <= node.high <= _HIGH:
            raise TooWideError
        value, args = self.code.value, [self._known[arg.index] for arg in node.args]
        match node.op:
            case "const":
                return str(node.value) if not node.is_bool else "true" if node.value else "false"
            case "field":
                return self._field(node)
            case "not":
                return value(f"xor i1 {args[0]}, true")
            case "and" | "or":
                result = args[0]
                for arg in args[1:]:
                    result = value(f"{node.op} i1 {result}, {arg}")
                return result
            case "ite":
                kind = "i1" if node.is_bool else "i64"
                return value(f"select i1 {args[0]}, {kind} {args[1]}, {kind} {args[2]}")
            case "eq":
                return value(f"icmp eq i64 {args[0]}, {args[1]}")
            case "le":
                return value(f"icmp sle i64 {args[0]}, {args[1]}")
            case "add" | "sub" | "mul":
                return value(f"{node.op} i64 {args[0]}, {args[1]}")

    def _field(self, node: Node) -> str:
        (place,) = _places(self.packing, node.value)
        word = self.words[place.word]
        if node.is_bool:
            return self.code.value(f"icmp ne i64 {self.code.value(f'and i64 {word}, {signed(place.mask)}')}, 0")
        shifted = self.code.value(f"lshr i64 {word}, {place.shift}")
        stored = self.code.value(f"and i64 {shifted}, {signed((1 << place.bits) - 1)}")
        return self.code.value(f"add i64 {stored}, {self.packing.fields[node.value].low}")

    def after(self, writes: Mapping[int, Node]) -> list[str]:
        """The words of the state after these writes, each of which fits its field."""
        value, packing = self.code.value, self.packing
        known = {number: node for number, node in sorted(writes.items()) if packing.places[number]}
        clear, bits = packing.masks(known), [0] * packing.words
        for number, node in known.items():
            if node.op == "const" and packing.fields[number].low <= node.value <= packing.fields[number].high:
                bits = [old | new for old, new in zip(bits, packing.bits(number, node.value), strict=True)]
        words = []
        for word, gone, new in zip(self.words, clear, bits, strict=True):
            kept = value(f"and i64 {word}, {signed(ALL & ~gone)}") if gone else word
            words.append(value(f"or i64 {kept}, {signed(new)}") if new else kept)
        for number, node in known.items():
            if node.op != "const":
                (place,) = _places(packing, number)
                stored = self._stored(node, packing.fields[number].low)
                moved = value(f"shl i64 {stored}, {place.shift}")
                words[place.word] = value(f"or i64 {words[place.word]}, {moved}")
        return words

    def _stored(self, node: Node, low: int) -> str:
        code = self.of(node)
        if node.is_bool:
            return self.code.value(f"zext i1 {code} to i64")
        return self.code.value(f"sub i64 {code}, {low}")


def _places(packing: Packing, number: int) -> Sequence[Place]:
    places = packing.places[number]
    if len(places) != 1:
        raise TooWideError
    return places
