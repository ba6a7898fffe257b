"""The task of the engines at a finite scope: one ground, its open properties, and everything learned about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.proof.engines.candidate import Candidate
from verifier.proof.engines.engine import Statistics
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.monitor import Monitor, monitor
from verifier.semantics.obligations.proof import Proof, Support

if TYPE_CHECKING:
    from verifier.proof.engines.exploration import Exploration
    from verifier.semantics.ground.smt import Encoding
    from verifier.semantics.obligations.violations import Violations

Made = TypeVar("Made")


@dataclass
class FiniteTask:
    """The state that the engines share in one run.

    `open` are the properties without a verdict, by name; it changes while an engine runs. Of them `asked` are those whose
    verdicts are wanted; the others are worth a question only where their proofs serve those. `lemmas` are inductive together,
    so every path may assume them. `closed` are the proofs that were accepted. `learning`: a property that is proved by induction
    of depth 1 becomes a lemma. `hints`: whether the lemmas of the model are used.
    """

    ground: Ground
    open: Mapping[str, Property]
    asked: Callable[[], Mapping[str, Property]]
    learning: bool = True
    hints: bool = True
    lemmas: list[Candidate] = field(default_factory=list)
    closed: dict[str, Proof] = field(default_factory=dict)
    statistics: Statistics = field(default_factory=Statistics)
    start: tuple[int, ...] | None = None
    """The codes of an initial state, if one is known."""
    explored: Exploration | None = None
    """The result of the last explicit search."""
    uncleared: set[str] = field(default_factory=set)
    """The properties that some initial state violates, or for which that is not known."""
    given_up: set[str] = field(default_factory=set)
    """The properties with an induction step that was not answered within its budget."""
    _first: FiniteTask | None = None
    _kept: dict[type, object] = field(default_factory=dict)
    _monitors: dict[str, Monitor] = field(default_factory=dict)
    _violations: dict[str, Violations] = field(default_factory=dict)
    _members: dict[str, Candidate] = field(default_factory=dict)

    def considered(self) -> Mapping[str, Property]:
        """The open properties that are worth a question: where a proved one becomes a lemma all of them, else those asked for."""
        return self.open if self.learning else self.asked()

    def beside(self, others: Mapping[str, Property]) -> FiniteTask:
        """The task of other open properties of the same ground, all of which are asked for: everything learned so far serves them
        too.
        """
        task = FiniteTask(
            self.ground, others, lambda: others, learning=False, lemmas=self.lemmas, statistics=self.statistics, start=self.start
        )
        task._first = self
        return task

    @cached_property
    def encoding(self) -> Encoding:
        """The ground in z3; an engine that needs no solver never asks for it."""
        if self._first is not None:
            return self._first.encoding
        from verifier.semantics.ground.smt import Encoding

        return Encoding(self.ground)

    def encode(self) -> None:
        """Encodes the ground now, and not when a formula is first needed."""
        self.encoding  # noqa: B018

    def monitor(self, prop: Property) -> Monitor:
        """The violations of a property, in the circuit."""
        if prop.name not in self._monitors:
            self._monitors[prop.name] = monitor(self.ground, prop)
        return self._monitors[prop.name]

    def violations(self, prop: Property) -> Violations:
        """The violations of a property, in z3."""
        from verifier.semantics.obligations.violations import Violations

        if prop.name not in self._violations:
            self._violations[prop.name] = Violations(self.encoding, self.monitor(prop))
        return self._violations[prop.name]

    def kept(self, kind: type[Made], make: Callable[[], Made]) -> Made:
        """The one object of a kind that engines keep for this task, made when it is first asked for: solvers stay warm."""
        if kind not in self._kept:
            self._kept[kind] = make()
        return cast(Made, self._kept[kind])

    # -- properties as lemmas ----------------------------------------------------------------------------------------

    def member(self, name: str) -> Candidate | None:
        """A property's condition on a state, as a candidate; None if a state does not decide it."""
        if name not in self._members:
            prop = self.ground.scope.model.find_property(name)
            if not (prop.kind == "state" or (prop.about is not None and not prop.of_steps)):
                return None
            holds = self.violations(prop).holds
            self._members[name] = Candidate(prop.formula, holds, self.encoding.formula(holds))
        return self._members[name]

    def shared(self, name: str) -> Candidate | None:
        """The member of a property that may serve the proofs of others: its text is known to have a value everywhere."""
        texts = [result.name for result in self.ground.scope.model.properties if result.about == name]
        if not self.learning or not self.closed.keys() >= set(texts):
            return None
        return self.member(name)

    def learn(self) -> None:
        """Adds to the lemmas the properties proved by induction of depth 1 that assume only lemmas and each other."""
        known = {entry.node.index for entry in self.lemmas}
        new: dict[str, tuple[Candidate, Proof]] = {}
        for name, proof in self.closed.items():
            member = self.shared(name) if proof.k == 1 and isinstance(cast(object, proof), Proof) else None
            # A proof for any size says nothing about the needs of this one.
            if member is not None and member.node.index not in known:
                new[name] = member, proof
        while True:
            result = known | {member.node.index for member, _ in new.values()}
            kept = {
                n: (m, p) for n, (m, p) in new.items() if all(support.node.index in result for support in p.supports)
            }
            if len(kept) == len(new):
                break
            new = kept
        self.lemmas[:0] = [member for member, _ in new.values()]

    def support(self, entry: Candidate, needs: Sequence[Candidate] | None = None) -> Support:
        """A lemma as a proof has it; `needs` are the others that its consecution uses, None: any of them."""
        nodes = None if needs is None else tuple(other.node for other in needs)
        model = self.ground.scope.model
        for name, member in self._members.items():
            if member is entry:
                return Support(model.find_property(name).short or name, entry.node, nodes)
        return Support(text(entry.term, model.vocabulary, outer=False), entry.node, nodes, term=entry.term)
