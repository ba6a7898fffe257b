"""What only the model can say of a certificate: whether it is about this model, and whether a search finds the same states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from verifier.catalog.digest import digest
from verifier.evidence.definitions import given as definitions
from verifier.evidence.grammar import Printed
from verifier.evidence.scheme import Scheme
from verifier.evidence.solvers import ask_all
from verifier.kernel.errors import UsageError
from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.protocol import Protocol
from verifier.kernel.terms import TRUE, Term
from verifier.proof.strategy.certificates import described, formula_of
from verifier.proof.strategy.release import needed, steps
from verifier.semantics.answers import Answer
from verifier.semantics.scope.finite import FiniteScope, finite_scope

Progress = Callable[[str], None]
Definition = Mapping[str, Any]


def rederive(certificate: Mapping[str, Any], protocol: Protocol, progress: Progress) -> list[dict[str, Any]]:
    """Compares a certificate with the model: its header, its text, and each definition or script.

    Raises UsageError where the model is another one than the certificate is of.
    """
    model, found = _model(certificate, protocol)
    # At unbounded scope the ranges that a proof uses are part of its invariant.
    ranges = () if certificate["scope"] == "unbounded" else None
    if certificate["scope"] == "unbounded":
        found = _stated(model, found)
    wanted = {
        **described(model, found),
        "formula": formula_of(found),
        "protocol": model.name,
        "variant": model.variant.name,
        "dropped": list(model.drops),
        "rests_on": [other.name for other in needed(found, model.properties, ranges)],
        "observed": [],
    }
    if certificate["scope"] == "published":
        wanted["parameters"] = _parameters(finite_scope(model, _settings(certificate)), certificate)
    checks = [
        _check(name, certificate.get(name) == value, "it is not what the model says") for name, value in wanted.items()
    ]
    progress("running the model")
    checks.append(_run(certificate, model, found))
    if certificate["method"] == "exhaustive":
        return checks
    progress("deriving the obligations again")
    derive = _published if certificate["scope"] == "published" else _unbounded
    return [*checks, *derive(certificate, model, found)]


def _run(certificate: Mapping[str, Any], model: Model, found: Property) -> dict[str, Any]:
    """Some thousand steps of the model, or of instances of it, do not violate the property."""
    from verifier.proof.strategy.net import Net
    from verifier.proof.strategy.net_unbounded import UnboundedNet
    from verifier.semantics.scope.unbounded import unbounded

    scope = finite_scope(model, _settings(certificate))
    if certificate["scope"] == "published":
        caught, at = Net(scope, [found]).caught(found), ""
    else:
        caught, sizes = UnboundedNet(unbounded(model), scope).caught(found) or (None, {})
        at = f" at {', '.join(f'{name}={value}' for name, value in sizes.items())}" if sizes else ""
    reason = "" if caught is None else f"a run of {steps(caught.steps)}{at} violates it: {caught.path}"
    return _entry("runs of the model", "runs", caught is None, reason)


def search(certificate: Mapping[str, Any], protocol: Protocol, progress: Progress) -> list[dict[str, Any]]:
    """Searches the model of an exhaustive certificate again, and compares the count, the digest and the diameter.

    Raises UsageError where the model is another one than the certificate is of.
    """
    from verifier.proof.engines import explicit
    from verifier.semantics.ground.ground import Ground

    model, found = _model(certificate, protocol)
    ground = Ground(finite_scope(model, _settings(certificate)))

    def told(level: int, states: int) -> None:
        progress(f"{states:,} states")

    claimed = certificate["exhaustive"]
    limit = claimed["states"] + 1
    outcome = explicit.decide(ground, [found], max_states=limit, progress=told)
    violated = next((violation for violation in outcome.violations), None)
    checks = [
        _entry(found.name, "search", violated is None, "the property is violated"),
        _entry(
            "all states are searched", "search", outcome.complete, f"there are more than {claimed['states']:,} states"
        ),
    ]
    if outcome.complete:
        figures = (("states", outcome.distinct), ("digest", outcome.reached.digest()), ("diameter", outcome.diameter))
        checks += [
            _entry(name, "search", claimed[name] == value, f"the search finds {value}") for name, value in figures
        ]
        depth = certificate["k"] == outcome.diameter - 1
        checks.append(_entry("k", "search", depth, f"it must be {outcome.diameter - 1}"))
    return checks


# -- the model of a certificate --------------------------------------------------------------------------------------------


def _model(certificate: Mapping[str, Any], protocol: Protocol) -> tuple[Model, Property]:
    if certificate["protocol"] != protocol.name or certificate["model_digest"] != digest(protocol):
        message = f"the certificate is of another model than {protocol.name} as it is now: the digests differ"
        raise UsageError(
            message, hint="prove the property again, or give the model of the certificate with --protocol FILE"
        )
    model = protocol.model(certificate["variant"], tuple(certificate["dropped"]))
    return model, model.find_property(certificate["published_name"])


def _stated(model: Model, found: Property) -> Property:
    """The property as it is stated at unbounded scope."""
    from verifier.semantics.scope.unbounded import unbounded

    for stated in unbounded(model).model.properties:
        if stated.name == found.name:
            return stated
    raise UsageError(f"{found.name} is not stated at unbounded scope", hint="the certificate is of no such property")


def _settings(certificate: Mapping[str, Any]) -> dict[str, str | int]:
    return {
        name: "{" + ",".join(str(label) for label in value) + "}" if isinstance(value, list) else str(value)
        for name, value in certificate["parameters"].items()
    }


def _parameters(scope: FiniteScope, certificate: Mapping[str, Any]) -> dict[str, Any]:
    labels = {name: value for name, value in certificate["parameters"].items() if isinstance(value, list)}
    return {**scope.parameters, **labels}


# -- comparing -------------------------------------------------------------------------------------------------------------


def _published(certificate: Mapping[str, Any], model: Model, found: Property) -> Iterator[dict[str, Any]]:
    """Each definition of the certificate is equivalent to that of the model, whatever the values of the fields."""
    from verifier.semantics.ground.ground import Ground
    from verifier.semantics.ground.smtlib import SmtLib
    from verifier.semantics.obligations.monitor import monitor

    ground = Ground(finite_scope(model, _settings(certificate)))
    smt = SmtLib(ground)
    watched = monitor(ground, found)
    actions = [smt.action(action) for action in model.actions]
    inside = ground.circuit.and_((watched.bad_inside, ground.constraint))
    derived = {
        "Typed": smt.typed(),
        "Init": smt.initial(),
        "Constraint": smt.formula(ground.constraint),
        **{f"Action {action.name}": action.body for action in actions},
        "Bad": smt.formula(ground.circuit.or_((watched.bad_state, inside))),
        "BadStep": smt.formula(watched.bad_step),
    }
    fields = [{"name": name, "sort": sort} for name, sort in smt.fields]
    same = fields == certificate["fields"]
    widths = [{"name": action.name, "width": action.width} for action in actions]
    yield _check("fields", same, "they are not those of the model's state")
    yield _check("actions", widths == certificate["actions"], "they are not the model's actions")
    yield _check("initial values", not watched.bad_initial, "they violate the property")
    if not same or widths != certificate["actions"]:
        return
    scheme = Scheme(tuple(smt.fields), tuple((action.name, action.width) for action in actions), 0, "trivial", 0)
    own = [{"name": name, "smtlib": scheme.define(name, body)} for name, body in derived.items()]
    stated = {entry["name"]: entry for entry in certificate["definitions"]}
    open_ = [entry for entry in own if stated[entry["name"]]["smtlib"] != entry["smtlib"]]
    answers = _equivalent(scheme, [stated[entry["name"]] for entry in open_], open_)
    differ = {entry["name"]: answer for entry, answer in zip(open_, answers, strict=True)}
    for name in derived:
        answer = differ.get(name, Answer.UNSAT)
        yield _check(name, answer is Answer.UNSAT, "it is not equivalent to what the model says")


def _equivalent(scheme: Scheme, given: Sequence[Definition], derived: Sequence[Definition]) -> Iterator[Answer]:
    """For each pair of definitions of the same name, what z3 says to the question whether they differ anywhere."""
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


def _unbounded(certificate: Mapping[str, Any], model: Model, found: Property) -> Iterator[dict[str, Any]]:
    """Each script of the certificate is the one that the model gives for the formulas named in it."""
    from verifier.proof.lemmas.candidates import candidates
    from verifier.proof.strategy.unbounded_certificates import obligations
    from verifier.semantics.quantified import Quantified
    from verifier.semantics.scope.unbounded import unbounded

    scope = unbounded(model)
    quantified, terms = Quantified(scope), Quantified(scope)
    state, steps, uses = goals(terms, found)
    known: dict[str, Term] = {}
    offered = [lemma.formula for lemma in scope.model.lemmas]
    offered += [other.formula for other in scope.model.properties if other.kind == "state"]
    for other in scope.model.properties:
        offered += [terms.range_formula([name]) for name in other.variables] if other.kind == "range" else []
    for formula in [*offered, *(term for family in candidates(scope.model) for term in family)]:
        known.setdefault(text(formula, outer=False), formula)
    support = [known[shown] for shown in certificate["invariant"] if shown in known]
    unknown = [shown for shown in certificate["invariant"] if shown not in known]
    yield _check("invariant", not unknown, f"a formula that the model does not offer: {''.join(unknown[:1])}")
    # A formula of the property that is not part of the invariant must follow from it.
    uses += [formula for formula in state if text(formula, outer=False) not in certificate["invariant"]]
    uses = uses if support or steps or uses else [TRUE]
    for name, formulas in (("steps", steps), ("uses", uses)):
        shown = [text(formula, outer=False) for formula in formulas]
        yield _check(name, certificate[name] == shown, "they are not those of the property")
    if unknown:
        return
    derived = obligations(quantified, support, steps, uses)
    yield _check("obligations", len(derived) == len(certificate["obligations"]), f"there must be {len(derived)}")
    for entry, given in zip(derived, certificate["obligations"], strict=False):
        yield _check(entry["name"], given["smtlib"] == entry["smtlib"], "the model gives another script for it")


def goals(quantified: Any, found: Property) -> tuple[list[Term], list[Term], list[Term]]:
    """What a property says at unbounded scope: formulas of states, formulas of steps, uses that are to be defined."""
    state: list[Term] = []
    if found.kind == "state":
        state = [found.formula]
    elif found.kind == "range":
        state = [quantified.range_formula([name]) for name in found.variables]
    state = [formula for formula in state if formula is not TRUE and formula.data is not True]
    if found.kind == "action":
        return state, [found.judged], []
    if found.kind == "defined":
        steps = [use.formula for use in quantified.defined_steps(found)]
        return state, steps, [use.formula for use in quantified.defined_uses(found)]
    return state, [], []


def _check(name: str, passed: bool, reason: str) -> dict[str, Any]:
    return _entry(f"{name}, derived again", "derivation", passed, reason)


def _entry(name: str, kind: str, passed: bool, reason: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "expected": "equal",
        "answers": {},
        "passed": passed,
        "reason": None if passed else reason,
    }
