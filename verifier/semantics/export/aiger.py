"""AIGER 1.9 (Biere, Heljanko and Wieringa, 2011): bits with resets, and-gates, one bad literal for each property.

ASCII for people and tools that convert it; binary for those that read nothing else, such as ABC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.semantics.export.aig import FALSE, Graph, bits_of
from verifier.semantics.export.system import System, Word


class Aiger:
    """A system as AIGER. `lines` are comments."""

    def __init__(self, system: System, lines: Sequence[str]) -> None:
        self._lines = lines
        graph = Graph()
        self._symbols = [*_names("i", system.inputs), *_names("l", system.latches)]
        self._symbols += [f"b{place} {bad.property.name}" for place, bad in enumerate(system.bads)]
        self._inputs = [literal for word in system.inputs for literal in graph.define(word.node)]
        latches = [literal for latch in system.latches for literal in graph.define(latch.node)]
        following = [literal for latch in system.latches for literal in graph.word(latch.next, bits_of(latch.node))]
        resets = [latch.reset >> place & 1 for latch in system.latches for place in range(bits_of(latch.node))]
        bads = [graph.word(bad.node)[0] for bad in system.bads]
        self._ands, renamed = _needed(graph, len(self._inputs) + len(latches), (*following, *bads))
        self._latches = [
            (one, renamed(then), reset) for one, then, reset in zip(latches, following, resets, strict=True)
        ]
        self._bads = [renamed(bad) for bad in bads]

    def ascii(self) -> str:
        """The ASCII format."""
        rows = [self._header("aag"), *map(str, self._inputs)]
        rows += [f"{latch} {then} {reset}" for latch, then, reset in self._latches]
        rows += [str(bad) for bad in self._bads]
        rows += [f"{gate} {left} {right}" for gate, left, right in self._ands]
        return "\n".join(rows) + "\n" + self._tail()

    def binary(self) -> bytes:
        """The binary format."""
        rows = [self._header("aig")]
        rows += [f"{then} {reset}" for _, then, reset in self._latches]
        rows += [str(bad) for bad in self._bads]
        gates = bytearray()
        for gate, left, right in self._ands:
            gates += _packed(gate - left) + _packed(left - right)
        return "\n".join([*rows, ""]).encode() + bytes(gates) + self._tail().encode()

    def _header(self, kind: str) -> str:
        counts = (len(self._inputs), len(self._latches), 0, len(self._ands), len(self._bads))
        return f"{kind} {sum(counts[:4])} {' '.join(map(str, counts))}"

    def _tail(self) -> str:
        return "\n".join([*self._symbols, "c", *self._lines]) + "\n"


def _names(letter: str, words: Iterable[Word]) -> Iterator[str]:
    place = 0
    for word in words:
        count = bits_of(word.node)
        for bit in range(count):
            yield f"{letter}{place} {word.name}" + (f" bit {bit}" if count > 1 else "")
            place += 1


class _Renaming:
    def __init__(self, known: dict[int, int]) -> None:
        self._known = known

    def __call__(self, literal: int) -> int:
        return 2 * self._known[literal >> 1] | literal & 1


def _needed(graph: Graph, words: int, roots: Iterable[int]) -> tuple[list[tuple[int, int, int]], _Renaming]:
    """The gates that the roots need, numbered after the words, and how literals are called then."""
    wanted = {root >> 1 for root in roots}
    for variable in sorted(graph.ands, reverse=True):
        if variable in wanted:
            wanted.update(literal >> 1 for literal in graph.ands[variable])
    known = {variable: variable for variable in range(FALSE, words + 1)}
    renamed = _Renaming(known)
    gates = []
    for variable, pair in graph.ands.items():
        if variable in wanted:
            known[variable] = len(known)
            left, right = sorted((renamed(literal) for literal in pair), reverse=True)
            gates.append((2 * known[variable], left, right))
    return gates, renamed


def _packed(number: int) -> bytes:
    """A number in groups of seven bits, least first; all but the last have the eighth bit set."""
    result = bytearray()
    while number > 127:
        result.append(number & 127 | 128)
        number >>= 7
    return bytes([*result, number])
