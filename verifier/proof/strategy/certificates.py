"""Certificates of proofs at published scope: the definitions of the model, and the questions about them in the method's scheme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from verifier.evidence.certificate import complete, facts_of
from verifier.evidence.scheme import Scheme
from verifier.kernel.model import Model
from verifier.kernel.printing import show, stutters, text
from verifier.kernel.properties import Property
from verifier.kernel.protocol import Protocol
from verifier.kernel.temporal_text import stated_under, temporal_text
from verifier.proof.strategy.errors import Inconsistency, Unanswered
from verifier.proof.strategy.exhausted import LESS, QUESTIONS, by_ic3, reached
from verifier.proof.strategy.net_live import LiveNet
from verifier.proof.strategy.witnesses import STEPS, Firings, Witnesses
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smtlib import SmtLib
from verifier.semantics.obligations.monitor import Monitor
from verifier.semantics.obligations.proof import Checker, Proof, Searched, Support

if TYPE_CHECKING:
    from verifier.kernel.declarations import Declarations
    from verifier.semantics.ground.smt import Encoding
    from verifier.wire.certificates import CertificateDocument, CertifiedSearchEntry, SearchForm


class ModelText:
    """The definitions of one model at published scope, as text; parts that all properties share are written once."""

    def __init__(self, model: Model, ground: Ground) -> None:
        self.ground = ground
        self.smtlib = smt = SmtLib(ground)
        self.actions = [smt.action(action) for action in model.actions]
        self._common = {
            "Typed": smt.typed(),
            "Init": smt.initial(ground.initial),
            "Constraint": smt.formula(ground.constraint),
            **{f"Axiom {number + 1}": smt.formula(node) for number, node in enumerate(ground.axioms)},
            **{f"Action {action.name}": action.body for action in self.actions},
        }

    def definitions(self, monitor: Monitor, lemmas: Sequence[Node]) -> tuple[Scheme, dict[str, str]]:
        """The definitions for a property that is proved with lemmas, and a scheme of that shape.

        A candidate for an initial state that violates the property by itself counts as an initial one: there must be none.
        """
        smt, circuit = self.smtlib, self.ground.circuit
        actions = tuple((action.name, action.width) for action in self.actions)
        inside = circuit.and_((monitor.bad_inside, self.ground.constraint))
        start = monitor.bad_start
        candidates = {} if start is circuit.false else {"Init": smt.initial(circuit.or_((self.ground.initial, start)))}
        bodies = {
            **self._common,
            **candidates,
            **{f"Lemma {number + 1}": smt.formula(node) for number, node in enumerate(lemmas)},
            "Bad": smt.formula(circuit.or_((monitor.bad_state, inside, start))),
            "BadStep": smt.formula(monitor.bad_step),
        }
        return Scheme(tuple(smt.fields), actions, len(lemmas), "trivial", 0, len(self.ground.axioms)), bodies


class Certificates:
    """The certificates of one run at published scope. Those of exhaustive searches need no `encoding`.

    `runs` gives the observations from runs of the model, where there were any.
    """

    def __init__(
        self,
        ground: Ground,
        head: Mapping[str, Any],
        encoding: Callable[[], Encoding] | None = None,
        runs: Callable[[], Firings] | None = None,
    ) -> None:
        self.model = ground.scope.model
        self._runs = runs
        self._ground = ground
        self._given = encoding
        self._head = head
        self._reached: dict[Searched, Support | None] = {}
        self._questions: dict[Searched, int] = {}

    @cached_property
    def _text(self) -> ModelText:
        return ModelText(self.model, self._ground)

    @cached_property
    def encoding(self) -> Encoding:
        """The formulas of the model: those of the engines, where there are any."""
        from verifier.semantics.ground.smt import Encoding

        return Encoding(self._ground) if self._given is None else self._given()

    @cached_property
    def _witnesses(self) -> Witnesses:
        return Witnesses(self.encoding, self._text.smtlib, self._text.actions, self._runs() if self._runs else Firings())

    def certificate(self, proof: Proof, rests_on: list[str]) -> CertificateDocument:
        """The certificate of a proof; `rests_on` names the properties that must be proved besides it."""
        if proof.method == "exhaustive":
            if proof.search is None:
                raise ValueError("a proof by exhaustive search comes with what was searched")
            form, said, definitions = self._by_induction(proof)
            count: CertifiedSearchEntry = {
                "form": form,
                "states": proof.search.exploration.distinct,
                "digest": proof.search.digest,
                "diameter": proof.k + 1,
                "left_out": proof.left_out,
            }
            header = {**self.header(said, rests_on), "method": proof.method, "k": proof.k}
            return complete({**header, **definitions, "exhaustive": count})
        if proof.reduction is None:
            return complete({**self.header(proof, rests_on), **self.definitions(proof)})
        entry = {"name": proof.reduction.name, "rounds": proof.reduction.rounds}
        reduced = Certificates(proof.reduction, self._head)
        run = LiveNet(self._ground.scope).fair(proof.monitor.property)
        header = {**self.header(proof, rests_on), "reduction": entry, "fair_run": run}
        return complete({**header, **reduced.definitions(proof)})

    def _by_induction(self, proof: Proof) -> tuple[SearchForm, Proof, dict[str, Any]]:
        """A proof by search as one by induction that a fresh solver accepts, and its definitions; itself if there is none.

        Of runs without an end that come back to a good state no invariant says anything.
        """
        if proof.monitor.property.kind != "liveness":
            for form, inductive in self._invariants(proof):
                failure = self._checker.check(inductive)
                if failure is not None and failure.answer is Answer.SAT:
                    what = f"the invariant for what was searched of {proof.monitor.property.name} is none"
                    raise Inconsistency(f"{what}: {failure.obligation}: {failure.reason}")
                with suppress(Unanswered):
                    if failure is None:
                        return form, inductive, self.definitions(inductive)
        return "count", proof, {}

    def _invariants(self, proof: Proof) -> Iterator[tuple[SearchForm, Proof]]:
        assert proof.search is not None
        if proof.search not in self._reached:
            self._reached[proof.search] = reached(self._ground, proof.search)
        support = self._reached[proof.search]
        if support is not None:
            yield "set", Proof(proof.monitor, "lemmas", 1, (support,), proof.search)
            return
        questions = self._questions.setdefault(proof.search, QUESTIONS)
        inductive = by_ic3(self._ground, proof, questions)
        if inductive is None:
            self._questions[proof.search] = questions // LESS
        else:
            yield "invariant", inductive

    @cached_property
    def _checker(self) -> Checker:
        return Checker(self.encoding, steps=STEPS)

    def header(self, proof: Proof, rests_on: list[str]) -> dict[str, Any]:
        """The facts in every certificate: which property is proved, of which model, and how."""
        prop = proof.monitor.property
        return {
            **facts_of(self._head),
            **described(self.model, prop),
            "method": proof.method,
            "k": proof.k,
            "formula": formula_of(self.model, prop),
            "invariant": [formula_of(self.model, prop), *(support.text for support in proof.supports)],
            "clauses": [
                {"form": support.clause.form, "literals": list(support.clause.literals)}
                for support in proof.supports
                if support.clause is not None and proof.method == "pdr"
            ],
            "rests_on": rests_on,
        }

    def definitions(self, proof: Proof) -> dict[str, Any]:
        """Fields, actions and definitions, the questions of the scheme, and values that satisfy the witnesses."""
        scheme, bodies = self._text.definitions(proof.monitor, [support.node for support in proof.supports])
        scheme = replace(scheme, method=proof.method, k=proof.k)
        witnesses = self._witnesses.of(proof)
        asked = scheme.witnesses(witnesses)
        return {
            "logic": "QF_BV",
            "fields": [{"name": name, "sort": sort} for name, sort in scheme.fields],
            "actions": [{"name": name, "width": width} for name, width in scheme.actions],
            "declarations": scheme.declarations(),
            "definitions": [{"name": name, "smtlib": scheme.define(name, body)} for name, body in bodies.items()],
            "obligations": [question.document() for question in scheme.obligations()],
            "witnesses": [{**q.document(), **given} for q, given in zip(asked, witnesses, strict=True)],
        }


@lru_cache(maxsize=4)  # the certificates of one run have it in common
def _shown(protocol: Declarations, variant: str) -> str:
    return show(Protocol.of(protocol), variant)


def described(model: Model, prop: Property) -> dict[str, Any]:
    """A property's names and formula, and the text of the protocol."""
    return {
        "property": prop.short or prop.name,
        "published_name": prop.name,
        "property_kind": prop.kind if prop.goal is None else "reachable",
        "protocol_text": _shown(model.protocol, model.variant.name),
        "fairness": stated_under(prop, model.vocabulary),
    }


def formula_of(model: Model, prop: Property) -> str:
    """A property as a readable formula."""
    if prop.kind == "range":
        return f"the values of {', '.join(prop.variables)} stay within their sorts"
    if prop.kind == "defined":
        where = f" in {prop.about}" if prop.about else ""
        return f"every partial operation that is used{where} is defined"
    if prop.temporal is not None:
        return temporal_text(prop.temporal, model.vocabulary)
    # The values that a law mentions are the state of the model that decides it, but not of the protocol.
    formula = model.protocol.properties[prop.name].formula if prop.kind == "law" else prop.formula
    return text(formula, model.vocabulary) + stutters(prop)
