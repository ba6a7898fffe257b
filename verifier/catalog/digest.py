"""The digests of a protocol, taken before variant, drops and scope.

The **model digest** identifies the model of a trace or a certificate: its states, steps and properties. Source positions,
comments and docstrings, expectations, lemmas (except for those that initial states satisfy), the names of bound variables and
the sharing of terms do not count.

The **evidence digest** covers everything that a verdict depends on and its evidence repeats: the model, the lemmas and
rankings, which decide how far a proof gets, actions that are declared dead, second names, properties that are declared vacuous
or stated within bounds alone, and the names of bound variables, which printed formulas show. A stored verdict is reused only
for the same digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from verifier.kernel.actions import Action, Argument
from verifier.kernel.declarations import Declarations, Named, Variant
from verifier.kernel.fairness import Assumption, Condition
from verifier.kernel.fitting import is_checked, looked_at
from verifier.kernel.properties import Property
from verifier.kernel.protocol import Protocol
from verifier.kernel.ranking import Helper, Ranking
from verifier.kernel.resolving import starting
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
from verifier.kernel.temporal import Case
from verifier.kernel.terms import Size, Term, free_variables, remembered, variable, walk


def digest(protocol: Protocol | Declarations) -> str:
    """The model digest: SHA-256 of `canonical`, as 64 hexadecimal digits."""
    return _model_digest(_declared(protocol))


def evidence_digest(protocol: Protocol | Declarations) -> str:
    """The evidence digest: SHA-256 of `evidence`, as 64 hexadecimal digits."""
    return _evidence_digest(_declared(protocol))


@remembered
def _model_digest(declared: Declarations) -> str:
    return _sha256(canonical(declared))


@remembered
def _evidence_digest(declared: Declarations) -> str:
    return _sha256(evidence(declared))


def _sha256(value: Any) -> str:
    canon = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canon.encode("ascii")).hexdigest()


def canonical(protocol: Protocol | Declarations) -> dict[str, Any]:
    """The protocol as a JSON value: equal for two protocols that differ only in what the model digest leaves out.

    `sorts` and `terms` are tables; everything else refers to their entries by number. A term is `[op, sort, data,
    argument, ...]`; a bound variable's data is the number of variables that are bound around its binder.
    """
    writer = _Writer()
    return {**_model(_declared(protocol), writer), **writer.tables()}


def evidence(protocol: Protocol | Declarations) -> dict[str, Any]:
    """The protocol as a JSON value: equal for two protocols with the same verdicts and the same evidence for each."""
    writer = _Writer(spelled=True)
    described = {
        **_model(_declared(protocol), writer),
        "lemmas": [
            [lemma.name, writer.term(lemma.formula), lemma.reason, *(lemma.variants or ())]
            for lemma in protocol.lemmas.values()
        ],
        "never_fires": sorted(protocol.dead.items()),
        "stated": [
            [prop.name, prop.short, prop.vacuous, *([prop.bounded] if prop.bounded else [])]
            for prop in protocol.properties.values()
        ],
        "choices": [[action.name, [choice.name for choice in action.choices]] for action in protocol.actions.values()],
    }
    if protocol.rankings:
        described["rankings"] = [writer.ranking(ranking) for ranking in protocol.rankings]
    return {**described, **writer.tables()}


def _declared(protocol: Protocol | Declarations) -> Declarations:
    return protocol.declarations() if isinstance(protocol, Protocol) else protocol


def _model(protocol: Declarations, writer: _Writer) -> dict[str, Any]:
    return {
        "format": 1,
        "name": protocol.name,
        "parameters": [[p.name, p.kind, p.default, *(["fixed"] if p.fixed else [])] for p in protocol.parameters.values()],
        "assumptions": writer.named(protocol.assumptions),
        "variables": [
            [
                v.name,
                writer.sort(v.sort),
                None if v.initial is None else writer.term(v.initial),
                *(["rigid"] if v.rigid else []),
            ]
            for v in protocol.variables
        ],
        **({"axioms": writer.named(protocol.axioms)} if protocol.axioms else {}),
        "initial": writer.named(protocol.initial),
        "constraints": writer.named(protocol.constraints),
        **({"may stop": writer.named(protocol.stops)} if protocol.stops else {}),
        **({"fairness": [writer.assumption(one) for one in protocol.fair.values()]} if protocol.fair else {}),
        "actions": [writer.action(action) for action in protocol.actions.values()],
        "properties": [writer.property(result) for result in protocol.properties.values()],
        "variants": [_variant(protocol, variant, writer) for variant in protocol.variants.values()],
        "default_variant": protocol.default_variant,
    }


def _variant(protocol: Declarations, variant: Variant, writer: _Writer) -> list[Any]:
    replaces, settings = sorted(variant.replaces.items()), sorted(variant.settings.items())
    said = [variant.name, sorted(variant.drops), replaces, sorted(variant.without), settings]
    # Lemmas decide which states are initial where a variant names them.
    starts = writer.named(starting(protocol, variant)) if variant.initially is not None else None
    return said if starts is None else [*said, "initially", starts]


class _Writer:
    """Numbers sorts and terms by their structure, in the order in which they are met.

    A number stands for the text of the node, never for the object: two sorts of one name are two sorts, and two copies of a
    term are one. Objects only serve to find the number of a node that was written before. `spelled`: the names of bound
    variables count.
    """

    def __init__(self, *, spelled: bool = False) -> None:
        self.spelled = spelled
        self._sorts = _Table()
        self._terms = _Table()
        self._free: dict[int, frozenset[Term]] = {}
        self._binding: set[int] = set()
        self._unchecked: set[int] = set()
        self._written_sorts: dict[int, int] = {}
        self._sizes: dict[int, Sort] = {}
        self._written: dict[tuple[Any, ...], int] = {}
        # An object that is found by its identity is kept, so no other object can get that identity.
        self._kept: list[Any] = []

    def tables(self) -> dict[str, list[Any]]:
        """The entries that the numbers refer to. They include a sort whose size alone is read."""
        for sort in self._sizes.values():
            self.sort(sort)
        return {"sorts": self._sorts.entries, "terms": self._terms.entries}

    def named(self, formulas: Iterable[Named]) -> list[Any]:
        """Named formulas, in their order."""
        return [[result.name, self.term(result.formula), *(["chosen"] if result.chosen else [])] for result in formulas]

    def property(self, prop: Property) -> list[Any]:
        """A property: its names and its formula."""
        said = [prop.name, prop.kind, self.term(prop.formula), list(prop.variables)]
        if prop.kind == "liveness":
            return [*said, [self._case(case) for case in prop.cases], list(prop.under)]
        if prop.given is None:
            return said
        return [*said, "all" if prop.of_all else [variable.data for variable in prop.given]]

    def _case(self, case: Case) -> list[Any]:
        levels = {variable: level for level, variable in enumerate(case.bound)}
        asked = [self.term(formula, levels) for formula in case.formulas]
        return [[self.sort(variable.sort) for variable in case.bound], case.initially, *asked]

    def ranking(self, ranking: Ranking) -> list[Any]:
        """A measure of progress, over the variables of a case."""
        levels = {variable: level for level, variable in enumerate(ranking.bound)}
        said = [self.term(formula, levels) for formula in (ranking.pending, *ranking.measure)]
        sorts = [self.sort(variable.sort) for variable in ranking.bound]
        return [ranking.property, ranking.number, sorts, said, [self._helper(helper, levels) for helper in ranking.helpers]]

    def _helper(self, helper: Helper, around: dict[Term, int]) -> list[Any]:
        levels = {**around, **{variable: len(around) + n for n, variable in enumerate(helper.condition.bound)}}
        when = None if helper.when is None else self.term(helper.when, levels)
        return [self._condition(helper.condition, around), when]

    def assumption(self, assumption: Assumption) -> list[Any]:
        """Conditions of fairness under their name."""
        return [assumption.name, [self._condition(condition) for condition in assumption.conditions]]

    def _condition(self, condition: Condition, around: dict[Term, int] | None = None) -> list[Any]:
        outer = around or {}
        levels = {**outer, **{variable: len(outer) + n for n, variable in enumerate(condition.bound)}}
        parts = [
            [part.action, [None if value is None else self.term(value, levels) for value in part.arguments]]
            for part in condition.parts
        ]
        return ["strong" if condition.strong else "weak", [self.sort(v.sort) for v in condition.bound], parts]

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
        return [argument.name, self.sort(argument.sort), *(["open"] if argument.opened else [])]

    def sort(self, sort: Sort) -> int:
        """The number of a sort."""
        number = self._written_sorts.get(id(sort))
        if number is None:
            number = self._written_sorts[id(sort)] = self._sorts.number(self._sort(sort))
            self._kept.append(sort)
        return number

    def _sort(self, sort: Sort) -> list[Any]:
        match sort:
            case BoolSort() | IntSort():
                return [str(sort)]
            case RangeSort(name=name, low=low, high=high, parameter=parameter, size=size):
                return ["range", name, self.term(low), self.term(high), parameter, size]
            case EnumSort(name=name, labels=labels):
                return ["enumeration", name, list(labels)]
            case ScalarSort(name=name, parameter=parameter, size=size, prefix=prefix, constants=constants):
                ordered = ["ordered"] if sort.ordered else []
                return ["scalarset", name, parameter, size, prefix, list(constants), *ordered]
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
        self._learn(root)
        return self._term(root, levels or {}, len(levels or {}))

    def _learn(self, root: Term) -> None:
        """Notes the free variables of each node, and whether it has a binder: the text of such a node depends on its depth."""
        self._kept.append(root)
        free, binding, unchecked = _facts(root)
        self._free.update(free)
        self._binding |= binding
        self._unchecked |= unchecked

    def _term(self, term: Term, levels: dict[Term, int], depth: int) -> int:
        if term.op == "within" and is_checked(term.args[0], term.sort):
            return self._checked(term, levels, depth)
        around = frozenset((variable, levels[variable]) for variable in self._free[id(term)])
        key = (id(term), around, depth if id(term) in self._binding else None)
        number = self._written.get(key)
        if number is None:
            number = self._written[key] = self._terms.number(self._node(term, levels, depth))
        return number

    def _checked(self, term: Term, levels: dict[Term, int], depth: int) -> int:
        """A term whose value is checked where it enters a set, like every listed element: the check needs no entry of its own.

        Integers are written as the value of the identity of their sort, as they were before the check was an operator.
        """
        (item,), sort = term.args, term.sort
        if not sort.is_integer:
            return self._term(item, levels, depth)
        same = variable("y", sort)
        applied = Term("apply", (Term("function", (same,), FunctionSort(sort, sort), (same,)), item), sort)
        self._learn(applied)
        return self._term(applied, levels, depth)

    def _node(self, term: Term, levels: dict[Term, int], depth: int) -> list[Any]:
        bound = {variable: depth + place for place, variable in enumerate(term.bound)}
        inner = {**levels, **bound}
        args = [
            self._term(arg, inner if term.binds_in(place) else levels, depth + len(bound))
            for place, arg in enumerate(term.args)
        ]
        follows = False
        if term.op == "set":
            # A set that is listed, or made of two, evaluates its parts: that needs no entry of its own.
            made_of = looked_at(term.args[0], term.bound[0])
            follows = args[1:] == [self._term(part, inner, depth + len(bound)) for part in made_of]
            args = args[:1] if follows else args
        data: Any = "unchecked" if id(term) in self._unchecked else term.data
        if term.op == "bound":
            data = levels[term]
        elif term.op == "parameter" and isinstance(term.data, Size):
            self._sizes[id(term.data.of)] = term.data.of
        elif term.bound:
            data = [self.sort(variable.sort) for variable in term.bound]
            if self.spelled:
                data = [data, [variable.data for variable in term.bound]]
            if term.op == "set" and not follows:
                data = [data, "looks at", len(term.args) - 1]
        return [term.op, self.sort(term.sort), data, *args]


@remembered
def _facts(root: Term) -> tuple[dict[int, frozenset[Term]], frozenset[int], frozenset[int]]:
    """By identity: the free variables of each node, the nodes that have a binder, and those that `_left_out` finds."""
    binding: set[int] = set()
    unchecked: set[int] = set()
    for term in walk(root):
        if term.bound or term.op == "within" or any(id(arg) in binding for arg in term.args):
            binding.add(id(term))
        if term.op == "set":
            unchecked.update(id(node) for node in _left_out(term.bound[0], term.args[0]))
    return free_variables(root), frozenset(binding), frozenset(unchecked)


def _left_out(element: Term, body: Term) -> Iterator[Term]:
    """The equations of a comprehension that leave out a record or other structure outside the element sort.

    In a listed set, or in an image, which are written alike, such a structure would be checked.
    """
    if element.sort.is_integer:
        return
    equations = body.args if body.op == "or" else (body,)
    if body.op == "exists":
        (said,) = body.args
        equations = said.args[-1:] if said.op == "and" else (said,)
    if all(equation.op == "eq" and equation.args[0] is element for equation in equations):
        for equation in equations:
            item = equation.args[1]
            if item.op != "within" and is_checked(item, element.sort):
                yield equation


class _Table:
    """Entries, each once, numbered in the order in which they come."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, entry: list[Any]) -> int:
        """The number of an entry, which is added if it is new."""
        number = self._numbers.setdefault(json.dumps(entry), len(self.entries))
        if number == len(self.entries):
            self.entries.append(entry)
        return number
