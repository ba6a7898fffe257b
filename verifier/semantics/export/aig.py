"""Circuits as and-inverter graphs: integers become bits, least first, in two's complement where they may be negative."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.semantics.ground.circuit import Node, below, width_of

FALSE, TRUE = 0, 1


def bits_of(node: Node) -> int:
    """How many bits the values of a node take."""
    return 1 if node.is_bool else width_of(node.low, node.high)


class Graph:
    """A graph of and-gates; a literal is twice a variable, plus one where it is negated. Equal gates are one.

    `ands` are the gates, each variable with its literals, after those that it reads.
    """

    def __init__(self) -> None:
        self.variables = 0
        self.ands: dict[int, tuple[int, int]] = {}
        self._gates: dict[tuple[int, int], int] = {}
        self._words: dict[int, list[int]] = {}

    def define(self, node: Node) -> list[int]:
        """Fresh variables for the bits of a field; their literals."""
        first = self.variables + 1
        self.variables += bits_of(node)
        self._words[node.index] = [2 * variable for variable in range(first, self.variables + 1)]
        return self._words[node.index]

    def word(self, root: Node, bits: int | None = None) -> list[int]:
        """The literals of a node, whose fields are all defined; brought to a number of bits if one is given."""
        words = self._words
        if root.index not in words:
            for node in below(root):
                if node.index not in words:
                    words[node.index] = self._build(node)
        return words[root.index] if bits is None else self._resized(root, bits)

    # -- gates -------------------------------------------------------------------------------------------------------

    def both(self, left: int, right: int) -> int:
        """Conjunction of two literals."""
        if left > right:
            left, right = right, left
        if left == FALSE or left == right ^ 1:
            return FALSE
        if left in (TRUE, right):
            return right
        gate = self._gates.get((left, right))
        if gate is None:
            self.variables += 1
            gate = self._gates[left, right] = 2 * self.variables
            self.ands[self.variables] = (right, left)
        return gate

    def either(self, left: int, right: int) -> int:
        """Disjunction of two literals."""
        return self.both(left ^ 1, right ^ 1) ^ 1

    def choice(self, condition: int, then: int, otherwise: int) -> int:
        """`then` where the condition holds, else `otherwise`."""
        if then == otherwise:
            return then
        return self.either(self.both(condition, then), self.both(condition ^ 1, otherwise))

    def differ(self, left: int, right: int) -> int:
        """Exclusive or."""
        return self.choice(left, right ^ 1, right)

    def all(self, literals: Sequence[int]) -> int:
        """Conjunction of any number of literals, as a balanced tree."""
        level = list(literals) or [TRUE]
        while len(level) > 1:
            pairs = [self.both(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
            level = pairs + level[len(level) - len(level) % 2 :]
        return level[0]

    # -- nodes -------------------------------------------------------------------------------------------------------

    def _resized(self, node: Node, bits: int) -> list[int]:
        """The literals of a node modulo 2**bits; exact whenever the value fits."""
        word = self._words[node.index]
        sign = word[-1] if node.low < 0 and not node.is_bool else FALSE
        return (word + [sign] * (bits - len(word)))[:bits]

    def _build(self, node: Node) -> list[int]:
        args = node.args
        match node.op:
            case "const":
                return [node.value >> place & 1 for place in range(bits_of(node))]
            case "field":
                raise ValueError(f"field {node.value} of step {node.step} is not a word of this graph")
            case "not":
                return [self._words[args[0].index][0] ^ 1]
            case "and":
                return [self.all([self._words[arg.index][0] for arg in args])]
            case "or":
                return [self.all([self._words[arg.index][0] ^ 1 for arg in args]) ^ 1]
            case "ite":
                bits, condition = bits_of(node), self._words[args[0].index][0]
                sides = zip(self._resized(args[1], bits), self._resized(args[2], bits), strict=True)
                return [self.choice(condition, then, otherwise) for then, otherwise in sides]
            case "eq" | "le":
                low, high = min(arg.low for arg in args), max(arg.high for arg in args)
                left, right = (self._resized(arg, width_of(low, high)) for arg in args)
                if node.op == "eq":
                    return [self.all([self.differ(a, b) ^ 1 for a, b in zip(left, right, strict=True)])]
                if low < 0:
                    # Of two signs the negative one is less: with both inverted they compare as other bits do.
                    left, right = [*left[:-1], left[-1] ^ 1], [*right[:-1], right[-1] ^ 1]
                return [self._at_most(left, right)]
            case "add" | "sub" | "mul":
                bits = bits_of(node)
                left, right = (self._resized(arg, bits) for arg in args)
                if node.op == "mul":
                    return self._product(left, right)
                return (
                    self._sum(left, right, FALSE)
                    if node.op == "add"
                    else self._sum(left, [bit ^ 1 for bit in right], TRUE)
                )

    def _at_most(self, left: Sequence[int], right: Sequence[int]) -> int:
        result = TRUE
        for a, b in zip(left, right, strict=True):
            result = self.choice(self.differ(a, b), b, result)
        return result

    def _sum(self, left: Sequence[int], right: Sequence[int], carry: int) -> list[int]:
        result = []
        for a, b in zip(left, right, strict=True):
            half = self.differ(a, b)
            result.append(self.differ(half, carry))
            carry = self.choice(half, carry, a)
        return result

    def _product(self, left: Sequence[int], right: Sequence[int]) -> list[int]:
        result = [FALSE] * len(left)
        for place, bit in enumerate(right):
            shifted = [FALSE] * place + [self.both(bit, a) for a in left[: len(left) - place]]
            result = self._sum(result, shifted, FALSE)
        return result
