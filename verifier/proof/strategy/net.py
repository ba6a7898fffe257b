"""The net under every proof: a finite instance is run for some thousand steps before a property is called PROVED.

It shares only the kernel with the provers: no circuit, no formula of a solver, only the concrete semantics. From the initial
states it goes breadth first, which is the shortest way to whatever a few steps can do; then at random, from there and from where
an action fired first, taking the actions that fired least. The same steps every time; how many is counted, not timed. If it meets
no violation, that proves nothing. If it meets a violation of a proved property, that is an internal error.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from math import isqrt, prod
from typing import TYPE_CHECKING, Any

from verifier.kernel.errors import UsageError
from verifier.kernel.properties import Property
from verifier.kernel.terms import Term, walk
from verifier.semantics.concrete.initial import LARGEST_CHOICE
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.order import instances, size
from verifier.semantics.concrete.samples import initial_states, open_values, some_initial_states
from verifier.semantics.concrete.trace_steps import INITIAL, TraceStep, instance_text
from verifier.semantics.scope.finite import FiniteScope

if TYPE_CHECKING:
    from verifier.proof.strategy.witnesses import Firings
    from verifier.wire.traces import TraceDocument

ATTEMPTS = 1_200
"""Action instances that are attempted, half of them breadth first; most of them are refused, which takes microseconds."""

LONGEST = 40
"""Steps of a random walk."""

KEPT = 0.75
"""The part of the actions that a walk may fire, on average."""

STARTS, CANDIDATES = 20, 1_000
"""Initial states from which something is tried; candidates for initial states that are enumerated, or drawn."""

WORK, SELDOM, HUGE = 800, 16, 5_000_000
"""The largest formula, in nodes for each value of its quantifiers, that is evaluated in every state. Larger ones are evaluated in
fewer states, up to a size of `HUGE` in at least one of `SELDOM`. A larger action counts as more attempts where it fires; with a
huge one nothing is run.
"""

Attempt = tuple[str, Mapping[str, Any]]

Counts = Callable[[Property, State, str | None], bool]
"""Whether a violation counts: of a property, in a state, by the attempt of an action, or of `Init`, if that is what it is."""


@dataclass(frozen=True, slots=True)
class Caught:
    """A run that violates a property: its number of steps, its actions, its document, and why the property fails at its end."""

    steps: int
    path: str
    trace: TraceDocument
    explanation: list[str]


class Net:
    """The runs of one finite instance, and the violations of `properties` that they meet.

    `counts` decides whether violations of ranges and definedness count, and those in states out of range: an unbounded model has
    fewer of them than its instances. After a run, `fired` says how often each action fired.
    """

    def __init__(
        self,
        scope: FiniteScope,
        properties: Iterable[Property],
        *,
        attempts: int = ATTEMPTS,
        counts: Counts = lambda result, state, action: True,
    ) -> None:
        self.scope = scope
        self.fired: Counter[str] = Counter()
        self._properties = tuple(properties)
        self._attempts = attempts
        self._counts = counts
        self._met: dict[str, tuple[list[TraceStep], Attempt | None]] | None = None
        self._begun: list[State] = []
        self._fires: dict[str, tuple[State, Mapping[str, Any]]] = {}

    def firings(self) -> Firings:
        """Initial states of the runs, and where each action fired first. The first question runs the instance."""
        from verifier.proof.strategy.witnesses import Firings

        self._done()
        return Firings(self._begun, self._fires)

    def caught(self, prop: Property) -> Caught | None:
        """A run that violates the property; None if no run that was tried does. The first question runs the instance."""
        met = self._done()
        if prop.name not in met:
            return None
        from verifier.catalog.digest import digest
        from verifier.evidence.itf import to_itf
        from verifier.semantics.concrete.trace import build_trace, check_trace

        steps, attempt = met[prop.name]
        machine = self._machine
        of = digest(machine.model.protocol)
        trace = build_trace(machine, prop, steps, digest=of, shortest=False, attempt=attempt)
        path = ", ".join(instance_text(self.scope, step.action, step.arguments) for step in steps[1:]) or INITIAL
        return Caught(trace.length, path, to_itf(trace, machine), list(check_trace(machine, trace).explanation))

    def _done(self) -> dict[str, tuple[list[TraceStep], Attempt | None]]:
        """The violations that the runs have met; the runs are done once."""
        if self._met is None:
            self._met = {}
            self._run()
        return self._met

    # -- running -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if not self.fits():
            return
        self._machine = Machine(self.scope)
        self._random = random.Random(0)
        self._left = self._attempts
        self._parents: dict[State, tuple[State | None, str, Mapping[str, Any]]] = {}
        self._firsts: dict[str, State] = {}
        self._asked: Counter[str] = Counter()
        self._strides = {prop.name: self._stride(self._work(prop.formula)) for prop in self._properties}
        # What is asked about every state or step is asked about each once.
        self._repeated = any(stride > 1 for stride in self._strides.values())
        self._tried: dict[tuple[State, int], tuple[State | None, bool]] = {}
        self._same: dict[State, State] = {}
        self._costs = {
            # Usually only a small part of a large formula is evaluated.
            action.name: isqrt(16 * self._work(*(update.value for update in action.updates)) // WORK)
            for action in self._machine.model.actions
        }
        starts = self._starts()
        for state in starts:
            self._arrive(None, INITIAL, {}, state, leaving=bool(self._machine.range_violations(state)))
        self._begun = [state for state in starts if state in self._parents]
        self._breadth_first(deque(starts), self._attempts // 2)
        self._walk([state for state in starts if self._goes_on(state)])

    def fits(self) -> bool:
        """Whether the instance can be run at all: instances and rows of quantifiers are listed, and each action is evaluated."""
        model = self.scope.model
        terms = [prop.formula for prop in model.properties]
        terms += [named.formula for named in (*model.constraints, *model.initial)]
        for action in model.actions:
            updates = [update.value for update in action.updates]
            if self._work(*updates) > HUGE or self._rows(argument.variable for argument in action.arguments) > HUGE:
                return False
            terms += [*updates, *(guard.condition for guard in action.guards)]
        return all(instances(self.scope, term) <= HUGE for term in walk(*terms))

    def _rows(self, variables: Iterable[Term]) -> int:
        return prod(size(self.scope, variable.sort) for variable in variables)

    def _starts(self) -> list[State]:
        """Some initial states. Notes a candidate for which an initial value or predicate is undefined."""
        machine = self._machine
        if open_values(machine) > CANDIDATES:
            # Too many to enumerate: some are drawn, and only if none is initial is the first one searched for.
            drawn = dict.fromkeys(islice(initial_states(machine, self._random, CANDIDATES), STARTS))
            if drawn:
                return list(drawn)
            try:
                return some_initial_states(machine, 1 if open_values(machine) <= LARGEST_CHOICE else STARTS)
            except UsageError:
                return []
        for state in islice(machine.undefined_starts(), 1):
            for prop in self._properties:
                if prop.kind == "defined" and prop.about is None and self._counts(prop, state, INITIAL):
                    self._note(prop, [TraceStep(INITIAL, {}, state)], state, None)
        every = list(machine.initial_states())
        return every if len(every) <= STARTS else self._random.sample(every, STARTS)

    @staticmethod
    def _stride(work: int) -> int:
        """Of how many states one is asked about a formula."""
        return min(1 + work // WORK, SELDOM * (1 + work // HUGE))

    def _work(self, *formulas: Term) -> int:
        """How many nodes the formulas have, once for each value of the quantifiers around them."""
        nodes: dict[int, int] = {}
        for term in walk(*formulas):
            below = 1 + sum(nodes[id(arg)] for arg in term.args)
            nodes[id(term)] = below * instances(self.scope, term)
        return sum(nodes[id(formula)] for formula in formulas)

    def _goes_on(self, state: State) -> bool:
        return state in self._parents and self._machine.inside(state)

    def _breadth_first(self, waiting: deque[State], reserve: int) -> None:
        """Expands states in the order in which they are reached, until `reserve` attempts are left."""
        while waiting:
            state = waiting.popleft()
            for action, arguments in self._machine.instances() if self._goes_on(state) else ():
                if self._left <= reserve:
                    return
                following, fresh = self._try(state, action, arguments)
                if fresh and following is not None:
                    waiting.append(following)

    def _walk(self, starts: list[State]) -> None:
        """Walks at random from the initial states and from where each action fired first, while attempts are left."""
        number = 0
        names = [action.name for action in self._machine.model.actions]
        while starts and self._left > 0:
            places = [self._random.choice(starts), *self._firsts.values()]
            state: State | None = places[number % len(places)]
            number += 1
            # A walk that leaves out actions which abort or reset gets further.
            kept = {name for name in names if self._random.random() < KEPT}
            used: set[tuple[str, Any]] = set()
            for _ in range(LONGEST):
                # A walk that is stuck at once costs an attempt, too.
                self._left -= 1
                state = self._step(state, kept, used) if state is not None and self._goes_on(state) else None
                if state is None:
                    break

    def _step(self, state: State, kept: set[str], used: set[tuple[str, Any]]) -> State | None:
        """A successor that differs from the state, by an action that fired as seldom as possible, and arguments in use."""

        def rank(instance: Attempt) -> tuple[float, ...]:
            action, arguments = instance
            return self.fired[action], -sum(item in used for item in arguments.items()), self._random.random()

        for action, arguments in sorted((i for i in self._machine.instances() if i[0] in kept), key=rank):
            if self._left <= 0:
                return None
            following, _ = self._try(state, action, arguments)
            if following is not None and following != state:
                used.update(arguments.items())
                return following
        return None

    # -- judging -----------------------------------------------------------------------------------------------------

    def _try(self, state: State, action: str, arguments: Mapping[str, Any]) -> tuple[State | None, bool]:
        """Attempts an action: the successor, None if there is none, and whether it is met for the first time."""
        self._left -= 1
        key = state, id(arguments)  # the arguments are those of `Machine.instances`
        new = key not in self._tried
        if new:
            self._tried[key] = self._attempted(state, action, arguments)
        after, fired = self._tried[key]
        if after is None:
            return None, False
        fresh = (new or self._repeated) and self._arrive(state, action, arguments, after, leaving=not fired)
        self._left -= self._costs[action]
        if not fired:
            return None, False
        self.fired[action] += 1
        self._firsts.setdefault(action, after)
        self._fires.setdefault(action, (state, arguments))
        return after, fresh

    def _attempted(self, state: State, action: str, arguments: Mapping[str, Any]) -> tuple[State | None, bool]:
        """The state after an action, None if there is none, and whether the action fired."""
        step = self._machine.attempt(state, action, arguments)
        if step.outcome == "undefined":
            for prop in self._properties:
                if prop.kind == "defined" and prop.about is None:
                    self._note(prop, self._path(state), state, (action, arguments))
        return None if step.state is None else self._same.setdefault(step.state, step.state), step.fired

    def _arrive(
        self, before: State | None, action: str, arguments: Mapping[str, Any], state: State, *, leaving: bool
    ) -> bool:
        """Checks which properties a step, and the state after it if that is new, violate; whether the state is new."""
        machine = self._machine
        fresh = state not in self._parents
        if fresh and not leaving:
            self._parents[state] = before, action, arguments
        for prop in self._properties:
            of_steps = prop.kind == "action" or prop.of_steps
            # A state out of range is not asked for its definedness, and the others are within their ranges.
            asked = before is not None if of_steps else fresh
            if not asked or prop.kind == ("defined" if leaving else "range") or not self._due(prop):
                continue
            if prop.kind == "defined" and prop.about is None:
                holds = next(machine.undefined_formulas(prop, state), None) is None
            elif of_steps:
                holds = machine.holds(prop, before or state, state)
            else:
                holds = machine.holds(prop, state)
            if not holds:
                known = [] if before is None else self._path(before)
                self._note(prop, [*known, TraceStep(action, arguments, state)], state, None)
        return fresh and not leaving

    def _due(self, prop: Property) -> bool:
        self._asked[prop.name] += 1
        return self._asked[prop.name] % self._strides[prop.name] == 0

    def _note(self, prop: Property, steps: list[TraceStep], state: State, attempt: Attempt | None) -> None:
        assert self._met is not None
        if prop.name in self._met:
            return
        inside = prop.kind in ("state", "action") and not self._machine.range_violations(state)
        if inside or self._counts(prop, state, attempt[0] if attempt else None):
            self._met[prop.name] = steps, attempt

    def _path(self, state: State) -> list[TraceStep]:
        steps: list[TraceStep] = []
        at: State | None = state
        while at is not None:
            before, action, arguments = self._parents[at]
            steps.append(TraceStep(action, arguments, at))
            at = before
        return steps[::-1]
