"""Certificates: what is written passes with every solver, and whatever somebody changes in one is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.searches import count_only
from verifier import check, prove
from verifier.evidence.certificate import seal
from verifier.kernel.errors import UsageError

Certificate = dict[str, Any]

PROTOCOL = "routes"


def written(folder: Path, **options: Any) -> dict[str, Certificate]:
    """The certificates of a small protocol, by their properties."""
    result = prove(PROTOCOL, certificates=folder, in_process=True, **options)
    assert result.proved
    found = {}
    for path in folder.glob("*.cert.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert path.name == f"{PROTOCOL}.safe.{document['property']}.cert.json"
        found[document["property"]] = document
    named = {entry.name: entry.certificate for entry in result.properties}
    assert set(named) <= set(found)
    assert all(isinstance(path, str) and Path(path).exists() for path in named.values())
    return found


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certificate]:
    return written(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def unbounded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certificate]:
    return written(tmp_path_factory.mktemp("unbounded"), scope="unbounded")


@pytest.fixture(scope="module")
def exhaustive(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certificate]:
    with pytest.MonkeyPatch.context() as patched:
        count_only(patched)
        return written(tmp_path_factory.mktemp("exhaustive"), engine="explicit")


@pytest.fixture(scope="module")
def with_lemma(published: dict[str, Certificate]) -> Certificate:
    return next(entry for entry in published.values() if entry["method"] == "lemmas")


def refusal(certificate: Certificate, **options: Any) -> str:
    """Why a certificate is not valid; the test fails if it is."""
    try:
        found = check(certificate, in_process=True, **{"solver": "z3", **options}).certificates[0]
    except UsageError as error:
        return str(error)
    assert not found.valid
    return "; ".join(f"{entry.name}: {entry.reason}" for entry in found.failures)


@pytest.mark.parametrize("solver", ["z3", "cvc5", "both"])
def test_every_certificate_passes(published: dict[str, Certificate], solver: str) -> None:
    found = check(list(published.values()), solver=solver, in_process=True)
    assert [entry.failures for entry in found.certificates] == [()] * len(published)
    assert found.valid


def test_every_certificate_of_any_size_passes(unbounded: dict[str, Certificate]) -> None:
    found = check(list(unbounded.values()), rederive=True, in_process=True)
    assert [entry.failures for entry in found.certificates] == [()] * len(unbounded)


def test_the_model_gives_the_same_definitions(published: dict[str, Certificate]) -> None:
    assert check(list(published.values()), solver="z3", rederive=True, in_process=True).valid


def test_an_exhaustive_search_is_done_again(exhaustive: dict[str, Certificate]) -> None:
    searched = [entry for entry in exhaustive.values() if entry["method"] == "exhaustive"]
    assert searched
    assert check(searched, in_process=True).valid


# -- what anybody may try --------------------------------------------------------------------------------------------------


def define(certificate: Certificate, name: str, body: str) -> None:
    """Gives a definition another body; `{}` in it stands for the old one."""
    entry = next(entry for entry in certificate["definitions"] if entry["name"] == name)
    text, depth = entry["smtlib"], 0
    for end in range(text.index("(", 1), len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            old = text[end + 1 :].removeprefix(" Bool ").removesuffix(")")
            entry["smtlib"] = f"{text[: end + 1]} Bool {body.replace('{}', old)})"
            return


def defining(name: str, body: str) -> Callable[[Certificate], None]:
    return lambda certificate: define(certificate, name, body)


def action(certificate: Certificate) -> str:
    return str(certificate["actions"][0]["name"])


def forget_action(certificate: Certificate) -> None:
    name = action(certificate)
    del certificate["actions"][0]
    for part in ("definitions", "obligations", "witnesses"):
        certificate[part] = [e for e in certificate[part] if e["name"] != f"Action {name}" and e.get("action") != name]


def assert_nothing(certificate: Certificate) -> None:
    certificate["obligations"][1]["smtlib"] = "(assert false)"


def drop_obligation(certificate: Certificate) -> None:
    del certificate["obligations"][1]


def drop_lemma(certificate: Certificate) -> None:
    del certificate["invariant"][1]
    certificate["definitions"] = [e for e in certificate["definitions"] if e["name"] != "Lemma 1"]


def claim_trivial(certificate: Certificate) -> None:
    certificate["method"], certificate["k"] = "trivial", 0


def shorten(certificate: Certificate) -> None:
    certificate["k"] = 0


def other_state(certificate: Certificate) -> None:
    state = certificate["witnesses"][0]["state"]
    state[:] = [{"true": "false", "false": "true"}.get(value, value.replace("0", "1")) for value in state]


def no_values(certificate: Certificate) -> None:
    certificate["witnesses"][1]["state"] = None


def dead_action(certificate: Certificate) -> None:
    entry = certificate["witnesses"][1]
    entry["expected"] = "unsat"
    entry["state"] = entry["next"] = entry["pick"] = None


def declare_more(certificate: Certificate) -> None:
    certificate["declarations"].append("(assert false)")


def declare_less(certificate: Certificate) -> None:
    del certificate["declarations"][0]


def extra_definition(certificate: Certificate) -> None:
    certificate["definitions"].append({"name": "Lemma 2", "smtlib": "(assert false)"})


def other_definition(certificate: Certificate) -> None:
    certificate["definitions"].append({"name": "Other", "smtlib": "(assert false)"})


INJECTED = "true) (assert false) (define-fun |x| () Bool true"

FORGERIES: dict[str, Callable[[Certificate], None]] = {
    "a lemma that says nothing": defining("Lemma 1", "true"),
    "a lemma that is false": defining("Lemma 1", "false"),
    "a property that cannot fail": defining("BadStep", "false"),
    "no typed state": defining("Typed", "false"),
    "no initial state": defining("Init", "false"),
    "no state inside the constraint": defining("Constraint", "false"),
    "an action that never fires": lambda c: define(c, f"Action {action(c)}", "false"),
    "an action that does anything": lambda c: define(c, f"Action {action(c)}", "true"),
    "a command inside a definition": defining("Lemma 1", INJECTED),
    "a name from elsewhere": defining("Lemma 1", "|Bad|"),
    "an obligation that asserts nothing": assert_nothing,
    "an obligation left out": drop_obligation,
    "a lemma left out": drop_lemma,
    "an action left out": forget_action,
    "another method": claim_trivial,
    "no depth": shorten,
    "another witness": other_state,
    "a witness without values": no_values,
    "an action said to be dead": dead_action,
    "a declaration that asserts": declare_more,
    "a declaration left out": declare_less,
    "a definition too many": extra_definition,
    "a definition of something else": other_definition,
}


def forged(certificate: Certificate, forgery: Callable[[Certificate], None]) -> Certificate:
    changed = copy.deepcopy(certificate)
    forgery(changed)
    assert changed != certificate
    return changed


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(with_lemma: Certificate, name: str) -> None:
    assert refusal(forged(with_lemma, FORGERIES[name]))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_with_a_fitting_digest_is_refused(with_lemma: Certificate, name: str) -> None:
    reason = refusal(seal(forged(with_lemma, FORGERIES[name])))
    assert "content digest" not in reason


@pytest.mark.parametrize(("witness", "pick"), [(0, "#b0"), (1, "#b" + 70 * "0"), (1, "true")])
def test_a_witness_names_an_instance_of_its_action(with_lemma: Certificate, witness: int, pick: str) -> None:
    changed = forged(with_lemma, lambda c: c["witnesses"][witness].__setitem__("pick", pick))
    assert f"{pick} is not the number of an instance" in refusal(seal(changed))


def set_to(key: str, value: Any) -> Callable[[Certificate], None]:
    return lambda certificate: certificate.__setitem__(key, value)


HEADERS: dict[str, Callable[[Certificate], None]] = {
    "protocol": set_to("protocol", "another"),
    "variant": set_to("variant", "gap"),
    "scope": set_to("scope", "unbounded"),
    "parameters": lambda c: c["parameters"].__setitem__(next(iter(c["parameters"])), 9),
    "model digest": set_to("model_digest", "0" * 64),
    "property": set_to("property", "Routes-1"),
    "readable formula": set_to("invariant", ["TRUE", "TRUE"]),
    "text": set_to("protocol_text", "---- nothing ----"),
    "versions": set_to("versions", {"verify": "9.9"}),
    "drops": set_to("dropped", ["A.b"]),
}


@pytest.mark.parametrize("name", HEADERS)
def test_another_header_is_refused(with_lemma: Certificate, name: str) -> None:
    assert refusal(forged(with_lemma, HEADERS[name]))


@pytest.mark.parametrize("name", ["variant", "parameters", "model digest", "property", "text", "drops"])
def test_the_model_refuses_another_header(with_lemma: Certificate, name: str) -> None:
    assert refusal(seal(forged(with_lemma, HEADERS[name])), rederive=True, protocol=PROTOCOL)


def test_the_model_refuses_a_weaker_property(with_lemma: Certificate) -> None:
    field = with_lemma["fields"][0]["name"]
    weaker = seal(forged(with_lemma, defining("BadStep", f"(and {{}} (= |{field}| |{field}'|))")))
    assert check(weaker, solver="z3", in_process=True).valid
    assert refusal(weaker, rederive=True).startswith("BadStep, derived again")


@pytest.mark.parametrize(("key", "value"), [("states", 7), ("digest", "0" * 64), ("diameter", 99)])
def test_another_count_is_refused(exhaustive: dict[str, Certificate], key: str, value: Any) -> None:
    certificate = next(entry for entry in exhaustive.values() if entry["method"] == "exhaustive")
    changed = forged(certificate, lambda c: c["exhaustive"].__setitem__(key, value))
    assert "content digest" in refusal(changed)
    assert refusal(seal(changed))


def forget_actions(certificate: Certificate) -> None:
    certificate["actions"] = []
    for part in ("obligations", "witnesses"):
        certificate[part] = [entry for entry in certificate[part] if entry["action"] is None]


def test_a_search_has_no_logic(exhaustive: dict[str, Certificate]) -> None:
    certificate = next(entry for entry in exhaustive.values() if entry["method"] == "exhaustive")
    assert "a search has no lemmas and no logic" in refusal(seal({**certificate, "logic": "QF_BV"}))


SCRIPTS: dict[str, Callable[[Certificate], None]] = {
    "an obligation left out": drop_obligation,
    "no premises that hold together": lambda c: c["obligations"][-1].__setitem__(
        "smtlib", c["obligations"][-1]["smtlib"].replace("(assert", "(assert false)\n(assert", 1)
    ),
    "another command": lambda c: c["obligations"][0].__setitem__("smtlib", "(set-logic HORN)\n(assert false)"),
    "another action": lambda c: c["obligations"][-1].__setitem__("action", "Other"),
    "no formula": set_to("invariant", []),
    "no actions": forget_actions,
    "a trivial proof that uses formulas": claim_trivial,
    "no depth": shorten,
    "a witness that is none": lambda c: c["witnesses"][1].__setitem__("smtlib", "(assert false)"),
    "an initial state said to be impossible": lambda c: c["witnesses"][0].__setitem__("expected", "unsat"),
    "a satisfiable obligation": lambda c: c["obligations"][0].__setitem__("smtlib", "(assert true)"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_forged_script_is_refused(unbounded: dict[str, Certificate], name: str) -> None:
    certificate = next(entry for entry in unbounded.values() if entry["method"] == "lemmas")
    changed = forged(certificate, SCRIPTS[name])
    assert refusal(changed)
    assert refusal(seal(changed))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "nonsense", '{"schema": "verify.certificate/1"}', '{"a": 1, "a": 2}', "[" * 100_000]
)
def test_what_is_no_certificate_is_bad_input(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.cert.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.cert\.json"):
        check(path, in_process=True)


def test_an_exhaustive_search_needs_its_model(exhaustive: dict[str, Certificate]) -> None:
    certificate = next(entry for entry in exhaustive.values() if entry["method"] == "exhaustive")
    with pytest.raises(UsageError, match="protocol"):
        check(seal({**certificate, "protocol": "./elsewhere.py"}), in_process=True)


@pytest.mark.nightly
def test_a_field_of_one_value_is_fixed_in_the_initial_states(tmp_path: Path) -> None:
    """Its only code is a constant of the circuit; a certificate that did not state it could not prove it typed."""
    options = {"properties": ["HLC-2"], "certificates": tmp_path, "in_process": True}
    assert prove("hlc-ceiling", **options).proved
    assert check(list(tmp_path.glob("*.cert.json")), solver="z3", in_process=True).valid
