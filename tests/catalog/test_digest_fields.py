"""Every field of a protocol is in the model digest, in the evidence digest alone, or said here to be in neither, with the reason.

A field that is added fails here until it is decided where it belongs: a stored verdict is answered for a protocol that differs in
nothing but what neither digest sees.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.snippets import HEAD, REST, build
from verifier.catalog import digest, evidence_digest
from verifier.kernel import violated
from verifier.kernel.actions import Action, Argument, Choice, Guard, Update
from verifier.kernel.declarations import Named, Parameter, Variant
from verifier.kernel.errors import Position
from verifier.kernel.fairness import Assumption, Condition, Part
from verifier.kernel.properties import Finding, Lemma, Property, Share
from verifier.kernel.protocol import Protocol
from verifier.kernel.ranking import Helper, Ranking
from verifier.kernel.reach import Vocabulary
from verifier.kernel.sorts import INT, SetSort, Sort
from verifier.kernel.state import Variable
from verifier.kernel.temporal import Case, Temporal
from verifier.kernel.terms import TRUE, Term, integer, negation, variable

SOURCE = (
    HEAD
    + REST
    + """
p.assume("some", Max >= 1)
p.type_ok(variables=["version"])
p.variant("b", drops=["Step.ready"], without=["seen"], settings={"Max": 2}, doc="two")
p.finding("title", "text", command="verify list")

@p.action
def Pick(s: State, k: Key) -> None:
    q = witness("q", Quorum)
    guard("member", q.contains(k), anybody=True)
    s.version = choice("reset", Version(0), s.version)

@p.initially
def Start(s: State) -> Bool:
    return s.version == 0

@p.constraint
def Few(s: State) -> Bool:
    return s.version <= 2

@p.action_property(subscript=["version", "flag"])
def Steps(s: State, after: State) -> Bool:
    return after.version >= s.version

fair = p.assume_fair("fair", forall(Key, lambda k: weak(steps(Pick, k))))

@p.liveness("L-1", under=fair)
def Ends(s: State) -> Temporal:
    return forall(Key, lambda k: leads_to(s.version == 0, s.version == 1))

@p.ranking("Ends")
def Toward(s: State, k: Key) -> Ranks:
    return ranks(s.version, pending=s.version >= 0, helped_by=[when(weak(Step, k), s.version == 0)])

@p.lemma("it counts up from 0")
def Natural(s: State) -> Bool:
    return s.version >= 0
"""
)

Change = Callable[[Protocol], None]


def _assign(name: str, value: Callable[[Any], Any]) -> Change:
    return lambda p: setattr(p, name, value(getattr(p, name)))


def _swap(name: str) -> Change:
    """The entries of a dictionary or list in another order."""

    def change(p: Protocol) -> None:
        found = getattr(p, name)
        items = list(found.items() if isinstance(found, dict) else found)
        setattr(p, name, type(found)(items[::-1]))

    return change


def _within(collection: str, key: str | int, path: str, value: Callable[[Any], Any]) -> Change:
    """Another value of one field of a part: `path` is the field, behind those of the parts around it."""

    def changed(part: Any, names: list[str]) -> Any:
        name, *rest = names
        old = part[int(name)] if isinstance(part, tuple) else getattr(part, name)
        new = changed(old, rest) if rest else value(old)
        if isinstance(part, tuple):
            return (*part[: int(name)], new, *part[int(name) + 1 :])
        return replace(part, **{name: new})

    def change(p: Protocol) -> None:
        parts = getattr(p, collection)
        new = changed(parts[key], path.split("."))
        if isinstance(parts, tuple):
            p.variables = tuple(new if number == key else part for number, part in enumerate(parts))
        else:
            parts[key] = new

    return change


def _other(value: Any) -> Any:
    return f"{value}x"


def _denied(formula: Term) -> Term:
    return negation(formula)


def _line(position: Position) -> Position:
    return Position("elsewhere.py", 1)


DIGESTS = sys.modules["verifier.catalog.digest"]
VARIABLE = variable("z", INT)

IN_THE_MODEL: dict[str, Change] = {
    "Protocol.name": _assign("name", _other),
    "Protocol.parameters": lambda p: p.parameters.update(New=Parameter("New", 1, "model")),
    "Protocol.assumptions": lambda p: p.assumptions.append(Named("more", TRUE, None)),
    "Protocol.variables": _assign("variables", lambda found: found[1:]),
    "Protocol.initial": lambda p: p.initial.append(Named("more", TRUE, None)),
    "Protocol.axioms": lambda p: p.axioms.append(Named("more", TRUE, None)),
    "Protocol.constraints": lambda p: p.constraints.append(Named("more", TRUE, None)),
    "Protocol.stops": lambda p: p.stops.append(Named("more", TRUE, None)),
    "Protocol.fair": lambda p: p.fair.clear(),
    "Protocol.actions": _swap("actions"),
    "Protocol.properties": _swap("properties"),
    "Protocol.variants": _swap("variants"),
    "Protocol.default_variant": _assign("default_variant", _other),
    "Parameter.name": _within("parameters", "Max", "name", _other),
    "Parameter.default": _within("parameters", "Max", "default", lambda old: old + 1),
    "Parameter.kind": _within("parameters", "Max", "kind", lambda old: "model"),
    "Parameter.fixed": _within("parameters", "Max", "fixed", lambda old: not old),
    "Named.name": _within("assumptions", 0, "name", _other),
    "Named.formula": _within("constraints", 0, "formula", _denied),
    "Named.chosen": _within("initial", 0, "chosen", lambda old: not old),
    "Variable.name": _within("variables", 0, "name", _other),
    "Variable.sort": _within("variables", 0, "sort", SetSort),
    "Variable.rigid": _within("variables", 0, "rigid", lambda old: not old),
    "Variable.initial": _within("variables", 0, "initial", lambda old: None),
    "Action.name": _within("actions", "Step", "name", _other),
    "Action.arguments": _within("actions", "Step", "arguments", lambda old: ()),
    "Action.witnesses": _within("actions", "Step", "witnesses", lambda old: (Argument("z", VARIABLE),)),
    "Action.guards": _within("actions", "Pick", "guards", lambda old: old * 2),
    "Action.updates": _within("actions", "Step", "updates", lambda old: ()),
    "Guard.name": _within("actions", "Step", "guards.0.name", _other),
    "Guard.condition": _within("actions", "Step", "guards.0.condition", _denied),
    "Guard.budget": _within("actions", "Step", "guards.0.budget", lambda old: not old),
    "Guard.instead": _within("actions", "Step", "guards.0.instead", lambda old: ()),
    "Argument.name": _within("actions", "Step", "arguments.0.name", _other),
    "Argument.opened": _within("actions", "Step", "arguments.0.opened", lambda old: not old),
    "Argument.variable": _within("actions", "Step", "arguments.0.variable", lambda old: VARIABLE),
    "Update.variable": _within("actions", "Step", "updates.0.variable", _other),
    "Update.value": _within("actions", "Step", "updates.0.value", lambda old: TRUE),
    "Property.name": _within("properties", "Inv", "name", _other),
    "Property.kind": _within("properties", "Inv", "kind", lambda old: "action"),
    "Property.formula": _within("properties", "Inv", "formula", _denied),
    "Property.variables": _within("properties", "TypeOK", "variables", lambda old: ("flag",)),
    "Property.given": _within("properties", "Steps", "given", lambda old: old[:1]),
    "Property.of_all": _within("properties", "Steps", "of_all", lambda old: True),
    "Property.cases": _within("properties", "Ends", "cases", lambda old: ()),
    "Property.under": _within("properties", "Ends", "under", lambda old: ()),
    "Case.bound": _within("properties", "Ends", "cases.0.bound", lambda old: (*old, VARIABLE)),
    "Case.trigger": _within("properties", "Ends", "cases.0.trigger", _denied),
    "Case.initially": _within("properties", "Ends", "cases.0.initially", lambda old: not old),
    "Case.hold": _within("properties", "Ends", "cases.0.hold", _denied),
    "Case.recur": _within("properties", "Ends", "cases.0.recur", lambda old: (TRUE,)),
    "Assumption.name": _within("fair", "fair", "name", _other),
    "Assumption.conditions": _within("fair", "fair", "conditions", lambda old: old * 2),
    "Condition.strong": _within("fair", "fair", "conditions.0.strong", lambda old: not old),
    "Condition.bound": _within("fair", "fair", "conditions.0.bound", lambda old: (*old, VARIABLE)),
    "Condition.parts": _within("fair", "fair", "conditions.0.parts", lambda old: ()),
    "Part.action": _within("fair", "fair", "conditions.0.parts.0.action", _other),
    "Part.arguments": _within("fair", "fair", "conditions.0.parts.0.arguments", lambda old: (None,)),
    "Variant.name": _within("variants", "b", "name", _other),
    "Variant.drops": _within("variants", "b", "drops", lambda old: ()),
    "Variant.replaces": _within("variants", "b", "replaces", lambda old: {"Step.ready": "other"}),
    "Variant.without": _within("variants", "b", "without", lambda old: ()),
    "Variant.settings": _within("variants", "b", "settings", lambda old: {"Max": 1}),
    "Variant.initially": _within("variants", "b", "initially", lambda old: ("Inv",)),
}
"""What states, steps and properties there are."""

IN_THE_EVIDENCE: dict[str, Change] = {
    "Protocol.lemmas": lambda p: p.lemmas.clear(),
    "Protocol.rankings": lambda p: p.rankings.clear(),
    "Property.bounded": _within("properties", "Ends", "bounded", lambda old: "says nothing"),
    "Ranking.property": _within("rankings", 0, "property", lambda old: "Inv"),
    "Ranking.number": _within("rankings", 0, "number", lambda old: -1),
    "Ranking.bound": _within("rankings", 0, "bound", lambda old: (*old, VARIABLE)),
    "Ranking.pending": _within("rankings", 0, "pending", _denied),
    "Ranking.measure": _within("rankings", 0, "measure", lambda old: ()),
    "Ranking.helpers": _within("rankings", 0, "helpers", lambda old: ()),
    "Helper.condition": _within("rankings", 0, "helpers.0.condition.strong", lambda old: not old),
    "Helper.when": _within("rankings", 0, "helpers.0.when", lambda old: None),
    "Protocol.dead": lambda p: p.dead.update(Step="because"),
    "Lemma.name": _within("lemmas", "Natural", "name", _other),
    "Lemma.formula": _within("lemmas", "Natural", "formula", _denied),
    "Lemma.reason": _within("lemmas", "Natural", "reason", _other),
    "Lemma.variants": _within("lemmas", "Natural", "variants", lambda old: ("b",)),
    "Property.short": _within("properties", "Inv", "short", lambda old: "P-1"),
    "Property.vacuous": _within("properties", "Inv", "vacuous", lambda old: "says nothing"),
    "Action.choices": _within("actions", "Pick", "choices", lambda old: ()),
    "Choice.name": _within("actions", "Pick", "choices.0.name", _other),
}
"""What else decides how far a proof gets, whether a run is refused, or what evidence repeats."""

IN_NEITHER: dict[str, Change] = {
    # For people.
    "Protocol.title": _assign("title", _other),
    "Protocol.source": _assign("source", _other),
    # At the published scope nothing of these matters; at any size the model says more than the digest.
    "Protocol.shared": _assign("shared", lambda old: Share(TRUE, TRUE, "safe")),
    "Variant.bounded": _within("variants", "b", "bounded", _other),
    "Protocol.findings": lambda p: p.findings.clear(),
    "Finding.title": _within("findings", 0, "title", _other),
    "Finding.text": _within("findings", 0, "text", _other),
    "Finding.command": _within("findings", 0, "command", _other),
    "Parameter.doc": _within("parameters", "Max", "doc", _other),
    "Variable.doc": _within("variables", 0, "doc", _other),
    "Action.doc": _within("actions", "Step", "doc", _other),
    "Property.doc": _within("properties", "Inv", "doc", _other),
    "Variant.doc": _within("variants", "b", "doc", _other),
    # A declared parameter is of no sort; sizes are in the sorts themselves.
    "Parameter.sort": _within("parameters", "Max", "sort", lambda old: "Key"),
    # Of properties that a model has beside those that are declared.
    "Property.about": _within("properties", "Inv", "about", lambda old: "Inv"),
    "Property.fair": _within("properties", "Inv", "fair", lambda old: (Condition(strong=True, parts=()),)),
    "Property.temporal": _within("properties", "Ends", "temporal", lambda old: None),
    "Property.moved": _within("properties", "Inv", "moved", lambda old: ("version",)),
    "Property.of_steps": _within("properties", "Inv", "of_steps", lambda old: True),
    # What the rest says, once more.
    "Protocol.vocabulary": _assign("vocabulary", lambda old: None),
    "Property.judged": lambda p: object.__setattr__(p.properties["Inv"], "judged", TRUE),
    "Property.goal": _within("properties", "Inv", "goal", lambda old: TRUE),
    "Property.expanded": _within("properties", "Inv", "expanded", lambda old: True),
    # Whether a deadlock is asked for is part of the question.
    "Protocol.deadlock": _assign("deadlock", lambda old: not old),
    # Whether something may still be declared, and the declarations if not.
    "Protocol._declared": lambda p: setattr(p, "_declared", p.declarations()),
    "Protocol.sealed": _assign("sealed", lambda old: not old),
    # What is expected of a verdict does not decide it; it is compared again with each answer from the store.
    "Property.expected": _within("properties", "Inv", "expected", lambda old: {"safe": violated(1)}),
    # Lines move when a comment is written.
    "Protocol.position": _assign("position", _line),
    "Finding.position": _within("findings", 0, "position", _line),
    "Named.position": _within("constraints", 0, "position", _line),
    "Variable.position": _within("variables", 0, "position", _line),
    "Action.position": _within("actions", "Step", "position", _line),
    "Guard.position": _within("actions", "Step", "guards.0.position", _line),
    "Assumption.position": _within("fair", "fair", "position", _line),
    "Condition.position": _within("fair", "fair", "conditions.0.position", _line),
    "Choice.position": _within("actions", "Pick", "choices.0.position", _line),
    "Update.position": _within("actions", "Step", "updates.0.position", _line),
    "Property.position": _within("properties", "Inv", "position", _line),
    "Ranking.position": _within("rankings", 0, "position", _line),
    "Lemma.position": _within("lemmas", "Natural", "position", _line),
    "Variant.position": _within("variants", "b", "position", _line),
}

PARTS = (
    Parameter, Named, Variable, Action, Guard, Choice, Argument, Update, Property, Lemma, Variant, Finding, Assumption,
    Condition, Part, Case, Ranking, Helper,
)  # fmt: skip


@pytest.fixture
def protocol(tmp_path: Path) -> Protocol:
    """A protocol whose digests are not remembered, as it may still change."""
    made = build(SOURCE, tmp_path)
    made.sealed = False
    return made


def test_the_digests_of_a_protocol_that_takes_no_more_are_taken_once(
    protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[object] = []
    taking = DIGESTS.canonical, DIGESTS.evidence
    monkeypatch.setattr(DIGESTS, "canonical", lambda declared: taken.append(declared) or taking[0](declared))
    monkeypatch.setattr(DIGESTS, "evidence", lambda declared: taken.append(declared) or taking[1](declared))
    for _ in range(2):
        digest(protocol)
        evidence_digest(protocol)
    assert len(taken) == 4
    protocol.seal()
    for variant in protocol.variants:
        digest(protocol.model(variant).protocol)
        evidence_digest(protocol)
    assert len(taken) == 6
    assert digest(protocol.with_lemmas([])) == digest(protocol)
    assert len(taken) == 7


def test_every_field_is_decided(protocol: Protocol) -> None:
    # What is computed, and not even shown, is decided with what it is computed from.
    known = {f"Protocol.{name}" for name in vars(protocol)}
    known |= {f"{part.__name__}.{field.name}" for part in PARTS for field in fields(part) if field.init or field.repr}
    decided = [*IN_THE_MODEL, *IN_THE_EVIDENCE, *IN_NEITHER]
    assert sorted(decided) == sorted(known)


def test_every_part_is_one_of_those_listed(protocol: Protocol) -> None:
    """Parts of parts, too: what hangs on a protocol is plain data, terms, sorts, or one of the classes above."""
    plain = (str, int, bool, type(None), Term, Temporal, Position, Sort, Vocabulary, *PARTS)
    seen: set[type] = set()

    def visit(value: Any) -> None:
        seen.add(type(value))
        if isinstance(value, dict):
            for key, inner in value.items():
                visit(key)
                visit(inner)
        elif isinstance(value, (list, tuple)):
            for inner in value:
                visit(inner)
        elif isinstance(value, PARTS):
            for field in fields(value):
                visit(getattr(value, field.name))
        else:
            assert isinstance(value, plain), value

    for value in vars(protocol).values():
        visit(value)
    assert set(PARTS) <= seen


@pytest.mark.parametrize("name", IN_THE_MODEL)
def test_what_the_model_is_changes_both_digests(protocol: Protocol, name: str) -> None:
    before = digest(protocol), evidence_digest(protocol)
    IN_THE_MODEL[name](protocol)
    assert digest(protocol) != before[0]
    assert evidence_digest(protocol) != before[1]


@pytest.mark.parametrize("name", IN_THE_EVIDENCE)
def test_what_a_proof_rests_on_changes_the_digest_of_the_evidence(protocol: Protocol, name: str) -> None:
    before = digest(protocol), evidence_digest(protocol)
    IN_THE_EVIDENCE[name](protocol)
    assert digest(protocol) == before[0]
    assert evidence_digest(protocol) != before[1]


@pytest.mark.parametrize("name", IN_NEITHER)
def test_the_rest_changes_neither(protocol: Protocol, name: str) -> None:
    before = digest(protocol), evidence_digest(protocol)
    told = repr(vars(protocol))
    IN_NEITHER[name](protocol)
    assert repr(vars(protocol)) != told
    assert (digest(protocol), evidence_digest(protocol)) == before


def test_the_order_of_lemmas_is_evidence(protocol: Protocol) -> None:
    protocol.lemmas["More"] = Lemma("More", negation(TRUE), "another")
    before = digest(protocol), evidence_digest(protocol)
    _swap("lemmas")(protocol)
    assert digest(protocol) == before[0]
    assert evidence_digest(protocol) != before[1]


def test_the_sorts_of_a_lemma_are_evidence(protocol: Protocol, tmp_path: Path) -> None:
    """Two lemmas may read alike and speak of ranges of different ends."""
    lemma = """
class L(Range, low=0, high={high}):
    pass

@p.lemma("one")
def One(s: State) -> Bool:
    return forall(L, lambda x: implies(x == 2, s.version <= 3))
"""
    found = [build(SOURCE + lemma.format(high=high), tmp_path) for high in (1, 2)]
    assert digest(found[0]) == digest(found[1]) == digest(protocol)
    assert evidence_digest(found[0]) != evidence_digest(found[1])


def test_integers_and_truth_values_are_not_confused(protocol: Protocol) -> None:
    _within("variables", 0, "initial", lambda old: integer(1))(protocol)
    one = digest(protocol)
    _within("variables", 0, "initial", lambda old: TRUE)(protocol)
    assert digest(protocol) != one
