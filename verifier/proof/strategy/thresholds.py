"""`verify threshold`: at which share of a whole each property begins to fail, exactly.

Every reachable state satisfies those of the model's lemmas that z3 shows inductive, in the variant that assumes nothing about the
share; the least share at which a state that satisfies them violates a property is the optimum of a linear program (see
`verifier.semantics.quantified.shares`). A search of the smallest instance with that share shows that some run gets there. For
given stakes, the least share is that of a coalition (see `verifier.semantics.quantified.holders`), and the run is one with that
coalition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from verifier.kernel.commands import About
from verifier.kernel.errors import UsageError, VerifyError
from verifier.kernel.model import Model
from verifier.kernel.properties import Property, Share
from verifier.kernel.sorts import EnumSort
from verifier.kernel.term_text import text
from verifier.kernel.terms import Term, negation
from verifier.proof.engines.explicit import decide
from verifier.proof.engines.search import PROBE_STATES
from verifier.proof.lemmas.unbounded import Invariants
from verifier.proof.strategy.coalitions import find_run
from verifier.proof.strategy.entries import Clock, select, versions
from verifier.proof.strategy.requests import ThresholdRequest, head
from verifier.semantics.ground.ground import Ground
from verifier.semantics.quantified import Quantified
from verifier.semantics.quantified.holders import Coalition, Holders
from verifier.semantics.quantified.shares import NotShares, Shares, place
from verifier.semantics.scope.finite import finite_scope, parse_settings
from verifier.semantics.scope.fixed import fixed_values, settled, with_fixed
from verifier.semantics.scope.unbounded import unbounded

if TYPE_CHECKING:
    from verifier.wire.events import Emit
    from verifier.wire.thresholds import ThresholdDocument, ThresholdEntry


def find_thresholds(request: ThresholdRequest, emit: Emit) -> ThresholdDocument:
    """Finds the thresholds, and returns the `verify.threshold/1` document. Raises VerifyError for bad input."""
    clock = Clock()
    share = request.protocol.shared
    if share is None:
        hint = 'declare one: p.share(Byzantine, Honest + Byzantine, variant="any-share")'
        raise UsageError(f"{request.protocol.name} declares no share for its thresholds", hint=hint)
    settings = parse_settings(request.settings)
    model = with_fixed(request.protocol.model(share.variant), settings)
    stated = [prop for prop in model.stated if prop.kind == "state"]
    wanted = [prop for prop in select(model, request.properties, model.stated) if prop in stated or request.properties]
    for prop in wanted:
        if prop not in stated:
            raise UsageError(f"{prop.name} is not a property of states, so no share decides it")
    emit({"event": "progress", "text": "what every reachable state satisfies", "engine": "lemmas", "k": None})
    known = _Known(model)
    about = About(request.reference or model.name, share.variant, settings=request.settings)
    holders = None if request.stakes is None else _holders(share, known, request.stakes)
    entries: list[ThresholdEntry] = []
    for prop in wanted:
        emit({"event": "progress", "text": prop.name, "engine": "shares", "k": None})
        entries.append(_threshold(prop, share, known, about, holders))
    return {
        "schema": "verify.threshold/1",
        **head(model),
        "part": text(share.part),
        "whole": text(share.whole),
        "parameters": fixed_values(model),
        "stakes": request.stakes,
        "versions": versions("z3", "numpy"),
        "lemmas": list(known.named()),
        "thresholds": entries,
        "seconds": clock.seconds,
        "ended": "complete",
    }


class _Known:
    """The formulas that all reachable states of a model satisfy, for any values of its parameters."""

    def __init__(self, model: Model) -> None:
        self.model = model
        quantified = Quantified(unbounded(model))
        invariants = Invariants(quantified, effort=1)
        invariants.add([*(lemma.formula for lemma in quantified.model.lemmas), *quantified.typing_facts()])
        self.formulas: Sequence[Term] = invariants.kept
        self.formulas = [*self.formulas, *(assumption.formula for assumption in settled(model).assumptions)]
        self.violating = {prop.name: negation(prop.formula) for prop in quantified.model.properties if prop.kind == "state"}
        self._names = {id(lemma.formula): lemma.name for lemma in quantified.model.lemmas}

    def named(self) -> Iterator[str]:
        """The model's own lemmas among it."""
        return (self._names[id(formula)] for formula in self.formulas if id(formula) in self._names)


def _holders(share: Share, known: _Known, stakes: dict[str, int]) -> Holders:
    """The holders of the stakes. UsageError if the protocol does not say where they stand."""
    name = known.model.name
    if share.rest is None:
        hint = 'say where the rest stands: p.share(part, whole, variant="any", rest="stake")'
        raise UsageError(f"{name} has no thresholds for given stakes", hint=hint)
    others = [arg for arg in share.whole.args if arg is not share.part]
    plain = share.whole.op == "add" and all(arg.op == "parameter" for arg in share.whole.args)
    if not plain or len(others) != 1:
        hint = "the whole is the sum of the part and of another parameter"
        raise UsageError(f"{name} has no thresholds for given stakes: which parameter is the rest is not clear", hint=hint)
    if not stakes or sum(stakes.values()) == 0 or min(stakes.values()) < 0:
        raise UsageError("the stakes must be integers >= 0 whose sum is > 0")
    (index,) = (declared.sort.parts[0] for declared in known.model.variables if declared.name == share.rest)
    assert isinstance(index, EnumSort)
    return Holders(stakes, share.part, others[0], share.rest, index.labels, known.formulas)


def _threshold(prop: Property, share: Share, known: _Known, about: About, holders: Holders | None) -> ThresholdEntry:
    entry: ThresholdEntry = {
        "property": prop.name,
        "published_name": prop.short or prop.name,
        "doc": prop.doc,
        "fraction": None,
        "strict": False,
        "witness": None,
        "coalition": None,
        "places": None,
        "steps": None,
        "command": None,
        "reason": None,
    }
    if prop.name not in known.violating:
        return {**entry, "reason": "it is not stated at unbounded scope"}
    try:
        least = Shares(share.part, share.whole, known.formulas).least(known.violating[prop.name])
        if holders is not None:
            return _given(entry, prop, known, about, holders, holders.smallest(known.violating[prop.name], least))
    except NotShares as error:
        return {**entry, "reason": f"it is not about shares alone: {error}"}
    if least is None:
        return entry
    settings = {name: least.amounts[name] for name in known.model.parameters if name in least.amounts}
    steps = _steps(prop, known.model, settings)
    return {
        **entry,
        "fraction": str(least.share),
        "strict": least.strict,
        "witness": {name: amount for name, amount in least.amounts.items() if amount or name in settings},
        "steps": steps,
        "command": about.command("prove", settings=_with(about, settings), property=prop.name),
        "reason": None if steps is not None else "no run to it was found, so that the threshold may be higher",
    }


def _given(
    entry: ThresholdEntry, prop: Property, known: _Known, about: About, holders: Holders, found: Coalition | None
) -> ThresholdEntry:
    """The threshold of given holders, whose least coalition was found if there is one."""
    if found is None:
        return entry
    part = sum(holders.amounts[name] for name in found.members)
    sizes = {holders.part.data: part, holders.others.data: holders.total - part}
    settings = {name: sizes[name] for name in known.model.parameters if name in sizes}
    run = find_run(known.model, settings, holders.places, prop, found.places, holders.amounts)
    places = found.places if run is None else run.places
    there = {label: sum(holders.amounts[name] for name, at in places.items() if at == label) for label in holders.labels}
    return {
        **entry,
        "fraction": str(Fraction(part, holders.total)),
        "witness": {**settings, **{place(holders.places, label): amount for label, amount in there.items() if amount}},
        "coalition": list(found.members),
        "places": dict(places),
        "steps": None if run is None else run.steps,
        "command": about.command("prove", settings=_with(about, settings), property=prop.name),
        "reason": None if run is not None else "no run to it was found, so that the threshold may be higher",
    }


def _with(about: About, sizes: Mapping[str, int]) -> list[str]:
    """The settings of a command at some sizes."""
    return [*about.settings, *(f"{name}={size}" for name, size in sizes.items())]


def _steps(prop: Property, model: Model, settings: Mapping[str, int]) -> int | None:
    """How many steps the shortest run of an instance has that violates a property, if one is found among its first states."""
    try:
        ground = Ground(finite_scope(model, settings))
        watched = [one for one in ground.scope.model.properties if one.name == prop.name]
        found = decide(ground, watched, max_states=PROBE_STATES)
    except VerifyError:
        return None  # The assumptions exclude these sizes, or nothing starts there.
    return next((violation.steps for violation in found.violations), None)
