"""Gaps: the properties that break when a guard, a choice or a condition of fairness is left out, one at a time; and which of them
no property depends on.

Where all states can be searched the answer is exact: every property that breaks, in the fewest steps, or none at all.
Elsewhere runs are unrolled to a depth, and a guard without which nothing breaks so far is not called inert.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.kernel.describing import stated
from verifier.kernel.errors import Position, VerifyError
from verifier.kernel.model import Model
from verifier.kernel.places import place
from verifier.kernel.properties import Property
from verifier.proof.engines import explicit
from verifier.proof.engines.engine import Budget, Decided, Open, Progress, Violated
from verifier.proof.engines.exploration import Exploration
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.strategy.entries import Clock, names, versions
from verifier.proof.strategy.published_judge import replayed
from verifier.proof.strategy.requests import GapsRequest, command, depth, head
from verifier.proof.strategy.scopes import parameters
from verifier.proof.strategy.traces import Replayer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import liveness
from verifier.semantics.ground.path import Path
from verifier.semantics.scope.finite import finite_scope, parse_settings

if TYPE_CHECKING:
    from verifier.wire.events import Emit
    from verifier.wire.gaps import DropEntry, DropNames, GapsDocument, GapsFacts, GapsPlan
    from verifier.wire.searches import ViolationEntry

SEARCHED_STATES = 1_000_000
"""How many states are searched for an exact answer."""


@dataclass(frozen=True, slots=True)
class Target:
    """One guard, choice or condition of fairness that can be left out; kind `bound`: a guard that only enforces a search bound.

    `action` is the assumption of a condition of fairness.
    """

    action: str
    name: str
    kind: str
    position: Position | None = None

    @property
    def full_name(self) -> str:
        """`Action.name`."""
        return f"{self.action}.{self.name}"

    def entry(self) -> DropNames:
        """How documents name it."""
        return {"action": self.action, "name": self.name, "kind": self.kind, "at": place(self.position)}


@dataclass(frozen=True, slots=True)
class Broken:
    """A violated property, and a shortest path to the violation."""

    property: Property
    path: Path


@dataclass(frozen=True, slots=True)
class Searched:
    """The result for one model. `digest` stands for its set of reachable states, None if the search was cut short."""

    method: str
    complete: bool
    depth: int | None
    distinct: int | None
    digest: str | None
    broken: tuple[Broken, ...]

    @property
    def names(self) -> set[str]:
        """The violated properties."""
        return {result.property.name for result in self.broken}


def targets(model: Model, *, include_bounds: bool) -> Iterator[Target]:
    """The parts that can be left out of a model, in the order of its actions; then the conditions of fairness of its properties.
    """
    for action in model.actions:
        for guard in action.guards:
            if include_bounds or not guard.budget:
                yield Target(action.name, guard.name, "bound" if guard.budget else "guard", guard.position)
        for choice in action.choices:
            if f"{action.name}.{choice.name}" not in model.variant.drops:
                yield Target(action.name, choice.name, "choice", choice.position)
    for name in dict.fromkeys(name for prop in model.liveness for name in prop.under):
        conditions = model.protocol.fair[name].conditions if name in model.protocol.fair else ()
        kept = {condition.label for prop in model.liveness for condition in prop.fair}
        first = {condition.label: condition.position for condition in reversed(conditions)}
        labels = dict.fromkeys(condition.label for condition in conditions)
        yield from (Target(name, label, "fairness", first[label]) for label in labels if label in kept)


def find_gaps(request: GapsRequest, emit: Emit) -> GapsDocument:
    """Leaves out each guard and choice in turn and returns the `verify.gaps/1` document.

    Emits the plan, progress, and each finished drop. Raises VerifyError for bad input.
    """
    request.validate()
    run = _Survey(request, emit)
    return run.document()


class _Survey:
    """One call: the model as it is, then without each target."""

    def __init__(self, request: GapsRequest, emit: Emit) -> None:
        self.request = request
        self.clock = Clock()
        self._emit = emit
        self._about = "as it is"
        model = request.protocol.model(request.variant)
        self.settings = parse_settings(request.settings)
        scope = finite_scope(model, self.settings)
        self.targets = list(targets(model, include_bounds=request.include_bounds))
        self.head: GapsFacts = {
            "schema": "verify.gaps/1",
            **head(model),
            "description": model.protocol.title,
            "at": place(model.protocol.position),
            "parameters": parameters(scope, self.settings),
            "k": request.k,
            "versions": versions("z3", "numpy"),
        }
        plan: GapsPlan = {**self.head, "drops": [target.entry() for target in self.targets]}
        emit({"event": "plan", "document": plan})
        nothing = Searched("explicit search", True, 0, 0, None, ())
        self.baseline = self._search(Ground(scope), exact=True) if model.variables else nothing

    def document(self) -> GapsDocument:
        """Searches without each target."""
        drops = []
        for number, target in enumerate(self.targets, 1):
            self._about = f"without {target.full_name} ({number} of {len(self.targets)})"
            drops.append(self._without(target))
            self._emit({"event": "drop", "drop": drops[-1]})
        violated = [names(result.property)["name"] for result in self.baseline.broken]
        return {
            **self.head,
            "seconds": self.clock.seconds,
            "baseline": {"complete": self.baseline.complete, "distinct": self.baseline.distinct, "violated": violated},
            "drops": drops,
            "ended": "complete",
        }

    def _without(self, target: Target) -> DropEntry:
        began = self.clock.seconds
        try:
            model = self.request.protocol.model(self.request.variant, [target.full_name])
        except VerifyError as error:
            return {
                "action": target.action,
                "name": target.name,
                "kind": target.kind,
                "at": place(target.position),
                "breaks": [],
                "inert": None,
                "complete": False,
                "reason": f"it cannot be left out: {error.message}",
            }
        ground = Ground(finite_scope(model, self.settings))
        search = self._search(ground, exact=self.baseline.complete)
        replayer = Replayer(ground)
        new = [broken for broken in search.broken if broken.property.name not in self.baseline.names]
        breaks = [self._entry(replayer, broken, target) for broken in new]
        same = None
        if search.digest is not None and self.baseline.digest is not None:
            same = search.digest == self.baseline.digest
        return {
            **target.entry(),
            "breaks": sorted(breaks, key=lambda entry: entry["steps"]),
            "inert": False if breaks else True if search.complete else None,
            "complete": search.complete,
            "same_states": same,
            "method": search.method,
            "k": search.depth,
            "distinct": search.distinct,
            "reason": None,
            "seconds": round(self.clock.seconds - began, 3),
        }

    def _entry(self, replayer: Replayer, broken: Broken, target: Target) -> ViolationEntry:
        trace = replayed(replayer, broken.property, broken.path)
        called = names(broken.property)
        shown = command(self.request, property=called["name"], drop=(target.full_name,), k=depth(self.request.k))
        trace.document["#meta"]["command"] = shown
        return {
            "property": called["name"],
            "published_name": called["published_name"],
            "steps": trace.steps,
            "trace": trace.document,
            "explanation": trace.explanation,
            **stated(broken.property, self.request.protocol),
            "command": shown,
        }

    # -- searching ---------------------------------------------------------------------------------------------------------

    def _search(self, ground: Ground, *, exact: bool) -> Searched:
        """All violations of a model, exactly if its states are few; else those within `k` steps."""
        self._progress("explicit search", None)
        if exact:
            exploration = explicit.explore(
                ground,
                max_states=SEARCHED_STATES,
                progress=lambda level, states: self._progress("explicit search", level),
            )
            broken = tuple(Broken(violation.property, violation.path) for violation in exploration.violations)
            if exploration.complete:
                digest = exploration.reached.digest()
                live = self._lassos(ground, exploration)
                found = (*broken, *(live or ()))
                whole = live is not None
                return Searched("explicit search", whole, exploration.depth, exploration.distinct, digest, found)
            if exploration.depth >= self.request.k:
                return Searched("explicit search", False, exploration.depth, None, None, broken)
        return self._unrolled(ground)

    def _lassos(self, ground: Ground, exploration: Exploration) -> list[Broken] | None:
        """The liveness properties that are violated; None if there are too many steps to tell."""
        model = ground.scope.model
        if not model.liveness:
            return []
        from verifier.proof.engines.fair_search import States
        from verifier.proof.engines.graphs import TooManySteps

        self._progress("fair cycles", exploration.depth)
        forms = [liveness(ground, prop) for prop in model.liveness]
        try:
            states = States(ground, exploration.reached, forms)
        except TooManySteps:
            return None
        lassos = [(form.property, states.shortest_lasso(form)) for form in forms]
        return [Broken(prop, states.path(lasso)) for prop, lasso in lassos if lasso is not None]

    def _unrolled(self, ground: Ground) -> Searched:
        from verifier.proof.engines.induction import Lockstep

        properties = {result.name: result for result in ground.scope.model.properties}
        task = FiniteTask(ground, properties, lambda: properties, learning=False)
        broken, depths = [], []
        for event in Lockstep(induction=False).run(task, Budget(depth=self.request.k)):
            match event:
                case Progress():
                    self._progress(event.engine, event.depth)
                case Decided(name, Violated(path)):
                    broken.append(Broken(properties[name], path))
                case Decided(_, Open(depth)):
                    # Where a solver gave up, that depth is not cleared.
                    depths.append(depth)
        cleared = min(depths, default=self.request.k)
        return Searched("bounded unrolling", False, cleared if cleared >= 0 else None, None, None, tuple(broken))

    def _progress(self, engine: str, depth: int | None) -> None:
        self._emit({"event": "progress", "text": self._about, "engine": engine, "k": depth})
