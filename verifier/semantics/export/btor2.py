"""BTOR2 (Niemetz, Preiner, Wolf and Biere, CAV 2018): bit-vectors with initial values, one bad line for each property."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.semantics.export.aig import bits_of
from verifier.semantics.export.system import System
from verifier.semantics.ground.circuit import Node, below, width_of
from verifier.semantics.ground.smtlib import bits as binary


def btor2(system: System, lines: Sequence[str]) -> str:
    """A system as BTOR2; `lines` are comments."""
    writer = _Writer()
    writer.lines += [f"; {line}" for line in lines]
    for word in system.inputs:
        writer.define(word.node, "input", word.name)
    # The value of a state has to stand before the state.
    resets = [writer.constant(latch.reset, bits_of(latch.node)) for latch in system.latches]
    states = [writer.define(latch.node, "state", latch.name) for latch in system.latches]
    for latch, state, reset in zip(system.latches, states, resets, strict=True):
        writer.line("init", writer.sort(bits_of(latch.node)), state, reset)
    for latch, state in zip(system.latches, states, strict=True):
        bits = bits_of(latch.node)
        writer.line("next", writer.sort(bits), state, writer.word(latch.next, bits))
    for bad in system.bads:
        writer.line("bad", writer.word(bad.node), _symbol(bad.property.name))
    return "\n".join(writer.lines) + "\n"


def _symbol(name: str) -> str:
    """A name without blanks and without the characters that begin a comment."""
    return "".join("_" if letter.isspace() or letter == ";" else letter for letter in name)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._count = 0
        self._sorts: dict[int, int] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._words: dict[int, int] = {}

    def line(self, *parts: object) -> int:
        """Writes a line; its number."""
        self._count += 1
        self.lines.append(" ".join(map(str, (self._count, *parts))))
        return self._count

    def sort(self, bits: int) -> int:
        """The number of the sort of this many bits."""
        if bits not in self._sorts:
            self._sorts[bits] = self.line("sort", "bitvec", bits)
        return self._sorts[bits]

    def operation(self, name: str, bits: int, *parts: object) -> int:
        """The number of a line that makes this many bits; an equal one may exist already."""
        key = (name, bits, *parts)
        if key not in self._known:
            self._known[key] = self.line(name, self.sort(bits), *parts)
        return self._known[key]

    def constant(self, value: int, bits: int) -> int:
        """The number of a constant."""
        return self.operation("const", bits, binary(value, bits).removeprefix("#b"))

    def define(self, node: Node, kind: str, name: str) -> int:
        """The number of a word that is an input or a state."""
        self._words[node.index] = self.line(kind, self.sort(bits_of(node)), _symbol(name))
        return self._words[node.index]

    def word(self, root: Node, bits: int | None = None) -> int:
        """The number of the line of a node, brought to a number of bits if one is given."""
        if root.index not in self._words:
            for node in below(root):
                if node.index not in self._words:
                    self._words[node.index] = self._build(node)
        return self._words[root.index] if bits is None else self._resized(root, bits)

    def _resized(self, node: Node, bits: int) -> int:
        """A node modulo 2**bits; exact whenever the value fits."""
        known, have = self._words[node.index], bits_of(node)
        if have == bits:
            return known
        if have > bits:
            return self.operation("slice", bits, known, bits - 1, 0)
        return self.operation("sext" if node.low < 0 else "uext", bits, known, bits - have)

    def _build(self, node: Node) -> int:
        args = node.args
        match node.op:
            case "const":
                return self.constant(node.value, bits_of(node))
            case "field":
                raise ValueError(f"field {node.value} of step {node.step} is not a word of this system")
            case "not":
                return self.operation("not", 1, self._words[args[0].index])
            case "and" | "or":
                result = self._words[args[0].index]
                for arg in args[1:]:
                    result = self.operation(node.op, 1, result, self._words[arg.index])
                return result
            case "ite":
                bits = bits_of(node)
                sides = (self._resized(args[1], bits), self._resized(args[2], bits))
                return self.operation("ite", bits, self._words[args[0].index], *sides)
            case "eq" | "le":
                low, high = min(arg.low for arg in args), max(arg.high for arg in args)
                sides = tuple(self._resized(arg, width_of(low, high)) for arg in args)  # type: ignore[assignment]
                return self.operation("eq" if node.op == "eq" else "slte" if low < 0 else "ulte", 1, *sides)
            case "add" | "sub" | "mul":
                bits = bits_of(node)
                return self.operation(node.op, bits, *(self._resized(arg, bits) for arg in args))
