"""Random progress under random fairness: protocols, what brute force says of them, and the comparison with the product."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

from tests.fuzz.brute import Brute, Report, TooLarge, Undefined, Unordered
from tests.fuzz.comparing import Disagreement, built
from tests.fuzz.generating import Generator
from tests.fuzz.lassos import Case, Graph, Lassos, Test
from tests.fuzz.lassos import Fair as Labels
from tests.fuzz.rendering import rigid_variables
from tests.fuzz.spec import BOOL, FORMS, Action, Expr, Fair, Progress, Spec
from verifier import prove, replay
from verifier.kernel.errors import ModelError
from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Budget, Decided, Engine, Open, Outcome, Proved, Violated
from verifier.proof.engines.explicit import decide
from verifier.proof.engines.fair_search import FairSearch
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.lassos import Lassos as Unrolled
from verifier.proof.engines.pdr import Pdr
from verifier.proof.engines.reduced import KLiveness, LivenessToSafety
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import liveness
from verifier.semantics.ground.path import Path
from verifier.semantics.ground.rounds import Rounds
from verifier.semantics.ground.saving import Saving
from verifier.semantics.obligations.proof import Checker
from verifier.semantics.scope import finite_scope

MOST = 40
"""States of a protocol that is gone through."""
LARGEST = 100_000
"""States of a product of a protocol with a monitor, beyond which a property is not compared."""
DEPTH = 5
"""The length of the lassos that unrolling looks for."""


REFUSED = ("cannot state when this fold has a value", "has formulas of states and of steps that need not have a value")
"""Why a property that is made by chance may be refused."""


# -- protocols ---------------------------------------------------------------------------------------------------------


def progressing(seed: int) -> Spec:
    """A random protocol with conditions of fairness and properties of progress, and no others."""
    generator = Generator(seed)
    spec = replace(generator.spec(), variants=(), properties=())
    generator.enabling = False
    rng = generator.random
    fairness = tuple(_fair(generator, spec) for _ in range(rng.choice((0, 1, 1, 2, 3))))
    progress = tuple(_progress(generator, number) for number in range(rng.choice((1, 2, 2))))
    return replace(spec, fairness=fairness, progress=progress)


def _fair(generator: Generator, spec: Spec) -> Fair:
    rng = generator.random
    strong = rng.random() < 0.45
    if rng.random() < 0.15:
        return Fair(strong, ())
    actions = rng.sample(spec.actions, min(len(spec.actions), rng.choice((1, 1, 1, 2))))
    bound: dict[str, Any] = {}
    parts = []
    for action in actions:
        arguments = tuple(_argument(generator, action, place, bound) for place in range(len(action.arguments)))
        parts.append((action.name, arguments))
    return Fair(strong, tuple(parts), tuple(bound.items()))


def _argument(generator: Generator, action: Action, place: int, bound: dict[str, Any]) -> Expr | None:
    """Any value, that of a variable, or a label."""
    sort, pick = action.arguments[place][1], generator.random.random()
    if pick < 0.5:
        return None
    if pick < 0.85 or sort.kind not in ("bool", "enum"):
        same = next((name for name, of in bound.items() if of == sort), f"b{len(bound)}")
        bound[same] = sort
        return Expr("bound", sort, data=same)
    return Expr("literal", sort, data=generator.random.choice((False, True) if sort.kind == "bool" else sort.data))


def _progress(generator: Generator, number: int) -> Progress:
    rng = generator.random
    form = rng.choice(tuple(FORMS))
    formulas = []
    for _ in range(FORMS[form].count("{")):
        generator.step = rng.random() < 0.2
        plain = not generator.step and rng.random() < 0.7
        formulas.append(generator._condition({}) if plain else generator.expr(BOOL, 2, {}))
        generator.step = False
    return Progress(f"Live{number}", form, tuple(formulas), rng.random() < 0.85)


# -- brute force -------------------------------------------------------------------------------------------------------


class Behaviours:
    """The graph of a protocol, and its properties of progress as cases: from the pages of the documentation alone."""

    def __init__(self, spec: Spec, most: int = MOST) -> None:
        self.spec = spec
        self.brute = Brute(spec)
        self.report = Report()
        self.states: list[dict[str, Any]] = []
        self.graph = self._graph(most)

    def _inside(self, state: dict[str, Any]) -> bool:
        inside = True
        for constraint in self.spec.constraints:
            with suppress(Undefined):
                inside = inside and bool(self.brute.value(constraint, {}, state))
        return inside

    def _graph(self, most: int) -> Graph:
        graph, numbers = Graph(), {}

        def number(state: dict[str, Any]) -> int:
            key = tuple(sorted(state.items()))
            if key not in numbers:
                numbers[key] = len(self.states)
                self.states.append(state)
                if len(self.states) > most:
                    raise TooLarge
            return numbers[key]

        graph.start = [number(state) for state in self.brute._initial(self.report, most) if self._inside(state)]
        at = 0
        while at < len(self.states):
            state, edges, able = self.states[at], [], set()
            for action, arguments in self.brute.instances():
                deed = self.brute.attempt(action, arguments, state)
                if deed.outcome != "fired":
                    continue
                assert deed.after is not None
                label = action.name, tuple(arguments.values())
                if deed.after != state:
                    able.add(label)
                if self._inside(deed.after):
                    edges.append((label, number(deed.after)))
            graph.edges.append(edges)
            graph.able.append(frozenset(able))
            at += 1
        return graph

    def fairness(self, prop: Progress) -> list[Labels]:
        """The conditions that a property is stated under."""
        return [labels for fair in self.spec.fairness for labels in self._labels(fair)] if prop.fair else []

    def _labels(self, fair: Fair) -> Iterator[Labels]:
        every = [(action.name, tuple(arguments.values())) for action, arguments in self.brute.instances()]
        for row in product(*(self.brute.domain(sort) for _, sort in fair.bound)):
            values = dict(zip((name for name, _ in fair.bound), row, strict=True))
            covers = [label for label in every if any(self._covers(part, values, label) for part in fair.parts)]
            yield Labels(fair.strong, frozenset(covers if fair.parts else every))

    def _covers(self, part: Any, values: dict[str, Any], label: Any) -> bool:
        name, arguments = part
        if name != label[0]:
            return False
        pairs = zip(arguments, label[1], strict=True)
        return all(arg is None or self.brute.value(arg, values, {}) == have for arg, have in pairs)

    def case(self, prop: Progress) -> Case:
        """What violates a property."""
        first, last = prop.formulas[0], prop.formulas[-1]
        match prop.form:
            case "eventually":
                return Case(_always, True, self._fails(last))
            case "again":
                return Case(_always, False, self._fails(last))
            case "at last":
                return Case(_always, False, _always, (self._broken(last),))
            case "leads":
                return Case(self._happens(first), False, self._fails(last))
        return Case(self._happens(first), False, _always, (self._broken(last),))

    def _said(self, formula: Expr, state: int, after: int) -> bool | None:
        try:
            return bool(self.brute.value(formula, {}, self.states[state], self.states[after]))
        except Undefined:
            return None

    def _moves(self, formula: Expr, state: int, after: int) -> bool | None:
        """Whether a step changes what a formula of steps reads; None for a formula of states.

        The next value of a rigid variable is its value, so that a formula which reads nothing else afterwards is one of states.
        """
        rigid = rigid_variables(self.spec)
        if not any(e.op == "next" and e.data not in rigid for e in formula.walk()):
            return None
        return any(self.states[state][name] != self.states[after][name] for name in self.brute._reads(formula))

    def _happens(self, formula: Expr) -> Test:
        return lambda s, t: self._moves(formula, s, t) is not False and self._said(formula, s, t) is True

    def _fails(self, formula: Expr) -> Test:
        """It does not happen; what has no value neither happens nor fails to."""
        return lambda s, t: self._moves(formula, s, t) is False or self._said(formula, s, t) is False

    def _broken(self, formula: Expr) -> Test:
        """As `_fails`, but a step that changes nothing does not break it."""
        return lambda s, t: self._moves(formula, s, t) is not False and self._said(formula, s, t) is False

    def lassos(self, prop: Progress) -> Lassos:
        """The lassos that violate a property."""
        return Lassos(self.graph, self.fairness(prop), self.case(prop))


def _always(state: int, after: int) -> bool:
    return True


# -- the comparison ----------------------------------------------------------------------------------------------------


def progress(spec: Spec) -> None:
    """Fair search, unrolling, both reductions and IC3 on them against brute force. Disagreement where one differs."""
    try:
        behaviours = Behaviours(spec)
    except (TooLarge, Unordered):
        return
    if not behaviours.graph.start:
        return
    try:
        protocol = built(spec)
    except (ModelError, Disagreement) as error:
        _require(any(reason in str(error) for reason in REFUSED), str(error))
        return
    ground = Ground(finite_scope(protocol.model()))
    stated = {prop.name: prop for prop in ground.scope.model.liveness}
    for prop in spec.progress:
        try:
            _compare(ground, stated[prop.name], behaviours.lassos(prop))
        except (Unordered, TooLarge):
            continue
    _whole(spec, behaviours, protocol)


def _require(right: bool, what: str) -> None:
    if not right:
        raise Disagreement(what)


def _said(engine: Engine[FiniteTask], ground: Ground, prop: Property, budget: Budget) -> Outcome:
    """What an engine says of a property in the end."""
    waiting = {prop.name: prop}
    outcome: Outcome = Open(-1)
    for event in engine.run(FiniteTask(ground, waiting, lambda: waiting), budget):
        if isinstance(event, Decided):
            outcome = event.outcome
            if not isinstance(outcome, Open):
                waiting.pop(prop.name, None)
    return outcome


def lengths(path: Path) -> tuple[int, int]:
    """The stem and the loop of a lasso."""
    assert path.loop is not None
    return path.loop, len(path.steps) - 1 - path.loop


def _compare(ground: Ground, prop: Property, lassos: Lassos) -> None:
    truth = lassos.violated()
    best = lassos.shortest() if truth else None
    _require(truth == (best is not None), f"{prop.name}: the reference contradicts itself: {truth}, {best}")
    said = _said(FairSearch(), ground, prop, Budget())
    _agrees("fair search", prop, said, truth)
    if isinstance(said, Violated) and said.shortest:
        _require(lengths(said.path) == best, f"fair search finds {lengths(said.path)}, not {best}")
    said = _said(Unrolled(), ground, prop, Budget(depth=DEPTH))
    near = lassos.shortest(DEPTH)
    found = lengths(said.path) if isinstance(said, Violated) else None
    _require(found == near, f"{prop.name}: unrolling finds {found}, not {near}")
    form = liveness(ground, prop)
    saved = _violated(Saving(ground, form), prop)
    _require(saved == truth, f"{prop.name}: liveness to safety finds {saved}, not {truth}")
    closing = (not _violated(Rounds(ground, form, most), prop) for most in (*range(4), 2 * MOST))
    _require(any(closing) != truth, f"{prop.name}: k-liveness finds {not truth}, not {truth}")
    said = _said(LivenessToSafety(Pdr()), ground, prop, Budget(steps=3000))
    _agrees("liveness to safety by pdr", prop, said, truth)
    if isinstance(said, Violated):
        _require(lengths(said.path) >= (best or (0, 0)), f"{prop.name}: pdr finds {lengths(said.path)}, less than {best}")
    _agrees("k-liveness by pdr", prop, _said(KLiveness(Pdr(), 1), ground, prop, Budget(steps=1000)), truth)


def _violated(reduced: Ground, prop: Property) -> bool:
    """Whether a search of the product with a monitor finds a violation; TooLarge where the product is."""
    found = decide(reduced, [prop], max_states=LARGEST)
    if not (found.complete or found.violations):
        raise TooLarge
    return bool(found.violations)


def _agrees(engine: str, prop: Property, said: Outcome, truth: bool) -> None:
    _require(not (isinstance(said, Proved) and truth), f"{engine} proves {prop.name}, which is violated")
    _require(not (isinstance(said, Violated) and not truth), f"{engine} finds {prop.name} violated, which holds")
    if isinstance(said, Proved) and said.evidence.reduction is not None:
        from verifier.semantics.ground.smt import Encoding

        failure = Checker(Encoding(said.evidence.reduction)).check(said.evidence)
        _require(failure is None, f"{engine}: the proof of {prop.name} is not re-checked: {failure}")


def _whole(spec: Spec, behaviours: Behaviours, protocol: Any) -> None:
    """The verdicts of the command: replayed, and nothing is proved beside a range that is left or a use without a value."""
    report = behaviours.brute.search(10 * MOST)
    blocked = {name for name in report.violations if name == "Defined" or name.startswith("Range@")}
    for engine in ("explicit", "kinduction"):
        result = prove(protocol, liveness=True, engine=engine, k=DEPTH, in_process=True)
        for entry in result.properties:
            [prop] = [prop for prop in spec.progress if prop.name == entry.published_name] or [None]
            if prop is None:
                continue
            try:
                best = behaviours.lassos(prop).shortest()
            except Unordered:
                continue
            what = f"{engine}: {prop.name} is {entry.verdict} ({entry.steps}, {entry.loop}); in truth {best}, beside {blocked}"
            if entry.verdict == "violated":
                _require(best is not None and (not entry.shortest or (entry.steps, entry.loop) == best), what)
                outcome = replay(entry.trace, protocol=protocol, in_process=True)
                _require(outcome.valid and outcome.violated, f"{what}: the lasso does not replay")
            elif entry.verdict == "proved":
                _require(best is None and not blocked, what)
            elif engine == "explicit":
                _require(best is None and (bool(blocked) or _undefined(report, prop)), what)


def _undefined(report: Report, prop: Progress) -> bool:
    """Whether something may keep a property from being proved that brute force does not look at: its text may be partial."""
    return any(name.startswith("Defined") for name in report.violations) or any(
        e.op not in ("state", "next", "literal", "eq", "not", "and", "or") for formula in prop.formulas for e in formula.walk()
    )
