"""The circuit: a hash-consed graph of a dozen node types over the fields of a state, shared by every finite back end.

Integer nodes carry the interval of values that they can take, so that back ends choose widths without wrap-around. A
smart constructor for each type folds constants and applies the identities that keep circuits small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Op = Literal["const", "field", "not", "and", "or", "ite", "eq", "le", "add", "sub", "mul"]

# Within `Circuit` the names `int` and `bool` are its methods.
Number = int
Truth = bool


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node. `low..high` is the interval of its values; a Bool node has 0..1 and `is_bool` set.

    `const`: `value`. `field`: the field number `value`, of the current state (`step` 0) or the next one (`step` 1).
    `ite` is used for both kinds; `eq` and `le` compare integers; `and`, `or` have two or more arguments. `index` numbers
    the nodes of a circuit so that arguments come first.
    """

    op: Op
    args: tuple[Node, ...]
    is_bool: bool
    low: int
    high: int
    value: int
    step: int
    index: int


class Circuit:
    """A factory of nodes; equal nodes of one circuit are the same object."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[object, ...], Node] = {}
        self.true = self._make("const", (), True, 1, 1, 1)
        self.false = self._make("const", (), True, 0, 0, 0)

    def __len__(self) -> int:
        return len(self._nodes)

    def _make(
        self, op: Op, args: tuple[Node, ...], is_bool: bool, low: int, high: int, value: int = 0, step: int = 0
    ) -> Node:
        # Grounds that share a circuit may have fields of one number with different intervals.
        key = (op, is_bool, value, step, low, high) if op == "field" else (op, is_bool, value, *(arg.index for arg in args))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(op, args, is_bool, low, high, value, step, len(self._nodes))
        return node

    def bool(self, value: bool) -> Node:
        """The Bool constant."""
        return self.true if value else self.false

    def int(self, value: int) -> Node:
        """The integer constant."""
        return self._make("const", (), False, value, value, value)

    def field(self, number: Number, is_bool: Truth, low: Number, high: Number, step: Number = 0) -> Node:
        """Field `number` of the current (`step` 0) or next (`step` 1) state, whose stored codes are `low..high`."""
        if low == high:
            return self.bool(bool(low)) if is_bool else self.int(low)
        return self._make("field", (), is_bool, low, high, number, step)

    def not_(self, arg: Node) -> Node:
        """Negation."""
        if arg.op == "const":
            return self.bool(not arg.value)
        return arg.args[0] if arg.op == "not" else self._make("not", (arg,), True, 0, 1)

    def and_(self, args: Iterable[Node]) -> Node:
        """Conjunction of any number of nodes."""
        return self._junction("and", args, self.true, self.false)

    def or_(self, args: Iterable[Node]) -> Node:
        """Disjunction of any number of nodes."""
        return self._junction("or", args, self.false, self.true)

    def _junction(self, op: Literal["and", "or"], args: Iterable[Node], unit: Node, zero: Node) -> Node:
        kept: dict[int, Node] = {}
        for arg in args:
            if arg is zero:
                return zero
            for part in arg.args if arg.op == op else (arg,):
                if part is not unit:
                    kept.setdefault(part.index, part)
        for part in kept.values():
            if part.op == "not" and part.args[0].index in kept:
                return zero
        parts = tuple(kept[index] for index in sorted(kept))
        return unit if not parts else parts[0] if len(parts) == 1 else self._make(op, parts, True, 0, 1)

    def implies(self, premise: Node, conclusion: Node) -> Node:
        """`premise => conclusion`."""
        return self.or_((self.not_(premise), conclusion))

    def iff(self, left: Node, right: Node) -> Node:
        """Equality of two Bool nodes."""
        return self.ite(left, right, self.not_(right))

    def ite(self, condition: Node, then: Node, otherwise: Node) -> Node:
        """`then` where `condition` holds, else `otherwise`; both Bool or both integers."""
        if condition is self.true or then is otherwise:
            return then
        if condition is self.false:
            return otherwise
        if condition.op == "not":
            condition, then, otherwise = condition.args[0], otherwise, then
        if then.is_bool:
            if then.op == "const":
                rest = (condition, otherwise) if then.value else (self.not_(condition), otherwise)
                return self.or_(rest) if then.value else self.and_(rest)
            if otherwise.op == "const":
                rest = (self.not_(condition), then) if otherwise.value else (condition, then)
                return self.or_(rest) if otherwise.value else self.and_(rest)
            return self._make("ite", (condition, then, otherwise), True, 0, 1)
        low, high = min(then.low, otherwise.low), max(then.high, otherwise.high)
        return self._make("ite", (condition, then, otherwise), False, low, high)

    def eq(self, left: Node, right: Node) -> Node:
        """Equality of two integer nodes."""
        if left is right:
            return self.true
        if left.high < right.low or right.high < left.low:
            return self.false
        if left.op == "const" and right.op == "const":
            return self.bool(left.value == right.value)
        if left.index > right.index:
            left, right = right, left
        return self._make("eq", (left, right), True, 0, 1)

    def le(self, left: Node, right: Node) -> Node:
        """`left <= right` for integer nodes."""
        if left is right or left.high <= right.low:
            return self.true
        if left.low > right.high:
            return self.false
        return self._make("le", (left, right), True, 0, 1)

    def lt(self, left: Node, right: Node) -> Node:
        """`left < right` for integer nodes."""
        return self.not_(self.le(right, left))

    def add(self, left: Node, right: Node) -> Node:
        """Sum."""
        if left.op == "const" and left.value == 0:
            return right
        if right.op == "const" and right.value == 0:
            return left
        low, high = left.low + right.low, left.high + right.high
        return self.int(low) if low == high else self._make("add", (left, right), False, low, high)

    def sub(self, left: Node, right: Node) -> Node:
        """Difference."""
        if right.op == "const" and right.value == 0:
            return left
        low, high = left.low - right.high, left.high - right.low
        return self.int(low) if low == high else self._make("sub", (left, right), False, low, high)

    def mul(self, left: Node, right: Node) -> Node:
        """Product."""
        ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        low, high = min(ends), max(ends)
        return self.int(low) if low == high else self._make("mul", (left, right), False, low, high)


def width_of(low: int, high: int) -> int:
    """Bits for every value of an interval: unsigned if it has no negative values, else two's complement."""
    if low >= 0:
        return max(1, high.bit_length())
    return max(high.bit_length(), (-low - 1).bit_length()) + 1


def below(*roots: Node) -> list[Node]:
    """Every node below the roots, arguments before the nodes that use them."""
    seen: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.index not in seen:
            seen[node.index] = node
            stack.extend(node.args)
    return [seen[index] for index in sorted(seen)]


def copied(root: Node, circuit: Circuit, done: dict[int, Node]) -> Node:
    """The same node in another circuit; `done` keeps the copies of one circuit's nodes, by their index."""
    for node in below(root):
        if node.index not in done:
            done[node.index] = rebuilt(circuit, node, [done[arg.index] for arg in node.args])
    return done[root.index]


def with_fields(circuit: Circuit, root: Node, given: Callable[[Node], Node]) -> Node:
    """The node with other nodes of the same circuit in place of its fields."""
    done: dict[int, Node] = {}
    for node in below(root):
        args = [done[arg.index] for arg in node.args]
        if node.op == "field":
            done[node.index] = given(node)
        else:
            same = all(new is old for new, old in zip(args, node.args, strict=True))
            done[node.index] = node if same else rebuilt(circuit, node, args)
    return done[root.index]


def rebuilt(circuit: Circuit, node: Node, args: Sequence[Node]) -> Node:
    """The node with these arguments in place of its own, in a circuit that may be another one; folded where they are constant."""
    match node.op:
        case "const":
            return circuit.bool(bool(node.value)) if node.is_bool else circuit.int(node.value)
        case "field":
            return circuit.field(node.value, node.is_bool, node.low, node.high, node.step)
        case "not":
            return circuit.not_(args[0])
        case "and":
            return circuit.and_(args)
        case "or":
            return circuit.or_(args)
        case "ite":
            return circuit.ite(*args)
        case "eq":
            return circuit.eq(*args)
        case "le":
            return circuit.le(*args)
        case "add":
            return circuit.add(*args)
        case "sub":
            return circuit.sub(*args)
        case "mul":
            return circuit.mul(*args)
