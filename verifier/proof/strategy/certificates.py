"""Certificates of proofs at published scope: the definitions of the model, and what the method's scheme asks of them."""

from __future__ import annotations

from typing import Any

import z3

from verifier.evidence.certificate import facts_of, seal
from verifier.evidence.scheme import Scheme
from verifier.kernel.model import Model
from verifier.kernel.printing import show, stutters, text
from verifier.kernel.properties import Property
from verifier.proof.strategy.errors import Unanswered
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.smt import Encoding, Formula
from verifier.semantics.ground.smtlib import ActionText, SmtLib, bits
from verifier.semantics.obligations.proof import Proof
from verifier.semantics.obligations.violations import Violations


class Certificates:
    """The certificates of one run at published scope."""

    def __init__(self, model: Model, encoding: Encoding, head: dict[str, Any]) -> None:
        self.model = model
        self.encoding = encoding
        self._head = head
        self._smtlib = SmtLib(encoding.ground)
        self._common: dict[str, str] = {}
        self._actions: list[ActionText] = []

    def certificate(self, proof: Proof, rests_on: list[str], exhaustive: dict[str, Any] | None) -> dict[str, Any]:
        """The certificate of a proof; `rests_on` names the properties that must be proved beside it."""
        document = self.header(proof, rests_on)
        if proof.method == "exhaustive":
            if exhaustive is None:
                raise ValueError("a proof by exhaustive search comes with a count and a digest")
            count = {"states": exhaustive["states"], "digest": exhaustive["digest"], "diameter": proof.k + 1}
            return seal({**document, "exhaustive": count})
        return seal({**document, **self.definitions(proof)})

    def header(self, proof: Proof, rests_on: list[str]) -> dict[str, Any]:
        """What every certificate says of what is proved, of what, and how."""
        found = proof.monitor.property
        return {
            **facts_of(self._head),
            **described(self.model, found),
            "method": proof.method,
            "k": proof.k,
            "formula": formula_of(found),
            "invariant": [formula_of(found), *(support.text for support in proof.supports)],
            "rests_on": rests_on,
            "observed": [],
        }

    def definitions(self, proof: Proof) -> dict[str, Any]:
        """Fields, actions and definitions, the questions of the scheme, and values that satisfy the witnesses."""
        smt, monitor = self._smtlib, proof.monitor
        ground = self.encoding.ground
        if not self._common:
            self._common = {"Typed": smt.typed(), "Init": smt.initial(), "Constraint": smt.formula(ground.constraint)}
            self._actions = [smt.action(action) for action in self.model.actions]
        violations = Violations(self.encoding, monitor)
        bad = ground.circuit.not_(violations.holds)
        scheme = Scheme(
            tuple(smt.fields),
            tuple((action.name, action.width) for action in self._actions),
            len(proof.supports),
            proof.method,
            proof.k,
        )
        bodies = {
            **self._common,
            **{f"Action {action.name}": action.body for action in self._actions},
            **{f"Lemma {number + 1}": smt.formula(entry.node) for number, entry in enumerate(proof.supports)},
            "Bad": smt.formula(bad),
            "BadStep": smt.formula(monitor.bad_step),
        }
        witnesses, warnings = self._witnesses(proof, violations, bad)
        asked = scheme.witnesses(witnesses)
        return {
            "logic": "QF_BV",
            "fields": [{"name": name, "sort": sort} for name, sort in smt.fields],
            "actions": [{"name": action.name, "width": action.width} for action in self._actions],
            "declarations": scheme.declarations(),
            "definitions": [{"name": name, "smtlib": scheme.define(name, body)} for name, body in bodies.items()],
            "obligations": [question.document() for question in scheme.obligations()],
            "witnesses": [{**q.document(), **given} for q, given in zip(asked, witnesses, strict=True)],
            "warnings": warnings,
        }

    # -- witnesses ---------------------------------------------------------------------------------------------------

    def _witnesses(self, proof: Proof, violations: Violations, bad: Node) -> tuple[list[dict[str, Any]], list[str]]:
        """Values that satisfy each witness, or that it is unsatisfiable, with a warning.

        Raises Unanswered if a solver gives up on one: what may have values is not said to have none.
        """
        encoding, found = self.encoding, proof.monitor.property
        formulas = [encoding.formula(support.node) for support in proof.supports]
        fine = [encoding.typed, *formulas, encoding.formula(encoding.ground.circuit.not_(bad))]
        result = [self._satisfy("an initial state", [encoding.initial, *fine], 1)]
        warnings = []
        for action, told in zip(self.model.actions, self._actions, strict=True):
            numbers = [i.number for i in encoding.ground.instances if i.action is action]
            parts = [*fine, encoding.constraint, encoding.transition]
            fires = [*parts, encoding.selected(numbers)]
            entry = self._satisfy(f"a step of {action.name}", fires, 2, told) if numbers else _UNSAT
            result.append(entry)
            if entry is _UNSAT:
                warnings.append(f"{action.name} cannot fire at this scope while the invariant holds")
        typed = [encoding.typed, encoding.next_state(encoding.typed)]
        fails = self._satisfy("values that violate it", [*typed, z3.Or(violations.at(0), violations.at(1))], 2)
        result.append(fails)
        if fails is _UNSAT and found.kind in ("state", "action"):
            warnings.append(f"{found.short or found.name} holds in every well-typed state and step")
        return result, warnings

    def _satisfy(
        self, what: str, formulas: list[Formula], states: int, action: ActionText | None = None
    ) -> dict[str, Any]:
        """Values that satisfy the formulas, or that there are none. Raises Unanswered if the solver gives up."""
        solver = self.encoding.solver()
        solver.add(*formulas)
        match Answer.of(solver.check()):
            case Answer.UNSAT:
                return _UNSAT
            case Answer.UNKNOWN:
                raise Unanswered(f"the solver gave up on {what}: {solver.reason_unknown()}")
        model = solver.model()
        entry: dict[str, Any] = {"expected": "sat", "state": self._smtlib.values(self.encoding.codes(model, 0))}
        if states == 2:
            entry["next"] = self._smtlib.values(self.encoding.codes(model, 1))
        if action is not None:
            entry["pick"] = bits(self.encoding.instance(model, 0) - action.first, action.width)
        return entry


_UNSAT: dict[str, Any] = {"expected": "unsat"}


def described(model: Model, found: Property) -> dict[str, Any]:
    """A property's names and formula, and the text of the protocol."""
    return {
        "property": found.short or found.name,
        "published_name": found.name,
        "property_kind": found.kind,
        "protocol_text": show(model.protocol, model.variant.name),
    }


def formula_of(found: Property) -> str:
    """A property as a readable formula."""
    if found.kind == "range":
        return f"the values of {', '.join(found.variables)} stay within their sorts"
    if found.kind == "defined":
        where = f" in {found.about}" if found.about else ""
        return f"every partial operation that is used{where} is defined"
    return text(found.formula) + stutters(found)
