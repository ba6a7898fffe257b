"""A model as JSON: its sorts, variables, actions and properties, each formula as text and as a tree of terms.

The terms of all formulas are one list, in which a term comes after its arguments and names them by position. So what formulas
share is written once, and a reader needs no recursion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from verifier.catalog.digest import digest
from verifier.files.writing import to_json
from verifier.kernel.actions import Action, Argument
from verifier.kernel.errors import Position
from verifier.kernel.model import Model
from verifier.kernel.places import place
from verifier.kernel.sorts import (
    EnumSort,
    KeyedSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    Sort,
)
from verifier.kernel.term_text import sort_text, text
from verifier.kernel.terms import Term, walk
from verifier.semantics.scope.finite import finite_scope

if TYPE_CHECKING:
    from verifier.wire.model import (
        ArgumentEntry,
        FieldEntry,
        FormulaEntry,
        ModelDocument,
        SortEntry,
        StatedEntry,
        TermEntry,
        TransitionEntry,
    )


def structure(model: Model, settings: Mapping[str, str], names: Sequence[str]) -> str:
    """The document `verify.model/1` of a model at a finite scope, with the properties of these names, or all.

    Raises:
        UsageError: a name or a setting is wrong.
    """
    return to_json(dict(_Writer(model).document(settings, names)))


class _Writer:
    """Collects the terms of the formulas of one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._terms: list[TermEntry] = []
        self._places: dict[Term, int] = {}

    def document(self, settings: Mapping[str, str], names: Sequence[str]) -> ModelDocument:
        model = self._model
        scope = finite_scope(model, settings)
        chosen = [model.find_property(name) for name in names] or list(model.stated)
        return {
            "schema": "verify.model/1",
            "protocol": model.name,
            "variant": model.variant.name,
            "dropped": list(model.drops),
            "parameters": dict(scope.parameters),
            "model_digest": digest(model.protocol),
            "at": place(model.protocol.position),
            "sorts": [self._sort(sort) for sort in model.vocabulary.sorts.values() if sort.is_declared],
            "variables": [
                {
                    "name": one.name,
                    "sort": sort_text(one.sort),
                    "rigid": one.rigid,
                    "initial": None if one.initial is None else self._formula(one.initial),
                    "at": place(one.position),
                }
                for one in model.variables
            ],
            "initially": [self._stated(one.name, None, "initial", one.formula, one.position) for one in model.initial],
            "constraints": [
                self._stated(one.name, None, "constraint", one.formula, one.position) for one in model.constraints
            ],
            "actions": [self._action(action) for action in model.actions],
            "properties": [
                self._stated(
                    prop.name, prop.short, prop.kind, None if prop.kind == "liveness" else prop.formula, prop.position
                )
                for prop in chosen
            ],
            "lemmas": [self._stated(one.name, None, "lemma", one.formula, one.position) for one in model.lemmas],
            "terms": self._terms,
        }

    def _sort(self, sort: Sort) -> SortEntry:
        entry: SortEntry = {"name": str(sort), "kind": "other"}
        match sort:
            case RangeSort(low=low, high=high, parameter=parameter):
                entry = {"name": str(sort), "kind": "range", "low": self._formula(low), "high": self._formula(high)}
                if parameter is not None:
                    entry["parameter"] = parameter
            case EnumSort(labels=labels):
                entry = {"name": str(sort), "kind": "enumeration", "labels": list(labels)}
            case ScalarSort(parameter=parameter, constants=constants, ordered=ordered):
                kind = "ordered" if ordered else "scalarset"
                entry = {"name": str(sort), "kind": kind, "parameter": parameter, "labels": list(constants)}
            case QuorumSort(of=of):
                entry = {"name": str(sort), "kind": "quorums", "element": str(of)}
            case RecordSort(fields=fields):
                parts: list[FieldEntry] = [{"name": name, "sort": sort_text(of)} for name, of in fields]
                entry = {"name": str(sort), "kind": "record", "fields": parts}
            case SequenceSort(element=element):
                entry = {"name": str(sort), "kind": "sequence", "element": sort_text(element)}
            case KeyedSort(element=element):
                entry = {"name": str(sort), "kind": "keyed set", "element": sort_text(element)}
        return entry

    def _action(self, action: Action) -> TransitionEntry:
        return {
            "name": action.name,
            "at": place(action.position),
            "arguments": [self._argument(one) for one in action.arguments],
            "witnesses": [self._argument(one) for one in action.witnesses],
            "guards": [
                self._stated(guard.name, None, "budget" if guard.budget else "guard", guard.condition, guard.position)
                for guard in action.guards
            ],
            "updates": [
                self._stated(update.variable, None, "update", update.value, update.position) for update in action.updates
            ],
        }

    def _argument(self, argument: Argument) -> ArgumentEntry:
        return {"name": argument.name, "sort": sort_text(argument.sort), "term": self._place(argument.variable)}

    def _stated(
        self, name: str, short: str | None, kind: str, formula: Term | None, position: Position | None
    ) -> StatedEntry:
        return {
            "name": short or name,
            "published_name": name,
            "kind": kind,
            "at": place(position),
            "formula": None if formula is None else self._formula(formula),
        }

    def _formula(self, term: Term) -> FormulaEntry:
        return {"text": text(term, self._model.vocabulary), "term": self._place(term)}

    def _place(self, root: Term) -> int:
        """The position of a term in the list, which it and the terms in it are added to."""
        for term in walk(root):
            if term not in self._places:
                for bound in term.bound:
                    if bound not in self._places:
                        self._add(bound)
                if term not in self._places:
                    self._add(term)
        return self._places[root]

    def _add(self, term: Term) -> None:
        entry: TermEntry = {"op": term.op, "sort": sort_text(term.sort), "args": [self._places[arg] for arg in term.args]}
        if term.bound:
            entry["bound"] = [self._places[bound] for bound in term.bound]
        elif term.data is not None:
            entry["data"] = term.data if isinstance(term.data, (bool, int)) else str(term.data)
        self._places[term] = len(self._terms)
        self._terms.append(entry)
