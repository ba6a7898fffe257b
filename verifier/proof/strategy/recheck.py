"""Checks of a certificate that need the model: whether it is about this model, and states the same as the model."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from verifier.catalog.digest import digest
from verifier.evidence.bits import ask_all
from verifier.evidence.claims import counts_states
from verifier.evidence.definitions import given as definitions
from verifier.evidence.grammar import Printed
from verifier.evidence.scheme import Scheme
from verifier.kernel.errors import UsageError
from verifier.kernel.laws import home
from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.properties import Property, asks_for_deadlock
from verifier.kernel.protocol import Protocol
from verifier.kernel.terms import Term
from verifier.proof.strategy.certificates import ModelText, described, formula_of
from verifier.proof.strategy.checked import Entry, check, checked
from verifier.proof.strategy.exhausted import by_ic3, reached
from verifier.proof.strategy.release import needed, steps
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Proof, Searched
from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.fixed import fixed_values, with_fixed

if TYPE_CHECKING:
    from verifier.proof.engines.exploration import Exploration
    from verifier.semantics.ground.circuit import Node
    from verifier.semantics.ground.ground import Ground
    from verifier.semantics.scope.slicing import Slice

Progress = Callable[[str], None]
Definition = Mapping[str, Any]
T = TypeVar("T")


def rederive(certificate: Mapping[str, Any], protocol: Protocol, progress: Progress) -> list[Entry]:
    """Runs the model of a certificate, and compares with it each definition or script; `compare` is asked beside it.

    Raises UsageError where the model is another one than the certificate is of.
    """
    model, prop = _model(certificate, protocol)
    progress("running the model")
    checks = [_run(certificate, model, prop)]
    if certificate.get("fair_run") is not None:
        checks.append(_fair_run(certificate, protocol, prop))
    if counts_states(certificate):
        return checks
    progress("deriving the obligations again")
    if certificate["method"] == "exhaustive":
        checks += search(certificate, protocol, progress)
    if certificate["scope"] == "published":
        return [*checks, *_published(certificate, model, prop, progress)]
    from verifier.proof.strategy.recheck_unbounded import derived

    return [*checks, *derived(certificate, model, prop)]


def compare(certificate: Mapping[str, Any], protocol: Protocol) -> list[Entry]:
    """Compares the statements of a certificate about the model with the model: names, sizes, text, what it rests on.

    Raises UsageError where the certificate is about another model.
    """
    model, prop = _model(certificate, protocol)
    ranges = _ranges(model) if certificate["scope"] == "unbounded" else None
    wanted = {
        **described(model, prop),
        "formula": formula_of(model, prop),
        "protocol": model.name,
        "variant": model.variant.name,
        "dropped": list(model.drops),
        "rests_on": [other.name for other in needed(prop, model.properties, ranges)],
        "parameters": fixed_values(model),
    }
    if certificate["scope"] == "published":
        wanted["parameters"] = _parameters(finite_scope(model, _settings(certificate)), certificate)
    return [check(name, certificate.get(name, []) == value, "it is not what the model says") for name, value in wanted.items()]


def _run(certificate: Mapping[str, Any], model: Model, prop: Property) -> Entry:
    """Some thousand steps of the model, or of instances of it, do not violate the property."""
    from verifier.proof.strategy.net import Net
    from verifier.proof.strategy.net_live import LiveNet
    from verifier.proof.strategy.net_unbounded import UnboundedNet
    from verifier.semantics.scope.unbounded import unbounded

    scope = finite_scope(model, _settings(certificate))
    if prop.kind == "liveness":
        # A property that holds without search bounds may be violated within them.
        lasso = LiveNet(scope).caught(prop) if certificate["scope"] == "published" else None
        reason = "" if lasso is None else f"a lasso of stem {lasso.stem}, loop {lasso.loop} violates it"
        return checked("lassos of the model", "runs", lasso is None, reason)
    if certificate["scope"] == "published":
        caught, at = Net(scope, [prop]).caught(prop), ""
    else:
        caught, sizes = UnboundedNet(unbounded(model), scope).caught(prop) or (None, {})
        at = f" at {', '.join(f'{name}={value}' for name, value in sizes.items())}" if sizes else ""
    reason = "" if caught is None else f"a run of {steps(caught.steps)}{at} violates it: {caught.path}"
    return checked("runs of the model", "runs", caught is None, reason)


def _fair_run(certificate: Mapping[str, Any], protocol: Protocol, prop: Property) -> Entry:
    """The lasso of the certificate is one of the model, and fair; that it does not violate the property is part of the proof."""
    from verifier.evidence.itf import from_document
    from verifier.proof.strategy.net_live import is_fair
    from verifier.semantics.concrete.machine import Machine
    from verifier.semantics.concrete.trace import check_trace

    trace, scope = from_document(certificate["fair_run"], protocol)
    machine = Machine(scope)
    replayed = check_trace(machine, trace)
    if not replayed.valid or trace.loop is None:
        return checked("the fair run", "runs", False, replayed.failure or "it has no loop")
    same = trace.property_name == prop.name and scope.parameters == finite_scope(scope.model, _settings(certificate)).parameters
    fair = same and is_fair(machine, prop, trace.steps, trace.loop)
    return checked("the fair run", "runs", fair, "it is not fair, or not one of this property at these sizes")


def search(certificate: Mapping[str, Any], protocol: Protocol, progress: Progress) -> list[Entry]:
    """Searches the model of an exhaustive certificate again, and compares the count, the digest and the diameter.

    Raises UsageError where the model is another one than the certificate is of.
    """
    from verifier.semantics.ground.ground import Ground

    model, prop = _model(certificate, protocol)
    if prop.kind == "liveness":
        return _search_fairly(certificate, prop, Ground(finite_scope(model, _settings(certificate))), progress)
    outcome = _searched(certificate, model, prop, progress)
    if isinstance(outcome, str):
        return [checked("the slice", "search", False, outcome)]
    violated, claimed = bool(outcome.violations), certificate["exhaustive"]["states"]
    checks = [
        checked(prop.name, "search", not violated, "the property is violated"),
        checked("all states are searched", "search", outcome.complete, f"there are more than {claimed:,} states"),
    ]
    return [*checks, *_figures(certificate, outcome)] if outcome.complete else checks


def _searched(
    certificate: Mapping[str, Any], model: Model, prop: Property, progress: Progress
) -> Exploration | str:
    """The search of a certificate, again, for no more states than it names and one; or why there is no such slice."""
    from verifier.proof.engines import explicit
    from verifier.semantics.ground.ground import Ground

    scope, claimed = finite_scope(model, _settings(certificate)), certificate["exhaustive"]
    if claimed["left_out"]:
        part, reason = _slice(model, prop, claimed["left_out"])
        if part is None:
            return reason
        scope = part.at(scope)

    def counted(level: int, states: int) -> None:
        progress(f"{states:,} states")

    return explicit.decide(Ground(scope), [prop], max_states=claimed["states"] + 1, progress=counted)


def _figures(certificate: Mapping[str, Any], outcome: Exploration) -> Iterator[Entry]:
    """The figures of the repeated search, compared with those of the certificate."""
    claimed, depth = certificate["exhaustive"], outcome.diameter - 1
    figures = (("states", outcome.distinct), ("digest", outcome.reached.digest()), ("diameter", outcome.diameter))
    for name, value in figures:
        yield checked(name, "search", claimed[name] == value, f"the search finds {value}")
    yield checked("k", "search", certificate["k"] == depth, f"it must be {depth}")


def _search_fairly(certificate: Mapping[str, Any], prop: Property, ground: Ground, progress: Progress) -> list[Entry]:
    """Searches all states and steps again for a fair lasso."""
    from verifier.proof.engines.engine import Budget, Decided, Open, Proved, Violated
    from verifier.proof.engines.fair_search import FairSearch
    from verifier.proof.engines.finite import FiniteTask

    claimed = certificate["exhaustive"]
    if claimed["left_out"]:
        return [checked("the slice", "search", False, f"{prop.name} may depend on every variable")]
    outcome: object = None
    wanted = {prop.name: prop}
    for event in FairSearch().run(FiniteTask(ground, wanted, lambda: wanted), Budget(states=claimed["states"] + 1)):
        if isinstance(event, Decided):
            outcome = event.outcome
        else:
            progress(event.about or event.engine)
    said = outcome.reason if isinstance(outcome, Open) else None
    checks = [
        checked(prop.name, "search", not isinstance(outcome, Violated), "the property is violated"),
        checked("all states are searched", "search", said is None, said or ""),
    ]
    if isinstance(outcome, Proved):
        checks += _figures(certificate, outcome.evidence.search.exploration)
    return checks


def _slice(model: Model, prop: Property, left_out: Sequence[str]) -> tuple[Slice | None, str]:
    """The part of the model without these variables; None, and the reason, if there is none or the property depends on them."""
    from verifier.semantics.scope.slicing import Cones

    known, cones = [variable.name for variable in model.variables], Cones(model)
    kept = [name for name in known if name not in left_out]
    if list(left_out) != [name for name in known if name not in kept]:
        return None, "what is left out are not variables of the model, in their order"
    if not cones.of(prop) <= set(kept):
        return None, f"{prop.name} depends on {', '.join(sorted(cones.of(prop) - set(kept)))}"
    try:
        return cones.slice(kept), ""
    except ValueError as error:
        return None, str(error)


# -- the model of a certificate --------------------------------------------------------------------------------------------


def _model(certificate: Mapping[str, Any], protocol: Protocol) -> tuple[Model, Property]:
    if certificate["protocol"] != protocol.name or certificate["model_digest"] != digest(protocol):
        message = f"the certificate is of another model than {protocol.name} as it is now: the digests differ"
        raise UsageError(
            message, hint="prove the property again, or give the model of the certificate with --protocol FILE"
        )
    # Of the properties that everything is assumed of, this is one where it is named.
    if asks_for_deadlock([certificate["published_name"], *certificate["invariant"]]):
        protocol = protocol.with_deadlock()
    model = home(protocol.model(certificate["variant"], tuple(certificate["dropped"])), certificate["published_name"])
    if certificate["scope"] == "unbounded":
        given = {name: value for name, value in certificate["parameters"].items() if name in fixed_values(model)}
        model = with_fixed(model, given)
        return model, _stated(model, model.find_property(certificate["published_name"]))
    return model, model.find_property(certificate["published_name"])


def _stated(model: Model, prop: Property) -> Property:
    """The property as it is stated at unbounded scope."""
    from verifier.semantics.scope.unbounded import unbounded

    for stated in unbounded(model).model.stated:
        if stated.name == prop.name:
            return stated
    raise UsageError(f"{prop.name} is not stated at unbounded scope", hint="the certificate is of no such property")


def _ranges(model: Model) -> list[str]:
    """The variables on whose ranges every proof rests at unbounded scope; others that a proof uses are part of its invariant."""
    from verifier.semantics.quantified.definedness import Definedness
    from verifier.semantics.scope.unbounded import unbounded

    return Definedness(unbounded(model)).checked_variables()


def _settings(certificate: Mapping[str, Any]) -> dict[str, str | int]:
    return {
        name: "{" + ",".join(str(label) for label in value) + "}" if isinstance(value, list) else str(value)
        for name, value in certificate["parameters"].items()
    }


def _parameters(scope: FiniteScope, certificate: Mapping[str, Any]) -> dict[str, Any]:
    labels = {name: value for name, value in certificate["parameters"].items() if isinstance(value, list)}
    return {**scope.parameters, **labels}


# -- comparing -------------------------------------------------------------------------------------------------------------


def _published(
    certificate: Mapping[str, Any], model: Model, prop: Property, progress: Progress
) -> Iterator[Entry]:
    """Each definition of the certificate is equivalent to that of the model, whatever the values of the fields."""
    from verifier.semantics.ground.ground import Ground
    from verifier.semantics.ground.liveness import liveness
    from verifier.semantics.ground.reducing import reduced
    from verifier.semantics.obligations.monitor import monitor

    ground = Ground(finite_scope(model, _settings(certificate)))
    if certificate.get("reduction") is not None:
        ground = reduced(ground, liveness(ground, prop), certificate["reduction"]["rounds"])
        model = ground.scope.model
    derived_from = ModelText(model, ground)
    stated = {entry["name"]: entry["smtlib"] for entry in certificate["definitions"]}
    shown = certificate["invariant"][1:]
    plain, _ = derived_from.definitions(monitor(ground, prop), [ground.circuit.true for _ in shown])

    def as_stated(place: int, node: Node) -> bool:
        name = f"Lemma {place + 1}"
        return stated.get(name) == plain.define(name, derived_from.smtlib.formula(node))

    if certificate["method"] == "exhaustive":
        offered = _found(certificate, model, ground, prop, progress)
    else:
        offered = itertools.chain(_clauses(certificate, ground), _offered(ground, set(shown)))
    lemmas = meant(shown, offered, as_stated)
    unknown = [text for text, node in zip(shown, lemmas, strict=True) if node is None]
    yield check("invariant", not unknown, f"a formula that the model does not offer: {''.join(unknown[:1])}")
    if unknown:
        return
    scheme, bodies = derived_from.definitions(monitor(ground, prop), [node for node in lemmas if node is not None])
    for name, given, derived in (
        ("fields", [(entry["name"], entry["sort"]) for entry in certificate["fields"]], list(scheme.fields)),
        ("actions", [(entry["name"], entry["width"]) for entry in certificate["actions"]], list(scheme.actions)),
        ("definitions", [entry["name"] for entry in certificate["definitions"]], list(bodies)),
    ):
        yield check(name, given == derived, "they are not those of the model")
        if given != derived:
            return
    own = [{"name": name, "smtlib": scheme.define(name, body)} for name, body in bodies.items()]
    pairs = [pair for pair in zip(certificate["definitions"], own, strict=True) if pair[0] != pair[1]]
    answers = _equivalent(scheme, [given for given, _ in pairs], [derived for _, derived in pairs])
    differ = {given["name"]: answer for (given, _), answer in zip(pairs, answers, strict=True)}
    for name in bodies:
        answer = differ.get(name, Answer.UNSAT)
        yield check(name, answer is Answer.UNSAT, "it is not equivalent to what the model says")


def meant(shown: Sequence[str], offered: Iterable[tuple[str, T]], as_stated: Callable[[int, T], bool]) -> list[T | None]:
    """For each formula of an invariant the one that the model offers and that reads the same; None if it offers none.

    Formulas that differ may read alike. Of those, one that the certificate states in that place is meant, if there is one.
    """
    result: list[T | None] = [None for _ in shown]
    open_ = set(range(len(shown)))
    for known, formula in offered if open_ else ():
        for place in [place for place in open_ if shown[place] == known]:
            if as_stated(place, formula):
                open_.remove(place)
                result[place] = formula
            elif result[place] is None:
                result[place] = formula
        if not open_:
            break
    return result


def _found(
    certificate: Mapping[str, Any], model: Model, ground: Ground, prop: Property, progress: Progress
) -> Iterator[tuple[str, Node]]:
    """The invariant that the certificate of a search offers, found again: the set of the states, or the invariant of IC3."""
    from verifier.semantics.obligations.monitor import monitor

    if certificate["exhaustive"]["form"] == "invariant":
        inductive = by_ic3(ground, Proof(monitor(ground, prop), "exhaustive", certificate["k"]))
        yield from ((support.text, support.node) for support in ([] if inductive is None else inductive.supports))
        return
    outcome = _searched(certificate, model, prop, progress)
    if isinstance(outcome, str) or not outcome.complete:
        return
    support = reached(ground, Searched(outcome, tuple(certificate["exhaustive"]["left_out"])))
    if support is not None:
        yield support.text, support.node


def _clauses(certificate: Mapping[str, Any], ground: Ground) -> Iterator[tuple[str, Node]]:
    """The clauses of a certificate, as lemmas."""
    from verifier.proof.engines.sayings import Sayings
    from verifier.semantics.ground.clausal import Clausal
    from verifier.semantics.obligations.proof import Clause

    given = certificate.get("clauses", [])
    if not given:
        return
    sayings = Sayings(Clausal(ground))
    for entry in given:
        said = sayings.of(Clause(entry["form"], tuple(entry["literals"])))
        if said is not None:
            yield said.text, said.node


def _offered(ground: Ground, shown: Collection[str]) -> Iterator[tuple[str, Node]]:
    """The formulas that lemmas may be, as they are shown: properties by their names, and formulas that the model offers."""
    from verifier.proof.engines.candidate import lemma
    from verifier.proof.engines.search import samples
    from verifier.proof.lemmas.affine import affine
    from verifier.proof.lemmas.candidates import candidates

    model = ground.scope.model

    for other in model.properties:
        if other.kind == "state" and (other.short or other.name) in shown:
            yield other.short or other.name, ground.holds(other)

    def said(family: Iterable[Term]) -> Iterator[tuple[str, Node]]:
        for formula in family:
            name = text(formula, model.vocabulary, outer=False)
            if name in shown:
                yield name, lemma(ground, formula)

    for family in ([entry.formula for entry in model.lemmas], *candidates(model)):
        yield from said(family)
    # Those that only samples give come last: most certificates have none.
    yield from said(affine(ground, samples(ground)))


def _equivalent(scheme: Scheme, given: Sequence[Definition], derived: Sequence[Definition]) -> Iterator[Answer]:
    """For each pair of definitions of the same name, z3's answer to the question whether they differ anywhere."""
    ours = scheme.numbered()
    names = dict(zip(scheme.definitions(), ours.definitions(), strict=True))
    prelude = [Printed(text) for text in ours.declarations()]
    asserts: list[Printed] = []
    both = zip(definitions(given, scheme).items(), definitions(derived, scheme).values(), strict=True)
    for (name, stated), own in both:
        values = " ".join(f"|{_constant(names[name], parameter)}|" for parameter, _ in ours.definitions()[names[name]])
        prelude += [stated, Printed(own.replace(f"|{names[name]}|", f"|model {names[name]}|", 1))]
        asserts.append(Printed(f"(assert (not (= (|{names[name]}| {values}) (|model {names[name]}| {values}))))"))
    return (said.answer for said in ask_all("z3", prelude, asserts))


def _constant(definition: str, parameter: str) -> str:
    """The constant of a scheme that stands for a parameter of a definition, in the first step of a path."""
    if parameter == "?pick":
        return f"?pick {definition.removeprefix('Action ')}@0"
    return f"{parameter.removesuffix(chr(39))}@{int(parameter.endswith(chr(39)))}"
