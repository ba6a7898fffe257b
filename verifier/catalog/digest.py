"""The digest of a model: what a trace or a certificate names to say which model it is of.

It is taken of the protocol before variant, drops and scope. Source positions, comments and docstrings, expectations,
lemmas and the names of bound variables do not count, nor does which terms a model happened to share.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from verifier.kernel.actions import Action, Argument
from verifier.kernel.properties import Property
from verifier.kernel.protocol import Named, Protocol, Variant
from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    IntSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import Term, walk


def digest(protocol: Protocol) -> str:
    """The SHA-256 of the canonical JSON of a protocol, as 64 hexadecimal digits."""
    canon = json.dumps(canonical(protocol), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canon.encode("ascii")).hexdigest()


def canonical(protocol: Protocol) -> dict[str, Any]:
    """The protocol as a JSON value: equal for two protocols that differ only in what the digest leaves out.

    `sorts` and `terms` are tables; everything else refers to their entries by number. A term is `[op, sort, data,
    argument, ...]`; a bound variable's data is the number of variables that are bound around it.
    """
    writer = _Writer()
    described = {
        "format": 1,
        "name": protocol.name,
        "parameters": [[p.name, p.kind, p.default] for p in protocol.parameters.values()],
        "assumptions": writer.named(protocol.assumptions),
        "variables": [
            [v.name, writer.sort(v.sort), None if v.initial is None else writer.term(v.initial)]
            for v in protocol.variables
        ],
        "initial": writer.named(protocol.initial),
        "constraints": writer.named(protocol.constraints),
        "actions": [writer.action(action) for action in protocol.actions.values()],
        "properties": [writer.property(found) for found in protocol.properties.values()],
        "variants": [_variant(variant) for variant in protocol.variants.values()],
        "default_variant": protocol.default_variant,
    }
    return {**described, "sorts": writer.sorts, "terms": writer.terms}


def _variant(variant: Variant) -> list[Any]:
    replaces, settings = sorted(variant.replaces.items()), sorted(variant.settings.items())
    return [variant.name, sorted(variant.drops), replaces, sorted(variant.without), settings]


class _Writer:
    """Numbers sorts and terms by their structure, in the order in which they are met."""

    def __init__(self) -> None:
        self.sorts: list[Any] = []
        self.terms: list[Any] = []
        self._sorts: dict[Sort, int] = {}
        self._nodes: dict[str, int] = {}
        self._free: dict[int, frozenset[Term]] = {}
        self._done: dict[tuple[Any, ...], int] = {}
        self._roots: list[Term] = []

    def named(self, formulas: list[Named]) -> list[Any]:
        """Named formulas, in their order."""
        return [[found.name, self.term(found.formula)] for found in formulas]

    def property(self, found: Property) -> list[Any]:
        """A property: what it is called and what it says."""
        return [found.name, found.kind, self.term(found.formula), list(found.variables)]

    def action(self, action: Action) -> dict[str, Any]:
        """An action; its arguments, then its witnesses are the outermost bound variables."""
        bound = [argument.variable for argument in (*action.arguments, *action.witnesses)]
        levels = {variable: level for level, variable in enumerate(bound)}
        return {
            "name": action.name,
            "arguments": [self._argument(argument) for argument in action.arguments],
            "witnesses": [self._argument(argument) for argument in action.witnesses],
            "guards": [
                [g.name, g.budget, self.term(g.condition, levels), [[n, self.term(t, levels)] for n, t in g.instead]]
                for g in action.guards
            ],
            "updates": [[update.variable, self.term(update.value, levels)] for update in action.updates],
        }

    def _argument(self, argument: Argument) -> list[Any]:
        return [argument.name, self.sort(argument.sort)]

    def sort(self, sort: Sort) -> int:
        """The number of a sort."""
        number = self._sorts.get(sort)
        if number is None:
            written = self._sort(sort)
            number = self._sorts[sort] = len(self.sorts)
            self.sorts.append(written)
        return number

    def _sort(self, sort: Sort) -> list[Any]:
        match sort:
            case BoolSort() | IntSort():
                return [str(sort)]
            case RangeSort(name=name, low=low, high=high, parameter=parameter):
                size = sort.surface.size if parameter else None
                return ["range", name, self.term(low), self.term(high), parameter, size]
            case EnumSort(name=name, labels=labels):
                return ["enumeration", name, list(labels)]
            case ScalarSort(name=name, parameter=parameter, prefix=prefix, constants=constants):
                return ["scalarset", name, parameter, sort.surface.size, prefix, list(constants)]
            case QuorumSort(name=name, of=of):
                return ["quorum", name, self.sort(of)]
            case FunctionSort(index=index, value=value):
                return ["function", self.sort(index), self.sort(value)]
            case SetSort(element=element):
                return ["set", self.sort(element)]
            case RecordSort(name=name, fields=fields, ordered=ordered):
                return ["record", name, [[key, self.sort(of)] for key, of in fields], ordered]
            case OptionSort(element=element):
                return ["option", self.sort(element)]
            case SequenceSort(name=name, element=element, capacity=capacity):
                return ["sequence", name, self.sort(element), self.term(capacity)]
            case KeyedSort(name=name, element=element, key=key):
                return ["keyed", name, self.sort(element), key]
        raise TypeError(f"unknown sort {sort!r}")

    def term(self, root: Term, levels: dict[Term, int] | None = None) -> int:
        """The number of a term, given how many variables are bound around each of its free ones."""
        if id(root) not in self._free:
            self._find_free(root)
        return self._term(root, levels or {}, len(levels or {}))

    def _find_free(self, root: Term) -> None:
        # The root is kept, so that no other term can come to have the identity of one of its nodes.
        self._roots.append(root)
        for term in walk(root):
            below = frozenset({term}) if term.op == "bound" else frozenset()
            self._free[id(term)] = below.union(*(self._free[id(arg)] for arg in term.args)) - frozenset(term.bound)

    def _term(self, term: Term, levels: dict[Term, int], depth: int) -> int:
        around = frozenset((variable, levels[variable]) for variable in self._free[id(term)])
        key = (id(term), around, depth if term.bound else -1)
        number = self._done.get(key)
        if number is None:
            number = self._done[key] = self._write(term, levels, depth)
        return number

    def _write(self, term: Term, levels: dict[Term, int], depth: int) -> int:
        bound = {variable: depth + place for place, variable in enumerate(term.bound)}
        # The collection of a bounded quantifier does not read the variable, so one environment serves all arguments.
        args = [self._term(arg, {**levels, **bound}, depth + len(bound)) for arg in term.args]
        data: Any = term.data
        if term.op == "bound":
            data = levels[term]
        elif term.bound:
            data = [self.sort(variable.sort) for variable in term.bound]
        node = [term.op, self.sort(term.sort), data, *args]
        spelled = json.dumps(node)
        number = self._nodes.get(spelled)
        if number is None:
            number = self._nodes[spelled] = len(self.terms)
            self.terms.append(node)
        return number
