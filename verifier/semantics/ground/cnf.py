"""The CNF back end of the circuit: nodes as literals of a SAT solver, by gates that are shared and by clauses on demand.

An integer with a narrow interval is a list of literals `at least c` (order encoding: N. Tamura et al., Compiling finite linear
CSP into SAT, Constraints 2009), so that comparisons with constants are literals; one with a wide interval is a two's complement
number with adders. A gate becomes clauses only in the polarities in which it is used (D. A. Plaisted, S. Greenbaum, A
structure-preserving clause form translation, 1986), and only for the solvers that use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from verifier.semantics.ground.circuit import Node, below

NARROW = 64
"""The greatest number of values of an integer that has a literal for each."""

DEEP = 100
"""After this many levels of integer nodes all literals of one are made at once, so that Python's stack is not used up."""

TRUE = 1
"""The literal that is true."""


class Gates:
    """And-gates over literals; equal gates are the same literal. `first` is the number of the first variable that is free."""

    def __init__(self, first: int) -> None:
        self.variables = first - 1
        self.inputs: dict[int, tuple[int, ...]] = {}
        self._known: dict[tuple[int, ...], int] = {}

    def new(self) -> int:
        """A fresh variable."""
        self.variables += 1
        return self.variables

    def and_(self, literals: Iterable[int]) -> int:
        """The literal of a conjunction."""
        kept = set(literals)
        kept.discard(TRUE)
        if -TRUE in kept or any(-literal in kept for literal in kept if literal > 0):
            return -TRUE
        if not kept:
            return TRUE
        if len(kept) == 1:
            return kept.pop()
        key = tuple(sorted(kept))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.new()
            self.inputs[known] = key
        return known

    def or_(self, literals: Iterable[int]) -> int:
        """The literal of a disjunction."""
        return -self.and_(-literal for literal in literals)

    def ite(self, condition: int, then: int, otherwise: int) -> int:
        """The literal of a choice."""
        if then == otherwise:
            return then
        return self.and_((self.or_((-condition, then)), self.or_((condition, otherwise))))

    def iff(self, left: int, right: int) -> int:
        """The literal of an equality."""
        return self.ite(left, right, -right)


class Clauses:
    """Clauses for solvers: the assertions, and the meaning of their gates, in the polarities that count."""

    def __init__(self, gates: Gates) -> None:
        self.gates = gates
        self.all: list[list[int]] = [[TRUE]]
        self._defined: set[int] = set()

    def add(self, literals: Iterable[int]) -> None:
        """Asserts a clause."""
        clause = list(dict.fromkeys(literals))
        if TRUE in clause:
            return
        if -TRUE in clause:
            clause.remove(-TRUE)
        inputs, defined = self.gates.inputs, self._defined
        for literal in clause:
            if abs(literal) in inputs and literal not in defined:
                self.define(literal)
        self.all.append(clause)

    def define(self, literal: int) -> None:
        """Makes a literal, where it is true, imply the node that it stands for."""
        waiting = [literal]
        while waiting:
            literal = waiting.pop()
            inputs = self.gates.inputs.get(abs(literal))
            if inputs is None or literal in self._defined:
                continue
            self._defined.add(literal)
            if literal > 0:
                self.all.extend([-literal, part] for part in inputs)
                waiting.extend(inputs)
            else:
                self.all.append([-literal, *(-part for part in inputs)])
                waiting.extend(-part for part in inputs)

    def define_fully(self, literal: int) -> None:
        """Makes a literal equivalent to the node that it stands for."""
        self.define(literal)
        self.define(-literal)


FieldTest = Callable[[int, int, int], int]
"""The literal of a test of a field: from its number, a code and the step."""


class Numbers:
    """The literals of nodes. `at_least` and `equals` are those of the fields; a Bool field equals 1 or not.

    A field with more than `NARROW` codes is not asked for single codes if `bits` gives it in two's complement.
    """

    def __init__(
        self,
        gates: Gates,
        at_least: FieldTest,
        equals: FieldTest,
        bits: Callable[[int, int], Sequence[int] | None] = lambda field, step: None,
    ) -> None:
        self.gates = gates
        self._field_at_least = at_least
        self._field_equals = equals
        self._field_bits = bits
        self._truth: dict[int, int] = {}
        self._least: dict[tuple[int, int], int] = {}
        self._equal: dict[tuple[int, int], int] = {}
        self._bits: dict[int, list[int]] = {}
        self._depth: dict[int, int] = {}
        self._prepared: set[int] = set()

    # -- Bool nodes --------------------------------------------------------------------------------------------------

    def literal(self, root: Node) -> int:
        """The literal of a Bool node."""
        if root.index not in self._truth:
            self.prepare(root)
        return self._truth[root.index]

    def prepare(self, root: Node) -> None:
        """Makes the literals of the Bool nodes below an integer node, so that its tests can be asked for."""
        if root.index not in self._prepared:
            self._prepared.add(root.index)
            for node in below(root):
                if node.is_bool:
                    if node.index not in self._truth:
                        self._truth[node.index] = self._bool(node)
                elif node.args and node.index not in self._depth:
                    depth = 1 + max(self._depth.get(arg.index, 0) for arg in node.args)
                    self._depth[node.index] = depth
                    if depth % DEEP == 0:
                        self._test(node)

    def _test(self, node: Node) -> None:
        if not narrow(node):
            self.bits(node)
            return
        for code in range(node.low, node.high + 1):
            self.at_least(node, code)
            self.equals(node, code)

    def _bool(self, node: Node) -> int:
        gates, args = self.gates, node.args
        truth = self._truth
        match node.op:
            case "const":
                return TRUE if node.value else -TRUE
            case "field":
                return self._field_equals(node.value, 1, node.step)
            case "not":
                return -truth[args[0].index]
            case "and":
                return gates.and_(truth[arg.index] for arg in args)
            case "or":
                return gates.or_(truth[arg.index] for arg in args)
            case "ite":
                return gates.ite(*(truth[arg.index] for arg in args))
            case "eq":
                return self._eq(*args)
            case "le":
                return self._le(*args)
        raise ValueError(f"{node.op} is not a Bool node")

    def _eq(self, left: Node, right: Node) -> int:
        gates = self.gates
        for one, other in ((left, right), (right, left)):
            if other.op == "const":
                return self.equals(one, other.value)
        low, high = max(left.low, right.low), min(left.high, right.high)
        if narrow(left) and narrow(right):
            if _labels(left) or _labels(right):
                return gates.or_(gates.and_((self.equals(left, c), self.equals(right, c))) for c in range(low, high + 1))
            both = [gates.iff(self.at_least(left, c), self.at_least(right, c)) for c in range(low, high + 2)]
            return gates.and_(both)
        width = max(_width(left.low, left.high), _width(right.low, right.high))
        sides = zip(self._extended(left, width), self._extended(right, width), strict=True)
        return gates.and_(gates.iff(one, other) for one, other in sides)

    def _le(self, left: Node, right: Node) -> int:
        gates = self.gates
        if left.op == "const":
            return self.at_least(right, left.value)
        if right.op == "const":
            return -self.at_least(left, right.value + 1)
        if narrow(left) and narrow(right):
            codes = range(max(left.low, right.low), left.high + 1)
            return gates.and_(gates.or_((-self.at_least(left, c), self.at_least(right, c))) for c in codes)
        width = max(_width(left.low, left.high), _width(right.low, right.high))
        one, other = self._extended(left, width), self._extended(right, width)
        # The sign counts the other way round.
        one, other = [*one[:-1], -one[-1]], [*other[:-1], -other[-1]]
        result = TRUE
        for a, b in zip(one, other, strict=True):
            result = gates.ite(gates.iff(a, b), result, b)
        return result

    # -- integer nodes -----------------------------------------------------------------------------------------------

    def at_least(self, node: Node, code: int) -> int:
        """The literal of `node >= code`."""
        if code <= node.low:
            return TRUE
        if code > node.high:
            return -TRUE
        key = node.index, code
        known = self._least.get(key)
        if known is None:
            known = self._least[key] = self._at_least(node, code)
        return known

    def _at_least(self, node: Node, code: int) -> int:
        gates, args = self.gates, node.args
        match node.op:
            case "field" if narrow(node) or self._field_bits(node.value, node.step) is None:
                return self._field_at_least(node.value, code, node.step)
            case "ite":
                return gates.ite(self._truth[args[0].index], self.at_least(args[1], code), self.at_least(args[2], code))
            case "add" if args[0].op == "const":
                return self.at_least(args[1], code - args[0].value)
            case "add" if args[1].op == "const":
                return self.at_least(args[0], code - args[1].value)
            case "sub" if args[1].op == "const":
                return self.at_least(args[0], code + args[1].value)
            case "sub" if args[0].op == "const":
                return -self.at_least(args[1], args[0].value - code + 1)
        if narrow(node) and all(narrow(arg) for arg in args):
            return gates.or_(self._sides(node, code))
        bits = self.bits(node)
        bits = [*bits[:-1], -bits[-1]]
        wanted = code + (1 << len(bits) - 1)
        result = TRUE
        for place, bit in enumerate(bits):
            result = gates.and_((bit, result)) if wanted >> place & 1 else gates.or_((bit, result))
        return result

    def _sides(self, node: Node, code: int) -> Iterator[int]:
        """Literals, one of which is true where a sum, difference or product of narrow numbers is at least `code`."""
        gates, (left, right) = self.gates, node.args
        for value in range(left.low, left.high + 1):
            match node.op:
                case "add":
                    yield gates.and_((self.at_least(left, value), self.at_least(right, code - value)))
                case "sub":
                    yield gates.and_((self.at_least(left, value), -self.at_least(right, value - code + 1)))
                case "mul":
                    for other in range(right.low, right.high + 1):
                        if value * other >= code:
                            yield gates.and_((self.equals(left, value), self.equals(right, other)))
                case _:
                    raise ValueError(f"{node.op} is not an integer node")

    def equals(self, node: Node, code: int) -> int:
        """The literal of `node = code`."""
        if not node.low <= code <= node.high:
            return -TRUE
        key = node.index, code
        known = self._equal.get(key)
        if known is None:
            known = self._equal[key] = self._equals(node, code)
        return known

    def _equals(self, node: Node, code: int) -> int:
        match node.op:
            case "field" if narrow(node) or self._field_bits(node.value, node.step) is None:
                return self._field_equals(node.value, code, node.step)
            case "ite":
                condition, then, otherwise = node.args
                sides = self.equals(then, code), self.equals(otherwise, code)
                return self.gates.ite(self._truth[condition.index], *sides)
        return self.gates.and_((self.at_least(node, code), -self.at_least(node, code + 1)))

    # -- wide numbers ------------------------------------------------------------------------------------------------

    def bits(self, node: Node) -> list[int]:
        """An integer node in two's complement, the lowest bit first; as wide as its interval needs."""
        known = self._bits.get(node.index)
        if known is None:
            known = self._bits[node.index] = self._in_bits(node)
        return known

    def _in_bits(self, node: Node) -> list[int]:
        gates, width = self.gates, _width(node.low, node.high)
        match node.op:
            case "const":
                return [TRUE if node.value >> place & 1 else -TRUE for place in range(width)]
            case "field":
                given = self._field_bits(node.value, node.step)
                if given is not None:
                    return _sized(list(given), width)
            case "ite" if not narrow(node):
                condition, *sides = node.args
                then, otherwise = (self._extended(side, width) for side in sides)
                choice = self._truth[condition.index]
                return [gates.ite(choice, one, other) for one, other in zip(then, otherwise, strict=True)]
            case "add" | "sub" if not narrow(node):
                left, right = (self._extended(arg, width) for arg in node.args)
                return self._sum(left, right) if node.op == "add" else self._sum(left, [-bit for bit in right], TRUE)
            case "mul" if not narrow(node):
                left, right = (self._extended(arg, width) for arg in node.args)
                result = [-TRUE] * width
                for place, bit in enumerate(right):
                    shifted = [-TRUE] * place + left[: width - place]
                    result = self._sum(result, [gates.and_((bit, part)) for part in shifted])
                return result
        return [
            gates.or_(
                gates.and_((self.at_least(node, start), -self.at_least(node, end + 1)))
                for start, end in bit_runs(node.low, node.high, place)
            )
            for place in range(width)
        ]

    def _extended(self, node: Node, width: int) -> list[int]:
        return _sized(self.bits(node), width)

    def _sum(self, left: Sequence[int], right: Sequence[int], carry: int = -TRUE) -> list[int]:
        gates, result = self.gates, []
        for a, b in zip(left, right, strict=True):
            different = -gates.iff(a, b)
            result.append(-gates.iff(different, carry))
            carry = gates.or_((gates.and_((a, b)), gates.and_((different, carry))))
        return result


def narrow(node: Node) -> bool:
    """Whether an integer node has few values."""
    return node.high - node.low < NARROW


def _labels(node: Node) -> bool:
    return node.op in ("field", "ite")


def _width(low: int, high: int) -> int:
    """The bits that a signed number between these needs."""
    return 1 + max(high.bit_length() if high >= 0 else (-high - 1).bit_length(), (-low - 1).bit_length() if low < 0 else 0)


def _sized(bits: list[int], width: int) -> list[int]:
    return bits[:width] + [bits[-1]] * (width - len(bits))


def bit_runs(low: int, high: int, place: int) -> Iterator[tuple[int, int]]:
    """The intervals of `low..high` in which a bit is set."""
    size = 1 << place
    start = low
    while start <= high:
        end = min(high, (start >> place << place) + size - 1)
        if start >> place & 1:
            yield start, end
        start = end + 1
