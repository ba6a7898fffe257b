"""Blame: the guards, choices and lemmas that a proof by induction used, minimised by unsat cores.

The obligations of a proof are asked once more of the model whose guards can be switched off (see `toggles`), each guard assumed
to be in place by a literal of its own. A part that no core contains was not needed: wherever no step leaves a range, the property
holds, by the same lemmas, in the model without it. So every part that breaks the property when it is left out is blamed for it,
or for a range, on which the proof rests. A proof may have several minimal sets; one is given. A choice whose alternative has no
meaning in the variant cannot be left out; it is blamed wherever the property or a lemma reads what the choice decides.

Source: unsat cores as inductive validity cores, E. Ghassabani, A. Gacek, M. Whalen, FSE 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import z3

from verifier.kernel.properties import Property
from verifier.kernel.terms import state_names
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.strategy.toggles import Firm, switchable
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node, copied
from verifier.semantics.ground.columns import inner_nodes
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import Encoding, Formula
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.proof import Proof
from verifier.semantics.obligations.violations import Violations
from verifier.semantics.scope.finite import FiniteScope

if TYPE_CHECKING:
    from verifier.wire.results import BlameEntry

STEPS = 20_000_000
"""The budget of each question, in z3's steps; some seconds."""

METHODS = ("k-induction", "lemmas", "pdr")
"""The methods that have blame: proofs by induction."""


class Blame:
    """The blame of proofs at one finite scope."""

    def __init__(self, scope: FiniteScope) -> None:
        self._firm = Firm(scope.model)
        model, self._switched = switchable(scope.model, self._firm.reached)
        self._model = model
        self.ground = Ground(FiniteScope(model, scope.parameters, scope.labels))
        self.encoding = Encoding(self.ground)
        self._paths: dict[tuple[int, bool], _Path] = {}
        self._copies: dict[int, Node] = {}

    @property
    def queries(self) -> int:
        """Solver calls so far."""
        return sum(path.unrolling.queries for path in self._paths.values())

    def of(self, proof: Proof) -> BlameEntry | None:
        """The guards, choices and lemmas that a proof used; None if it is not an induction, or a solver gives up."""
        if proof.method not in METHODS:
            return None
        prop = {p.name: p for p in self._model.properties}[proof.monitor.property.name]
        violations = Violations(self.encoding, monitor(self.ground, prop))
        # The needs of one obligation are blamed, so the next ones may use them too, without a question whether they have to.
        used: set[str] = set()
        lemmas: set[int] = set()
        waiting: list[int] = []

        def take(path: _Path, goal: Sequence[Formula], supports: dict[int, Formula]) -> bool:
            core = path.core(goal, supports, Core(used, lemmas))
            if core is None:
                return False
            used.update(core.guards)
            waiting.extend(core.supports - lemmas)
            lemmas.update(core.supports)
            return True

        if not all(take(*goal) for goal in self._goals(proof, violations)):
            return None
        while waiting:
            if not take(*self._consecution(proof, waiting.pop(), violations)):
                return None
        if self._firm.reached:
            used |= self._firm.deciding(self._read(prop, proof, lemmas) if proof.k == 1 else None)
        names = [name for name in (*self._switched, *self._firm.reached) if name in used]
        return {"guards": names, "lemmas": [proof.supports[number].text for number in sorted(lemmas)]}

    def _read(self, prop: Property, proof: Proof, lemmas: set[int]) -> set[str]:
        """The variables that the property and these lemmas of its proof read."""
        nodes = inner_nodes([proof.supports[number].node for number in lemmas], {})
        fields = self.ground.layout.fields
        return state_names(prop.formula) | {fields[node.value].variable for node in nodes if node.op == "field"}

    def _goals(self, proof: Proof, violations: Violations) -> list[Goal]:
        """The induction step, and the base cases that take steps."""
        if violations.never:
            return []
        path, at = self._path(proof.k, False), self.encoding.at
        along = range(proof.k + 1 if proof.k > 1 else 1)
        supports = {
            number: path.unrolling.literal([at(self._formula(support.node), step) for step in along])
            for number, support in enumerate(proof.supports)
        }
        goal = [violations.at(proof.k), *(z3.Not(violations.at(step)) for step in range(proof.k))]
        bases = [(self._path(depth, True), [violations.at(depth)], dict[int, Formula]()) for depth in range(1, proof.k)]
        return [(path, goal, supports), *bases]

    def _consecution(self, proof: Proof, number: int, violations: Violations) -> Goal:
        """That every step preserves a support."""
        support, path = proof.supports[number], self._path(1, False)
        formula = self._formula(support.node)
        others = {
            n: path.unrolling.literal(self._formula(other.node))
            for n, other in enumerate(proof.supports)
            if n != number and (support.needs is None or any(node is other.node for node in support.needs))
        }
        goal = [formula, z3.Not(self.encoding.next_state(formula))]
        if proof.k == 1:
            goal.append(self.encoding.formula(violations.holds))
        return path, goal, others

    def _formula(self, node: Node) -> Formula:
        return self.encoding.formula(copied(node, self.ground.circuit, self._copies))

    def _path(self, length: int, rooted: bool) -> _Path:
        if (length, rooted) not in self._paths:
            self._paths[length, rooted] = _Path(self.encoding, length, rooted, self._switched)
        return self._paths[length, rooted]


@dataclass(frozen=True, slots=True)
class Core:
    """The parts that one obligation used: names of guards and choices, numbers of supports."""

    guards: set[str]
    supports: set[int]


Goal = tuple["_Path", Sequence[Formula], dict[int, Formula]]
"""A path, the formulas that it must exclude, and the supports that may be assumed."""


class _Path:
    """A path of some length in one incremental solver, with a literal for each guard to be in place."""

    def __init__(self, encoding: Encoding, length: int, rooted: bool, names: Sequence[str]) -> None:
        self.unrolling = Unrolling(encoding, rooted=rooted, steps=STEPS)
        self.unrolling.extend(length)
        ground = encoding.ground
        self._guards: dict[str, Formula] = {}
        for name in names:
            (field,) = ground.layout.of(name)
            in_place = z3.Not(encoding.formula(ground.field_node(field.number)))
            self._guards[name] = self.unrolling.literal(in_place)

    def core(self, goal: Sequence[Formula], supports: dict[int, Formula], given: Core) -> Core | None:
        """Guards and supports with which the goal is unsatisfiable, minimal in addition to those that are `given`; None if all of
        them are not enough.
        """
        wanted = self.unrolling.literal(list(goal))
        kept = self._ask(wanted, [*self._guards.values(), *supports.values()])
        if kept is None:
            return None
        free = {literal.get_id() for name, literal in self._guards.items() if name in given.guards}
        free |= {literal.get_id() for number, literal in supports.items() if number in given.supports}
        for literal in list(kept):
            if literal.get_id() not in free and any(other is literal for other in kept):
                fewer = self._ask(wanted, [other for other in kept if other is not literal])
                kept = kept if fewer is None else fewer
        ids = {literal.get_id() for literal in kept}
        guards = {name for name, literal in self._guards.items() if literal.get_id() in ids}
        return Core(guards, {number for number, literal in supports.items() if literal.get_id() in ids})

    def _ask(self, wanted: Formula, literals: Sequence[Formula]) -> list[Formula] | None:
        """Those of the literals that show the goal unsatisfiable; None if it is not, or the solver gives up."""
        if self.unrolling.check(wanted, *literals) is not Answer.UNSAT:
            return None
        core = self.unrolling.core()
        return [literal for literal in literals if literal.get_id() in core]
