"""Descriptions of protocols for documents: everything that can be selected, dropped and set, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.kernel.actions import Action
from verifier.kernel.declarations import Declarations, Parameter, Variant
from verifier.kernel.layout import laid_out
from verifier.kernel.model import Model
from verifier.kernel.places import place
from verifier.kernel.properties import Property
from verifier.kernel.protocol import Protocol
from verifier.kernel.temporal_text import fairness_text, temporal_text
from verifier.kernel.term_text import Names, sort_text, text
from verifier.kernel.terms import state

if TYPE_CHECKING:
    from verifier.wire.listings import (
        ListedLemmaEntry,
        ListedPropertyEntry,
        ParameterEntry,
        ProtocolDescription,
        VariantEntry,
    )
    from verifier.wire.parts import ActionEntry, GuardEntry, StatedFacts


def describe(protocol: Protocol) -> ProtocolDescription:
    """One entry of the document `verify.list/1`: what can be selected, dropped and set in the protocol.

    Parameters and properties are those of every variant, the default one's first.
    """
    models = {name: protocol.model(name) for name in dict.fromkeys((protocol.default_variant, *protocol.variants))}
    # A property or parameter that several variants have is described as in the first of them.
    last_first = list(models.values())[::-1]
    parameters = {name: result for model in last_first for name, result in model.parameters.items()}
    properties = {result.name: result for model in last_first for result in model.stated}
    ordered = dict.fromkeys(name for model in models.values() for name in model.parameters)
    listed = dict.fromkeys(result.name for model in models.values() for result in model.stated)
    return {
        "name": protocol.name,
        "description": protocol.title,
        "source": protocol.source or None,
        "variants": list(protocol.variants),
        "variant_details": [_described_variant(variant) for variant in protocol.variants.values()],
        "parameters": [_described_parameter(parameters[name]) for name in ordered],
        "actions": described_actions(protocol),
        "properties": [_described_property(properties[name], models, protocol) for name in listed],
        "fairness": [
            {"name": one.name, "conditions": [fairness_text(condition, protocol.vocabulary) for condition in one.conditions]}
            for one in protocol.fair.values()
        ],
        "findings": [
            {"title": f.title, "text": f.text, "command": f.command, "at": place(f.position)} for f in protocol.findings
        ],
        "lemmas": _described_lemmas(protocol),
        "at": place(protocol.position),
    }


def described_actions(protocol: Protocol | Declarations) -> list[ActionEntry]:
    """All actions, including those that some variants leave out."""
    return [described_action(action) for action in protocol.actions.values()]


def described_action(action: Action) -> ActionEntry:
    """An action: its arguments with their sorts, its guards and choices that can be dropped, and the place of each."""
    guards: list[GuardEntry] = [
        {"name": guard.name, "kind": "bound" if guard.budget else "guard", "at": place(guard.position)}
        for guard in action.guards
    ]
    guards += [{"name": choice.name, "kind": "choice", "at": place(choice.position)} for choice in action.choices]
    return {
        "name": action.name,
        "doc": action.doc,
        "arguments": {argument.name: sort_text(argument.sort) for argument in action.arguments},
        "guards": guards,
        "at": place(action.position),
    }


def stated(prop: Property, protocol: Protocol | Declarations) -> StatedFacts:
    """A property in words and as a formula, and where it stands."""
    written = protocol.properties.get(prop.name, prop)
    return {"doc": prop.doc, "formula": formula(written, protocol), "at": place(prop.position or protocol.position)}


def formula(prop: Property, protocol: Protocol | Declarations) -> str | None:
    """A property as it is written, laid out over several lines where it is long; None if it has no formula of its own."""
    words = protocol.vocabulary
    if prop.temporal is not None:
        return temporal_text(prop.temporal, words)
    if prop.kind == "range":
        sorts = {variable.name: variable.sort for variable in protocol.variables}
        parts = [f"{text(state(name, sorts[name]), words)} \\in {sort_text(sorts[name])}" for name in prop.variables]
        return "\n".join(f"/\\ {part}" for part in parts) if len(parts) > 1 else "".join(parts)
    if prop.kind == "defined" or prop.is_deadlock:
        return None
    return "\n".join(laid_out(prop.formula, Names(words, prop.formula), 0))


def _described_variant(variant: Variant) -> VariantEntry:
    return {
        "name": variant.name,
        "doc": variant.doc,
        "drops": list(variant.drops),
        "replaces": dict(variant.replaces),
        "without": list(variant.without),
        "settings": dict(variant.settings),
        "initially": None if variant.initially is None else list(variant.initially),
        "at": place(variant.position),
    }


def _described_parameter(parameter: Parameter) -> ParameterEntry:
    return {
        "name": parameter.name,
        "published": parameter.default,
        "bound": parameter.kind == "search bound",
        "sort": parameter.sort,
        "doc": parameter.doc,
    }


def _described_property(prop: Property, models: dict[str, Model], protocol: Protocol) -> ListedPropertyEntry:
    stating = [name for name, model in models.items() if any(p.name == prop.name for p in model.stated)]
    expected = {name: prop.expectation(name) for name in stating}
    return {
        "name": prop.short or prop.name,
        "published_name": prop.name,
        "kind": prop.kind,
        **stated(prop, protocol),
        "expected": {name: expectation.verdict for name, expectation in expected.items()},
        "expected_steps": {name: e.steps for name, e in expected.items() if e.steps is not None},
        "expected_loops": {name: e.loop for name, e in expected.items() if e.loop is not None},
        "vacuous": {"kind": "declared", "reason": prop.vacuous} if prop.vacuous else None,
        "under": list(prop.under),
    }


def _described_lemmas(protocol: Protocol) -> list[ListedLemmaEntry]:
    return [
        {
            "name": lemma.name,
            "doc": lemma.reason,
            "formula": "\n".join(laid_out(lemma.formula, Names(protocol.vocabulary, lemma.formula), 0)),
            "at": place(lemma.position),
        }
        for lemma in protocol.lemmas.values()
    ]
