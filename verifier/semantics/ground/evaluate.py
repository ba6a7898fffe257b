"""The reference back end: evaluates circuit nodes one by one with Python integers, for tests, traces and explanations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground, Instance


@dataclass(slots=True)
class Evaluator:
    """The values of nodes for one current state (field codes), and the next state where nodes read it."""

    current: Sequence[int]
    following: Sequence[int] = ()
    _values: dict[int, int] = field(default_factory=dict)

    def value(self, node: Node) -> int:
        """The integer of an integer node; 0 or 1 for a Bool node. Nodes must be of one circuit."""
        values = self._values
        if node.index not in values:
            stack = [node]
            while stack:
                top = stack[-1]
                missing = [arg for arg in top.args if arg.index not in values]
                if missing:
                    stack.extend(missing)
                else:
                    values[top.index] = self._step(top, [values[arg.index] for arg in top.args])
                    stack.pop()
        return values[node.index]

    def holds(self, node: Node) -> bool:
        """The truth of a Bool node."""
        return bool(self.value(node))

    def _step(self, node: Node, args: list[int]) -> int:
        match node.op:
            case "const":
                return node.value
            case "field":
                return int((self.following if node.step else self.current)[node.value])
            case "not":
                return int(not args[0])
            case "and":
                return int(all(args))
            case "or":
                return int(any(args))
            case "ite":
                return args[1] if args[0] else args[2]
            case "eq":
                return int(args[0] == args[1])
            case "le":
                return int(args[0] <= args[1])
            case "add":
                return args[0] + args[1]
            case "sub":
                return args[0] - args[1]
            case "mul":
                return args[0] * args[1]


def successor(instance: Instance, codes: Sequence[int]) -> tuple[int, ...] | None:
    """The codes after the instance fires in a state; None if it is not enabled or a new value leaves its sort."""
    at = Evaluator(codes)
    if not at.holds(instance.storable):
        return None
    new = list(codes)
    for number, code in instance.writes.items():
        new[number] = at.value(code)
    return tuple(new)


def successors(ground: Ground, codes: Sequence[int]) -> list[tuple[Instance, tuple[int, ...]]]:
    """The instances that fire in a state with a storable successor, in canonical order, and that successor."""
    result = ((instance, successor(instance, codes)) for instance in ground.instances)
    return [(instance, new) for instance, new in result if new is not None]
