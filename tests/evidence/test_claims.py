"""What a certificate claims beside its formulas is the model's claim, and what it rests on is asked for."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.command import run
from tests.searches import count_only
from verifier import check, prove
from verifier.cli.check import of_check
from verifier.documents import Check
from verifier.evidence.certificate import seal
from verifier.evidence.claims import missing
from verifier.kernel.errors import UsageError
from verifier.report.check import check_text
from verifier.report.text import render

Certificate = dict[str, Any]
Certificates = dict[str, Certificate]

P = "Routes-4"


def written(folder: Path, **options: Any) -> Certificates:
    assert prove("routes", properties=[P], certificates=folder, in_process=True, **options).proved
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.cert.json")]
    return {entry["property"]: entry for entry in documents}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return written(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def unbounded(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return written(tmp_path_factory.mktemp("unbounded"), scope="unbounded")


@pytest.fixture(scope="module")
def exhaustive(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    with pytest.MonkeyPatch.context() as patched:
        count_only(patched)
        return written(tmp_path_factory.mktemp("exhaustive"), engine="explicit")


def checked(*certificates: Certificate, **options: Any) -> Check:
    return check(list(certificates), in_process=True, **{"solver": "z3", **options})


def told(found: Check) -> str:
    return render(check_text(found))


# -- what a certificate rests on -------------------------------------------------------------------------------------------


def test_a_certificate_rests_on_the_meaning_of_steps_and_on_their_ranges(published: Certificates) -> None:
    assert published[P]["rests_on"] == ["TypeOK", "Defined"]
    assert set(published) == {P, "TypeOK", "Defined"}


def test_what_is_not_given_is_named(published: Certificates) -> None:
    found = checked(published[P])
    assert found.valid
    assert not found.complete
    assert found.certificates[0].missing == ("TypeOK", "Defined")
    assert of_check(found) == 3
    assert "rests on TypeOK, Defined: no valid certificate was given" in told(found)


def test_with_what_it_rests_on_it_is_complete(published: Certificates) -> None:
    found = checked(*published.values())
    assert found.complete
    assert of_check(found) == 0


def stub(name: str, *rests_on: str, **facts: Any) -> Certificate:
    """What counts of a certificate when it is looked for."""
    same = {"protocol": "p", "model_digest": "d", "scope": "published", "variant": None, "parameters": {}, "dropped": []}
    return {**same, "published_name": name, "rests_on": list(rests_on), **facts}


def test_what_a_companion_rests_on_is_asked_for_too() -> None:
    entries = [stub("P", "Q"), stub("Q", "R", "P"), stub("S")]
    assert missing(entries, [True] * 3) == [["R"], ["R"], []]
    assert missing([*entries, stub("R", "Q")], [True] * 4) == [[], [], [], []]
    assert missing([*entries, stub("R", "Q")], [True, True, True, False]) == [["R"], ["R"], [], ["R"]]
    assert missing([*entries, stub("R", "Q", variant="v")], [True] * 4)[:2] == [["R"], ["R"]]


OTHERS: dict[str, dict[str, Any]] = {
    "protocol": {"protocol": "another"},
    "variant": {"variant": "gap"},
    "digest": {"model_digest": "0" * 64},
    "sizes": {"parameters": {"Nodes": 2, "MaxVersions": 3, "MaxOps": 1}},
    "drops": {"dropped": ["CatalogWatcherSync.no-regression"]},
    "property": {"published_name": "Other"},
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_companion_of_something_else_does_not_count(published: Certificates, name: str) -> None:
    other = seal({**published["TypeOK"], **OTHERS[name]})
    found = checked(published[P], published["Defined"], other)
    assert found.valid
    assert found.certificates[0].missing == ("TypeOK",)
    assert of_check(found) == 3


def test_a_companion_of_another_scope_does_not_count(published: Certificates, unbounded: Certificates) -> None:
    found = checked(published[P], published["TypeOK"], unbounded["Defined"])
    assert found.certificates[0].missing == ("Defined",)


def test_a_companion_that_is_not_valid_does_not_count(published: Certificates) -> None:
    changed = {**published["TypeOK"], "k": 2}
    found = checked(published[P], published["Defined"], changed)
    assert found.certificates[0].missing == ("TypeOK",)
    assert of_check(found) == 1


def test_drops_and_sizes_may_stand_in_any_order(published: Certificates) -> None:
    entries = [{**entry, "dropped": ["A.a", "B.b"]} for entry in published.values()]
    entries[0] |= {"dropped": ["B.b", "A.a"], "parameters": dict(reversed(entries[0]["parameters"].items()))}
    assert checked(*map(seal, entries)).complete


# -- what it says of itself ------------------------------------------------------------------------------------------------

Change = Callable[[Certificate], None]


def put(key: str, value: Any) -> Change:
    return lambda certificate: certificate.__setitem__(key, value)


FORGED: dict[str, Change] = {
    "rests on nothing": put("rests_on", []),
    "rests on ranges alone": put("rests_on", ["TypeOK"]),
    "rests on itself": lambda c: c["rests_on"].append(c["published_name"]),
    "rests on one twice": lambda c: c["rests_on"].append("Defined"),
    "a kind of another property": put("property_kind", "defined"),
    "another formula": put("formula", "TRUE"),
    "a warning more": put("warnings", ["the moon is full"]),
}


@pytest.mark.parametrize("name", FORGED)
def test_its_own_parts_must_agree(published: Certificates, name: str) -> None:
    assert refusal(published[P], FORGED[name]).startswith(("rests_on", "property_kind", "invariant", "warnings"))


def test_a_warning_cannot_be_left_out(published: Certificates, tmp_path: Path) -> None:
    prove("routes", properties=["Routes-3"], certificates=tmp_path, in_process=True)
    found = json.loads((tmp_path / "routes.safe.Routes-3.cert.json").read_text(encoding="utf-8"))
    assert found["warnings"] == ["no well-typed state or step violates Routes-3"]
    assert refusal(found, put("warnings", [])) == "warnings: they are not those that the witnesses give"


def test_there_are_no_sizes_at_unbounded_scope(unbounded: Certificates) -> None:
    """A number might be that of a fixed parameter, which the model says."""
    assert refusal(unbounded[P], put("parameters", {"Nodes": ["a", "b"]})).startswith("parameters")
    assert refusal(unbounded[P], put("parameters", {"Nodes": 2}), rederive=True).startswith("parameters")


@pytest.mark.parametrize("part", ["fields", "obligations", "witnesses"])
def test_a_search_has_no_formulas(published: Certificates, exhaustive: Certificates, part: str) -> None:
    assert refusal(exhaustive[P], put(part, published[P][part])).startswith(part)


def refusal(certificate: Certificate, *changes: Change, **options: Any) -> str:
    """Why a changed certificate with a fitting digest is not valid; the test fails if it is."""
    changed = copy.deepcopy(certificate)
    for change in changes:
        change(changed)
    assert changed != certificate
    try:
        found = checked(seal(changed), **options).certificates[0]
    except UsageError as error:
        return str(error)
    assert not found.valid
    return "; ".join(f"{entry.name}: {entry.reason}" for entry in found.failures)


# -- what the model says of it ---------------------------------------------------------------------------------------------

CLAIMS: dict[str, Change] = {
    "the short name of another property": put("property", "Routes-1"),
    "the published name of another property": put("published_name", "Routes1_VersionInRange"),
    "its own name as the published one": put("published_name", P),
    "a name that the model does not have": put("published_name", "Other"),
    "another kind": put("property_kind", "action"),
    "one range less to rest on": put("rests_on", ["Defined"]),
    "one property more to rest on": lambda c: c["rests_on"].append("Routes1_VersionInRange"),
    "another variant": put("variant", "gap"),
    "no variant": put("variant", None),
    "a dropped guard": put("dropped", ["CatalogWatcherSync.no-regression"]),
    "another size": lambda c: c["parameters"].__setitem__("MaxOps", 1),
    "a size less": lambda c: c["parameters"].pop("MaxOps"),
    "a size more": lambda c: c["parameters"].__setitem__("Other", 1),
    "a size of another type": lambda c: c["parameters"].__setitem__("MaxOps", {"a": [1]}),
    "another formula": lambda c: c.update(formula="TRUE", invariant=["TRUE", *c["invariant"][1:]]),
    "another text": put("protocol_text", "---- routes ----"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_the_claim_is_compared_with_the_model(published: Certificates, name: str) -> None:
    assert refusal(published[P], CLAIMS[name], rederive=True, protocol="routes")


@pytest.mark.parametrize("name", CLAIMS)
def test_the_claim_of_a_search_is_always_compared(exhaustive: Certificates, name: str) -> None:
    assert refusal(exhaustive[P], CLAIMS[name])


@pytest.mark.parametrize("name", [name for name in CLAIMS if "size" not in name and "range" not in name])
def test_the_claim_is_compared_at_unbounded_scope(unbounded: Certificates, name: str) -> None:
    assert refusal(unbounded[P], CLAIMS[name], rederive=True)


@pytest.fixture(scope="module")
def with_lemma(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certificate]:
    found = {}
    for scope in ("published", "unbounded"):
        folder = tmp_path_factory.mktemp(scope)
        prove("routes", properties=["Routes4_GhostMonotonic"], scope=scope, certificates=folder, in_process=True)
        documents = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.cert.json")]
        found[scope] = next(entry for entry in documents if entry["method"] == "lemmas")
    return found


@pytest.mark.parametrize("scope", ["published", "unbounded"])
@pytest.mark.parametrize("shown", ["TRUE", "Routes-1", "catalogVersion <= opCount", "FALSE"])
def test_a_lemma_is_what_its_text_says(with_lemma: dict[str, Certificate], scope: str, shown: str) -> None:
    certificate = with_lemma[scope]
    place = 1 if scope == "published" else 0
    assert len(certificate["invariant"]) > place
    reason = refusal(certificate, lambda c: c["invariant"].__setitem__(place, shown), rederive=True)
    assert "derived again" in reason


def test_a_lemma_that_is_another_is_noticed(with_lemma: dict[str, Certificate]) -> None:
    """Its definition is weakened, so that the text says more than what is shown."""

    def weaken(certificate: Certificate) -> None:
        entry = next(entry for entry in certificate["definitions"] if entry["name"] == "Lemma 1")
        start = entry["smtlib"].index(" Bool ", entry["smtlib"].rindex("(_ BitVec")) + len(" Bool ")
        entry["smtlib"] = f"{entry['smtlib'][:start]}(or {entry['smtlib'][start:-1]} (bvule #b100 |5:opCount|)))"

    assert "Lemma 1, derived again: it is not equivalent" in refusal(with_lemma["published"], weaken, rederive=True)


def weaker_script(part: str, number: int, text: str) -> Change:
    return lambda certificate: certificate[part][number].__setitem__("smtlib", text)


@pytest.mark.parametrize(
    ("part", "text"), [("witnesses", "(assert true)"), ("witnesses", "(declare-sort S 0)(assert true)")]
)
def test_witnesses_are_those_of_the_model(unbounded: Certificates, part: str, text: str) -> None:
    changed = [weaker_script(part, number, text) for number in range(len(unbounded[P][part]))]
    assert checked(seal(apply(unbounded[P], changed))).valid
    assert "the model gives another script for it" in refusal(unbounded[P], changed[1], rederive=True)


def apply(certificate: Certificate, changes: Sequence[Change]) -> Certificate:
    changed = copy.deepcopy(certificate)
    for change in changes:
        change(changed)
    return changed


def test_an_action_cannot_be_said_to_be_dead_at_small_sizes_only(unbounded: Certificates) -> None:
    """A script with sorts of few values is harder to satisfy: good for a witness, and no reason that there is none."""

    def dead(certificate: Certificate) -> None:
        entry = certificate["witnesses"][1]
        lines = entry["smtlib"].splitlines()
        first = next(place for place, line in enumerate(lines) if line.startswith("(assert"))
        sort = next(line.split()[1] for line in lines if line.startswith("(declare-sort"))
        declared = f"(declare-fun size.0.0 () {sort})"
        closed = f"(assert (forall ((bound.x.0 {sort})) (= bound.x.0 size.0.0)))"
        entry["smtlib"] = "\n".join([*lines[:first], declared, *lines[first:], closed])
        entry["expected"] = "unsat"
        certificate["warnings"] = [f"{entry['action']} cannot fire while the invariant holds"]

    reason = refusal(unbounded[P], dead, rederive=True)
    assert f"invariant and {unbounded[P]['actions'][0]['name']} fires, derived again" in reason


# -- what is printed -------------------------------------------------------------------------------------------------------


def test_a_line_says_of_what_it_is(tmp_path: Path) -> None:
    options: dict[str, Any] = {"settings": {"MaxOps": 1}, "drop": ["CatalogWatcherSync.published"]}
    assert prove("routes", properties=[P], certificates=tmp_path, in_process=True, **options).proved
    line = told(checked(json.loads((tmp_path / f"routes.safe.{P}.cert.json").read_text(encoding="utf-8"))))
    assert "routes:safe  Routes-4 (Routes4_NoEngineRegression)" in line
    assert "for Nodes=2, MaxVersions=3, MaxOps=1  without CatalogWatcherSync.published" in line


def test_solvers_are_named_only_where_they_took_part(published: Certificates, exhaustive: Certificates) -> None:
    searched = checked(exhaustive[P], solver="both")
    assert searched.solvers == ()
    assert searched.versions == {}
    assert "z3" not in told(searched)
    one = checked(published[P], solver="z3")
    assert one.solvers == ("z3",)
    assert "by z3" in told(one)
    faulty = checked({**published[P], "k": 2})
    assert faulty.solvers == ()


def test_the_command_ends_with_three_if_something_is_missing(published: Certificates, tmp_path: Path) -> None:
    paths = []
    for name, entry in published.items():
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(entry), encoding="utf-8")
    assert run(["check", "--solver", "z3", str(tmp_path / f"{P}.json")]) == 3
    assert run(["check", "--solver", "z3", *map(str, paths)]) == 0


# -- keys ------------------------------------------------------------------------------------------------------------------


def objects(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects in a document, at any depth, and one of a list for all; but for those whose keys are names of the model."""
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            if key not in ("parameters", "versions"):
                yield from objects(inner, f"{place}.{key}")
    elif isinstance(value, list) and value:
        yield from objects(value[0], f"{place}[0]")


def test_there_are_no_keys_that_nobody_reads(
    published: Certificates, unbounded: Certificates, exhaustive: Certificates
) -> None:
    seen = set()
    for certificate in (published[P], unbounded[P], exhaustive[P]):
        for place, _ in objects(certificate):
            changed = copy.deepcopy(certificate)
            dict(objects(changed))[place]["more"] = 1
            with pytest.raises(UsageError, match="more: Extra inputs are not permitted"):
                checked(seal(changed))
            seen.add(place)
    assert seen == {"", ".exhaustive", *(f".{part}[0]" for part in LISTED)}


LISTED = ("fields", "actions", "definitions", "obligations", "witnesses")
