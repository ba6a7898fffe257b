"""The questions of vacuity to a solver, within a budget: a remark never costs a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verifier.kernel.properties import Property
from verifier.proof.engines.candidate import Candidate, candidate
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.lemmas.houdini import Houdini
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.proof import Checker, Proof, Support
from verifier.semantics.obligations.violations import Violations

STEPS = 2_000_000
"""The budget of one question, in z3's steps: less than a second."""

UNANSWERED = 2
"""How many questions may be left unanswered before no more are asked."""


class VacuitySolver:
    """The questions about one finite scope; `lemmas` gives the inductive set that is known when one comes up."""

    def __init__(
        self, encoding: Encoding, lemmas: Callable[[], Sequence[Candidate]] = tuple, steps: int = STEPS
    ) -> None:
        self.encoding = encoding
        self.queries = 0
        self._unanswered = 0
        self._lemmas = lemmas
        self._steps = steps

    def possible(self, node: Node, *, of_steps: bool) -> Answer:
        """Whether some well-typed state, or pair of states, satisfies a node."""
        if self._unanswered >= UNANSWERED:
            return Answer.UNKNOWN
        self.queries += 1
        # A consequence of the axioms is not a consequence of the types.
        solver = Unrolling(self.encoding, rooted=False, steps=self._steps, candidates=True)
        following = [self.encoding.at(self.encoding.typed, 1)] if of_steps else []
        answer = solver.check(solver.literal([self.encoding.formula(node), *following]))
        self._unanswered += answer is Answer.UNKNOWN
        return answer

    def inductive(self, prop: Property) -> bool:
        """Whether induction with the lemmas shows that nothing violates a property; re-checked."""
        if self._unanswered >= UNANSWERED:
            return False
        watched = Violations(self.encoding, monitor(self.encoding.ground, prop))
        base = Unrolling(self.encoding, rooted=True, steps=self._steps)
        step = Unrolling(self.encoding, rooted=False, steps=self._steps)
        if base.check(base.literal(watched.at(0))) is not Answer.UNSAT:
            return False
        houdini = Houdini(self.encoding, base, step)
        own = candidate(self.encoding, prop.formula) if prop.kind == "state" else None
        closure = houdini.closure(watched.at(1), own, list(self._lemmas()))
        self._unanswered += bool(base.reason or step.reason)
        self.queries += base.queries + step.queries
        if closure is None:
            return False
        supports = tuple(Support("a lemma", entry.node) for entry in closure)
        proof = Proof(watched.monitor, "lemmas", 1, supports)
        return Checker(self.encoding, steps=self._steps).check(proof) is None
