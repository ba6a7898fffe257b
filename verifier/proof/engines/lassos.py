"""Lassos by unrolling: a path whose last state equals an earlier one, with a latch for whatever the loop has to see.

Sources: A. Biere, A. Cimatti, E. Clarke, Y. Zhu, Symbolic model checking without BDDs, TACAS 1999 (loops in a path); A. Biere,
K. Heljanko, T. Junttila, T. Latvala, V. Schuppan, Linear encodings of bounded LTL model checking, LMCS 2006 (one start).

The path grows; at each length n its lassos of n steps, stem and loop together, are asked for. Of all that are found within the
bound the one with the smallest stem counts, of those the one with the smallest loop; loop 0 is stuttering forever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import z3

from verifier.proof.engines.engine import Budget, Decided, Event, Open, Progress, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.unrolling import Unrolling
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.liveness import Case, Fairness, Liveness, liveness
from verifier.semantics.ground.path import Path
from verifier.semantics.ground.reduction import stuttering
from verifier.semantics.ground.smt import Encoding, Formula


@dataclass(frozen=True, slots=True)
class Found:
    """A lasso: its path, and the place where the loop begins."""

    path: Path
    stem: int
    loop: int


class LassoPath:
    """A growing path from an initial state with all constraints on a loop at its end.

    `begun[j]` says that the loop has begun at state j or before; `chosen` which case is violated.
    """

    def __init__(self, encoding: Encoding, stated: Liveness, *, steps: int | None = None) -> None:
        self.encoding = encoding
        self.path = Unrolling(encoding, rooted=True, steps=steps)
        self._stated = stated
        self._circuit = encoding.ground.circuit
        self.begun: list[Formula] = []
        self._chosen = [encoding.literal() for _ in stated.cases]
        self._never = [encoding.literal() for _ in stated.fairness]
        self._late: list[list[Formula]] = []
        self._latches: list[list[Formula]] = []
        self._recurring = max((len(case.recur) for case in stated.cases), default=0)
        self._state()
        self.path.require(*(z3.Not(z3.And(a, b)) for n, a in enumerate(self._chosen) for b in self._chosen[:n]))

    # -- the path ----------------------------------------------------------------------------------------------------

    def extend(self, length: int) -> None:
        """Makes the path `length` steps long, with the constraints on each step."""
        while self.path.length < length:
            step = self.path.length
            self.path.extend(step + 1)
            self._state()
            self._step(step)
            self._latch(step, self.begun[step])

    def _at(self, node: Node, step: int) -> Formula:
        return self.encoding.at(self.encoding.formula(node), step)

    def _state(self) -> None:
        """Adds the constraints on one more state."""
        begun = self.encoding.literal()
        if self.begun:
            self.path.require(z3.Implies(self.begun[-1], begun))
        self.begun.append(begun)
        latches = [self.encoding.literal() for _ in range(self._recurring + len(self._stated.fairness))]
        if not self._latches:
            self.path.require(*(z3.Not(latch) for latch in latches))
        self._latches.append(latches)

    def _step(self, step: int) -> None:
        """Adds the constraints of the cases on the step out of a state: in the loop, and from the trigger on."""
        circuit, begun = self._circuit, self.begun[step]
        late: list[Formula] = []
        for case, chosen in zip(self._stated.cases, self._chosen, strict=True):
            self.path.require(z3.Implies(z3.And(begun, chosen), self._at(case.hold, step)))
            triggered = self._at(circuit.and_((case.trigger, case.hold)), step)
            if step:
                before = z3.And(self._late[-1][len(late)], self._at(case.hold, step))
                triggered = before if case.initially else z3.Or(before, triggered)
            literal = self.encoding.literal()
            self.path.require(z3.Implies(literal, triggered))
            late.append(literal)
        self._late.append(late)

    def _latch(self, step: int, begun: Formula) -> None:
        """Adds the constraints on the latches after the step out of a state, where the loop has begun."""
        seen = [self._recurs(place, step) for place in range(self._recurring)]
        seen += [self._fair(place, fairness, step) for place, fairness in enumerate(self._stated.fairness)]
        for before, now, after in zip(self._latches[step], seen, self._latches[step + 1], strict=True):
            self.path.require(z3.Implies(after, z3.And(begun, z3.Or(before, now))))

    def _recurs(self, place: int, step: int) -> Formula:
        parts = []
        for case, chosen in zip(self._stated.cases, self._chosen, strict=True):
            asked = case.recur[place] if place < len(case.recur) else self._circuit.true
            parts.append(z3.And(chosen, self._at(asked, step)))
        return self.encoding.or_(parts)

    def _fair(self, place: int, fairness: Fairness, step: int) -> Formula:
        """Whether a step meets a condition: taken or, if it is weak, disabled."""
        taken = z3.And(self.encoding.selected(fairness.instances), self.encoding.formula(self._changed(fairness)))
        met = self.encoding.at(taken, step) if fairness.instances else z3.BoolVal(False, self.encoding.context)
        disabled = self._circuit.not_(fairness.enabled)
        if not fairness.strong:
            return z3.Or(met, self._at(disabled, step))
        self.path.require(z3.Implies(z3.And(self._never[place], self.begun[step]), self._at(disabled, step)))
        return met

    def _changed(self, fairness: Fairness) -> Node:
        """Whether a step changes something that instances of the condition write."""
        ground, circuit = self.encoding.ground, self._circuit
        numbers = sorted({number for i in fairness.instances for number in ground.instances[i].writes})
        pairs = [(ground.field_node(number), ground.field_node(number, 1)) for number in numbers]
        return circuit.or_(circuit.not_(circuit.iff(a, b) if a.is_bool else circuit.eq(a, b)) for a, b in pairs)

    # -- lassos ------------------------------------------------------------------------------------------------------

    def lasso(self, stem: int | None = None) -> Found | Answer | None:
        """A lasso as long as the path with a stem of at most this many steps, the smallest of them; UNKNOWN if it is not known.
        """
        length = self.path.length
        most = length if stem is None else min(stem, length)
        found: Found | None = None
        goal = self.path.literal(self._closed()) if length else None
        while goal is not None and most >= 0:
            answer = self.path.check(goal, self.begun[min(most, length - 1)])
            if answer is Answer.UNKNOWN:
                return answer
            if answer is Answer.UNSAT:
                break
            found = self._found(next(n for n, begun in enumerate(self.begun) if self.encoding.holds(self.path.model, begun)))
            most = found.stem - 1
        if found is None and most >= length:
            answer = self.path.check(self.path.literal(self._stuttering()))
            if answer is Answer.UNKNOWN:
                return answer
            if answer is Answer.SAT:
                return self._found(length)
        return found

    def _found(self, stem: int) -> Found:
        length = self.path.length
        return Found(Path(tuple(self.encoding.path(self.path.model, length)), loop=stem), stem, length - stem)

    def _closed(self) -> Formula:
        """The last state is the one where the loop begins, and the loop has seen everything."""
        length = self.path.length
        begins = [self.begun[0], *(z3.And(z3.Not(a), b) for a, b in zip(self.begun, self.begun[1:length], strict=False))]
        again = z3.Or(*(z3.And(start, self.encoding.same(n, length)) for n, start in enumerate(begins)))
        late = z3.Or(*(z3.And(chosen, late) for chosen, late in zip(self._chosen, self._late[-1], strict=True)))
        latches = self._latches[length]
        fair = [
            z3.Or(latch, never) if fairness.strong else latch
            for fairness, never, latch in zip(self._stated.fairness, self._never, latches[self._recurring :], strict=True)
        ]
        return z3.And(again, late, *latches[: self._recurring], *fair)

    def _stuttering(self) -> Formula:
        """Stuttering in the last state forever is fair, and violates a case."""
        circuit, length = self._circuit, self.path.length
        fair = [circuit.not_(fairness.enabled) for fairness in self._stated.fairness]
        return z3.And(
            self._at(circuit.and_((self.encoding.ground.constraint, *fair)), length),
            z3.Or(*(self._stutters(number, case) for number, case in enumerate(self._stated.cases))),
        )

    def _stutters(self, number: int, case: Case) -> Formula:
        ground, length = self.encoding.ground, self.path.length
        trigger, *kept = stuttering(ground, [case.trigger, case.hold, *case.recur])
        late = [self._late[-1][number]] if self._late else []
        if length == 0 or not case.initially:
            late.append(self._at(trigger, length))
        return z3.And(self._at(self._circuit.and_(kept), length), z3.Or(*late))


def shortest(path: LassoPath, bound: int) -> Iterator[Found | Answer | None]:
    """The best lasso so far, for each length up to the bound; none is better once the last is given. UNKNOWN ends it."""
    best: Found | None = None
    for length in range(bound + 1):
        path.extend(length)
        found = path.lasso(None if best is None else best.stem - 1)
        if isinstance(found, Answer):
            yield found
            return
        best = found or best
        yield best
        if best is not None and best.stem == 0:
            return


class Lassos:
    """Looks for a lasso to each property of liveness, to the depth of the budget."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Refutes the properties asked for; see `Engine`."""
        for name, prop in list(task.asked().items()):
            path = LassoPath(task.encoding, liveness(task.ground, prop), steps=budget.steps)
            yield from self._search(name, path, budget.depth)
            task.statistics.queries += path.path.queries

    @staticmethod
    def _search(name: str, path: LassoPath, bound: int) -> Iterator[Event]:
        best: Found | None = None
        reason = None
        yield Progress("lassos by unrolling", 0)
        for length, found in enumerate(shortest(path, bound)):
            if isinstance(found, Answer):
                reason = f"the solver gave up at depth {length}: {path.path.reason}"
                bound = length - 1
            else:
                best = found
                yield Progress("lassos by unrolling", length + 1)
        # A loop beyond the bound may have a smaller stem; there is none smaller than 0.
        said = Open(bound, reason) if best is None else Violated(best.path, shortest=best.stem == 0)
        yield Decided(name, said)
