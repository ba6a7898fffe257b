"""The workbench at a finite scope: each statement by itself, all of them assumed as they are written."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from verifier.kernel.properties import Property
from verifier.proof.strategy.workbench.asked import Asked
from verifier.proof.strategy.workbench.bench import Bench, Cti
from verifier.proof.strategy.workbench.falsify import Falsified, Tell, false, falsified, traced
from verifier.proof.strategy.workbench.findings import Finding, Found, Shown, Step
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.statements import Statement


class Checking:
    """Checks the statements of one instance, whose model is `watched`. `parameters` are its sizes as documents name them."""

    def __init__(
        self, bench: Bench, stated: Sequence[Statement], asked: Asked, parameters: Mapping[str, Any], progress: Tell
    ) -> None:
        self.bench = bench
        self.stated = tuple(stated)
        self.asked = asked
        self.parameters = parameters
        self.progress = progress
        actions = [action.name for action in bench.ground.scope.model.actions]
        self.actions = actions if asked.action is None else [asked.action]
        self._names = {part.name: one.name for one in stated for part in one.parts}
        self._falsified: Falsified | None = None

    @property
    def queries(self) -> int:
        """The calls of solvers so far."""
        return self.bench.queries

    def run(self, known: Collection[str] = ()) -> Iterator[Finding]:
        """The finding on each statement, in their order, except those that are `known` by name."""
        if self.asked.question != "preserved":
            self._falsified = self._looked()
        for one in self.stated:
            if one.name not in known:
                yield self._finding(one)

    def _finding(self, one: Statement) -> Finding:
        began = time.perf_counter()
        self.progress(one.name, "lemmas", 1)
        finding = self._false(one)
        parts = tuple(self.part(one, part) for part in one.parts) if finding is None else (finding,)
        return Finding(one, parts, seconds=round(time.perf_counter() - began, 3))

    # -- reachable states --------------------------------------------------------------------------------------------

    def _looked(self) -> Falsified:
        k = self.asked.k if self.asked.question == "inductive" else 0
        result = self._look(self.bench, [*(one.whole for one in self.stated), *self._texts.values()], k)
        if self.asked.question == "inductive":
            return result
        initially = {n: path for n, path in result.violations.items() if len(path.steps) == 1 and path.attempt is None}
        later = {name: 0 for name in result.violations if name not in initially}
        return Falsified(initially, {**result.depths, **later}, False)

    def _look(self, bench: Bench, properties: Sequence[Property], k: int) -> Falsified:
        return falsified(bench.ground, properties, k, self.progress, lambda: bench.encoding)

    def _false(self, one: Statement) -> Found | None:
        """The trace to a reachable state that falsifies a statement, if there is one among the states that were examined."""
        known = {} if self._falsified is None else self._falsified.violations
        if one.whole.name in known:
            return false(self.bench.replayer, one, known[one.whole.name], self.parameters, self.scope)
        text = self._texts.get(one.name)
        if text is None or text.name not in known:
            return None
        trace = traced(self.bench.replayer, text, known[text.name], self.scope)
        reason = "its text has no value at the end of a run, so it serves no proof"
        return Found(one.parts[0], "false", trace=trace, sizes=self.parameters, reason=reason)

    @cached_property
    def _texts(self) -> dict[str, Property]:
        """For each lemma whose text may be undefined, that it is not; for an invariant that has a verdict of its own."""
        lemmas = {one.whole.name: one.name for one in self.stated if one.kind == "lemma"}
        props = [p for p in self.bench.ground.scope.model.properties if p.kind == "defined" and p.about in lemmas]
        return {lemmas[str(p.about)]: p for p in props}

    @property
    def scope(self) -> str:
        """The scope that traces are of."""
        return "published"

    @cached_property
    def false(self) -> set[str]:
        """The parts of the statements that a known run falsifies."""
        known = {} if self._falsified is None else self._falsified.violations
        return {part.name for one in self.stated if one.whole.name in known for part in one.parts}

    # -- steps -------------------------------------------------------------------------------------------------------

    def part(self, one: Statement, part: Property) -> Found:
        """The finding on a part that no known reachable state falsifies."""
        if self.asked.question == "initially":
            return self.initially(one, part)
        steps = tuple(self._steps(part))
        bad = next((step for step in steps if step.status == "not preserved"), None)
        if bad is not None:
            return self.broken(one, part, bad, steps)
        open_ = next((step for step in steps if step.status == "unknown"), None)
        if open_ is not None:
            return Found(part, "unknown", action=open_.action, reason=open_.reason, steps=steps)
        status: Literal["inductive", "preserved"] = "inductive" if self.asked.question == "inductive" else "preserved"
        return self.established(one, Found(part, status, self.needed(part, steps), steps=steps))

    def initially(self, one: Statement, part: Property) -> Found:
        """Whether a part holds in every initial state; none is known that falsifies it."""
        assert self._falsified is not None
        if self._cleared(one) < 0:
            return Found(part, "unknown", reason="no initial state was examined")
        return Found(part, "initial")

    def _cleared(self, one: Statement) -> int:
        assert self._falsified is not None
        return self._falsified.depths.get(one.whole.name, -1)

    def established(self, one: Statement, finding: Found) -> Found:
        """A part that every step preserves, if it holds initially."""
        if self.asked.question == "inductive" and self._cleared(one) < 0:
            return Found(finding.part, "unknown", reason="it is not shown to hold initially", steps=finding.steps)
        return finding

    def broken(self, one: Statement, part: Property, step: Step, steps: tuple[Step, ...]) -> Found:
        """A part that a step of an action does not preserve; where a run is met that falsifies it, it is false."""
        if step.false is not None:
            return Found(part, "false", trace=step.false.trace, sizes=step.false.sizes, steps=steps)
        return Found(part, "not preserved", action=step.action, shown=step.shown, steps=steps)

    def _steps(self, part: Property) -> Iterator[Step]:
        """The effect of each action on a part. Unless the actions are asked for, the first that does not preserve it says enough.
        """
        if self.asked.question == "inductive":
            yield from self.step(part)
            return
        for action in self.actions:
            yield from self.step(part, action)

    def step(self, part: Property, action: str | None = None) -> Iterator[Step]:
        """The effect of a step of an action on a part; without an action the first one that does not preserve it, if there is
        one.
        """
        answer = self.bench.breaks(part, action)
        if answer is Answer.UNSAT:
            if action is not None:
                yield Step(action, "preserved", self.named(self.bench.needs(part, action, self.false)))
            return
        if answer is Answer.UNKNOWN:
            yield Step(action or "some action", "unknown", reason=f"the solver gave up: {self.bench.reason}")
            return
        for name in self.actions if action is None else [action]:
            cti = self.bench.counterexample(part, name)
            if cti is not None:
                yield self.broken_by(name, self.bench, part, cti, self.parameters)
                return
        yield Step(action or "some action", "unknown", reason=f"the solver gave up: {self.bench.reason}")

    def needed(self, part: Property, steps: Sequence[Step]) -> tuple[str, ...]:
        """The names of the statements on which the preservation of a part rests."""
        if self.asked.question == "inductive":
            return self.named(self.bench.needs(part, None, self.false))
        return self.named([name for step in steps for name in step.needs])

    def named(self, parts: Sequence[str]) -> tuple[str, ...]:
        """The statements that have these parts, in their order; then the other names."""
        order = {one.name: place for place, one in enumerate(self.stated)}
        result = dict.fromkeys(self._names.get(name, name) for name in parts)
        return tuple(sorted(result, key=lambda name: order.get(name, len(order))))

    # -- first states ------------------------------------------------------------------------------------------------

    def broken_by(self, action: str, bench: Bench, part: Property, cti: Cti, sizes: Mapping[str, Any]) -> Step:
        """An action that does not preserve a part, with the known facts about the first state of the counterexample.

        A run that reached it would go on to falsify the part, and none that was examined does.
        """
        known = [one for one in self.stated if part in one.parts]
        where = self.roomy(bench)
        if known and self._falsified is not None and where is self.bench:
            depth, complete = self._cleared(known[0]), self._falsified.complete
        else:
            looked = self._look(where, [part], self.asked.k)
            if part.name in looked.violations:
                trace = traced(where.replayer, part, looked.violations[part.name], self.scope)
                return Step(action, "not preserved", false=Found(part, "false", trace=trace, sizes=where.sizes))
            depth, complete = looked.depths[part.name], looked.complete
        reach = self.parameters if where is self.bench else where.sizes
        return Step(action, "not preserved", shown=Shown(cti, sizes, max(0, depth - 1), complete, reach))

    def property_broken(self, prop: Property) -> Shown | None:
        """A counterexample to induction for a property of any kind, by the first action that has one."""
        for action in self.actions:
            step = self.smallest(prop, action)
            if step is not None:
                return step.shown
        return None

    def smallest(self, prop: Property, action: str) -> Step | None:
        """The counterexample to induction of an action, if there is one."""
        cti = self.bench.counterexample(prop, action)
        return None if cti is None else self.broken_by(action, self.bench, prop, cti, self.parameters)

    def roomy(self, bench: Bench) -> Bench:
        """The instance in which runs to the first state of a counterexample are searched for."""
        return bench
