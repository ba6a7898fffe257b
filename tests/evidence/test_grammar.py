"""Solvers get what was read and printed again: the grammar of certificates, and all that is outside it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.command import verify
from verifier import check, prove
from verifier.evidence.certificate import seal
from verifier.evidence.grammar import body, script
from verifier.evidence.sexpr import DEEPEST, SyntaxFault, read
from verifier.kernel.errors import UsageError

Certificate = dict[str, Any]

# -- tokens ----------------------------------------------------------------------------------------------------------------

TEXT: dict[str, str] = {
    "a comment": "(a ; b\n)",
    "z3's block comment": "(and #| a |# b)",
    "half a block comment": "#|a|b|c|#",
    "a string": '(echo "a")',
    "a keyword": "(set-option :x true)",
    "a bar that is not closed": "(a |b)",
    "a quoted name with a bar behind it": "|a|b|",
    "a quoted name in a name": "a|b|",
    "a quoted name with a line break": "|a\nb|",
    "a quoted name with quotes": '|a"b|',
    "a quoted name with a hash": "|#|",
    "a quoted name with a backslash": "|a\\b|",
    "a quoted name of nothing": "||",
    "a letter beyond ASCII": "(\N{LATIN SMALL LETTER E WITH ACUTE})",
    "a control character": "(a \x1b[2J)",
    "a tab": "(a\tb)",
    "a decimal": "(1.0)",
    "a number with a zero before it": "(01)",
    "a number and a name": "(1a)",
    "hexadecimal digits": "(#xff)",
    "a parenthesis too many": "(a))",
    "a parenthesis too few": "((a)",
    "depth": "(" * DEEPEST + ")" * DEEPEST,
}


@pytest.mark.parametrize("name", TEXT)
def test_what_two_readers_could_take_for_different_things_is_refused(name: str) -> None:
    with pytest.raises(SyntaxFault):
        read(TEXT[name])


@pytest.mark.parametrize("text", ["|" * 1_000_001, "|a" * 500_001, 'a"' * 500_000, "a" * 1_000_000 + '"', "(" * 1_000_000])
def test_reading_takes_a_time_in_proportion_to_the_text(text: str) -> None:
    with pytest.raises(SyntaxFault):
        read(text)


# -- scripts ---------------------------------------------------------------------------------------------------------------

DECLARED = (
    "(declare-sort S 0)(declare-fun a () S)(declare-fun f (S) Bool)(declare-fun n () Int)"
    "(declare-datatypes ((E 0)) (((l) (m))))"
)

SCRIPTS: dict[str, str] = {
    "nothing": "",
    "no assertion": "(declare-sort S 0)",
    "an option": "(set-option regular-output-channel a)(assert true)",
    "a question": "(assert true)(check-sat)",
    "output": "(assert true)(echo a)",
    "another logic": "(set-logic HORN)(assert true)",
    "a definition": "(define-fun g () Bool true)(assert g)",
    "a recursive definition": "(define-fun-rec g () Bool g)(assert g)",
    "a declaration after an assertion": "(assert true)(declare-fun g () Bool)",
    "a declaration that asserts": "(declare-fun g () Bool (assert false))(assert true)",
    "a sort with parameters": "(declare-sort P 1)(assert true)",
    "an unknown sort": "(declare-fun g () Real)(assert true)",
    "bit-vectors": "(declare-fun g () (_ BitVec 2))(assert true)",
    "a sort declared twice": "(declare-sort S 0)(declare-sort S 0)(assert true)",
    "a function declared twice": "(declare-fun g () Bool)(declare-fun |g| () Int)(assert true)",
    "a label declared twice": f"{DECLARED}(declare-fun l () Bool)(assert true)",
    "labels with fields": "(declare-datatypes ((E 0)) (((l (x Int)))))(assert true)",
    "an enumeration of nothing": "(declare-datatypes ((E 0)) (()))(assert true)",
    "two enumerations at once": "(declare-datatypes ((E 0) (F 0)) (((l)) ((m))))(assert true)",
    "a word of the grammar declared": "(declare-fun and (Bool Bool) Bool)(assert true)",
    "a truth value declared": "(declare-fun |true| () Bool)(assert true)",
    "a number declared": "(declare-fun 1 () Bool)(assert true)",
    "an unknown name": f"{DECLARED}(assert (f b))",
    "an unknown operation": f"{DECLARED}(assert (= n (abs n)))",
    "an operation with indices": f"{DECLARED}(assert ((_ is l) l))",
    "an attribute": f"{DECLARED}(assert (! (f a) named x))",
    "a sort ascribed": f"{DECLARED}(assert (= a (as a S)))",
    "a function without its arguments": f"{DECLARED}(assert f)",
    "a function of other arguments": f"{DECLARED}(assert (f n))",
    "a function of too many arguments": f"{DECLARED}(assert (f a a))",
    "a constant applied": f"{DECLARED}(assert (= a (a)))",
    "no truth value": f"{DECLARED}(assert n)",
    "nothing asserted": f"{DECLARED}(assert)",
    "two formulas asserted": f"{DECLARED}(assert true true)",
    "an empty application": f"{DECLARED}(assert ())",
    "values of two sorts compared": f"{DECLARED}(assert (= a n))",
    "a truth value as a number": f"{DECLARED}(assert (= n true))",
    "one value compared": f"{DECLARED}(assert (= n))",
    "a conjunction of one": f"{DECLARED}(assert (and true))",
    "a conjunction of numbers": f"{DECLARED}(assert (and n n))",
    "an order of members": f"{DECLARED}(assert (<= a a))",
    "an order of three": f"{DECLARED}(assert (<= n n n))",
    "a choice of two sorts": f"{DECLARED}(assert (= a (ite true a n)))",
    "a sum of members": f"{DECLARED}(assert (= a (+ a a)))",
    "a let of nothing": f"{DECLARED}(assert (let () true))",
    "a let that binds a number": f"{DECLARED}(assert (let ((1 true)) true))",
    "a let that binds a word": f"{DECLARED}(assert (let ((true false)) true))",
    "a let that binds twice": f"{DECLARED}(assert (let ((x true) (x false)) x))",
    "a let that reads itself": f"{DECLARED}(assert (let ((x true) (y x)) y))",
    "a let without a body": f"{DECLARED}(assert (let ((x true))))",
    "a name beyond its let": f"{DECLARED}(assert (and (let ((x true)) x) x))",
    "a name beyond its quantifier": f"{DECLARED}(assert (and (forall ((x S)) (f x)) (f x)))",
    "a quantifier over nothing": f"{DECLARED}(assert (forall () true))",
    "a quantifier over no sort": f"{DECLARED}(assert (forall ((x a)) true))",
    "a quantified number": f"{DECLARED}(assert (= n (forall ((x S)) n)))",
    "a quantifier with a pattern": f"{DECLARED}(assert (forall ((x S)) (! (f x) pattern ((f x)))))",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_nothing_but_declarations_and_formulas(name: str) -> None:
    with pytest.raises(SyntaxFault):
        script(SCRIPTS[name])


def test_names_become_numbers() -> None:
    shown = script(f"{DECLARED}(assert (forall ((a S) (y S)) (let ((a (f a)) (y (f y))) (=> a (or y (= l m) (< (- n 1) 2))))))")
    assert shown.text.splitlines() == [
        "(declare-sort s0 0)",
        "(declare-fun f0 () s0)",
        "(declare-fun f1 (s0) Bool)",
        "(declare-fun f2 () Int)",
        "(declare-datatypes ((s1 0)) (((f3) (f4))))",
        "(assert (forall ((v1 s0) (v2 s0)) (let ( (v3 (f1 v1 ) ) (v4 (f1 v2 ) ) ) "
        "(=> v3 (or v4 (= f3 f4 ) (< (- f2 1 ) 2 ) ) ) ) ))",
    ]


def test_a_name_means_what_binds_it_innermost() -> None:
    one, two = (
        script(f"(declare-fun x () Bool)(assert (let ((x (not x))) {inner}))").asserts
        for inner in ("(and (let ((x (not x))) x) x)", "(and (let ((y (not x))) y) x)")
    )
    assert one == two


# -- definitions -----------------------------------------------------------------------------------------------------------

FIELDS = (("a[n1]", "Bool"), ("b", "(_ BitVec 3)"), ("a[n1]'", "Bool"), ("b'", "(_ BitVec 3)"), ("?pick", "(_ BitVec 1)"))
HEAD = f"(define-fun |Action A| ({' '.join(f'(|{name}| {sort})' for name, sort in FIELDS)}) Bool"

BODIES: dict[str, str] = {
    "no body": f"{HEAD})",
    "two bodies": f"{HEAD} true true)",
    "a command beside it": f"{HEAD} true)(assert false)",
    "a command in front of it": f"(assert false){HEAD} true)",
    "another name": f"{HEAD.replace('Action A', 'Action B')} true)",
    "another command": f"{HEAD.replace('define-fun', 'define-fun-rec')} true)",
    "another result": f"{HEAD.removesuffix('Bool')}(_ BitVec 3) |b|)",
    "another parameter": f"{HEAD.replace('|b| ', '|c| ')} true)",
    "the name of a definition": f"{HEAD} |Bad|)",
    "its own name": f"{HEAD} |Action A|)",
    "an integer": f"{HEAD} (= 1 1))",
    "a quantifier": f"{HEAD} (forall ((x Bool)) x))",
    "bits of other widths": f"{HEAD} (= |b| |?pick|))",
    "bits of other widths added": f"{HEAD} (= |b| (bvadd |b| |?pick|)))",
    "three summands": f"{HEAD} (= |b| (bvadd |b| |b| |b|)))",
    "bits beyond the end": f"{HEAD} (= |b| ((_ extract 3 1) |b|)))",
    "bits from the end": f"{HEAD} (= |b| ((_ extract 0 2) |b|)))",
    "a truth value extended": f"{HEAD} (= |b| ((_ zero_extend 2) |a[n1]|)))",
    "more bits than there may be": f"{HEAD} (= ((_ zero_extend 9999) |b|) ((_ zero_extend 9999) |b|)))",
    "an index too many": f"{HEAD} (= |b| ((_ zero_extend 0 0) |b|)))",
    "an index that is a name": f"{HEAD} (= |b| ((_ zero_extend |b|) |b|)))",
    "an unknown index": f"{HEAD} (= |b| ((_ rotate_left 1) |b|)))",
    "a division": f"{HEAD} (= |b| (bvudiv |b| |b|)))",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_definition_is_a_formula_over_its_parameters(name: str) -> None:
    with pytest.raises(SyntaxFault):
        body(BODIES[name], "Action A", FIELDS)


def test_fields_become_numbers() -> None:
    formula = "(let ((?1 (bvadd |b| ((_ zero_extend 2) |?pick|)))) (and |a[n1]| (not |a[n1]'|) (= |b'| ?1) (bvule ?1 #b101)))"
    printed = body(f"{HEAD} {formula})", "Action A", FIELDS)
    assert printed == (
        "(let ( (v1 (bvadd |f1| ((_ zero_extend 2) |?pick| ) ) ) ) "
        "(and |f0| (not |f0'| ) (= |f1'| v1 ) (bvule v1 #b101 ) ) )"
    )


@pytest.mark.parametrize("operation", ["sign_extend", "zero_extend"])
def test_bits_are_extended_by_one_number(operation: str) -> None:
    printed = body(f"{HEAD} (bvule |b| (bvadd |b| ((_ {operation} 0) |b|))))", "Action A", FIELDS)
    assert f"((_ {operation} 0) |f1| )" in printed


# -- documents -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return written(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def unbounded(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return written(tmp_path_factory.mktemp("unbounded"), scope="unbounded")


def written(folder: Path, **options: Any) -> Certificate:
    assert prove("routes", properties=["Routes-4"], certificates=folder, in_process=True, **options).proved
    found: Certificate = json.loads((folder / "routes.safe.Routes-4.cert.json").read_text(encoding="utf-8"))
    return found


SMUGGLED = '# true)) (set-option :regular-output-channel "pwned.txt") (echo "a") (define-fun zz () Bool (and true #'


def rename_fields(certificate: Certificate) -> None:
    """Fields whose names open and close comments as z3 sees them, so that what is between becomes commands."""
    names = [entry["name"] for entry in certificate["fields"]]
    text = json.dumps(certificate)
    for old, new in zip(names, ("#", SMUGGLED), strict=False):
        text = text.replace(old, json.dumps(new)[1:-1])
    certificate.update(json.loads(text))


def in_part(part: str, before: str, number: int = 0) -> Any:
    def change(certificate: Certificate) -> None:
        certificate[part][number]["smtlib"] = before + certificate[part][number]["smtlib"]

    return change


WRITES = '(set-option :regular-output-channel "pwned.txt")(echo "a")'
CVC5_WRITES = "(set-option regular-output-channel |pwned.txt|)(echo |a|)"

HOSTILE: dict[str, Any] = {
    "commands between comments in names of fields": rename_fields,
    "commands in a definition": in_part("definitions", WRITES),
    "commands in an obligation": in_part("obligations", WRITES),
    "commands in a witness": in_part("witnesses", WRITES),
    "commands with quoted names": in_part("definitions", CVC5_WRITES),
    "a name of an action": lambda c: c["actions"][0].__setitem__("name", SMUGGLED),
    "a sort of a field": lambda c: c["fields"][0].__setitem__("sort", f"Bool) {WRITES} ("),
    "a value of a witness": lambda c: c["witnesses"][0]["state"].__setitem__(0, f"#b0) {WRITES} (= a"),
    "a number of an instance": lambda c: c["witnesses"][1].__setitem__("pick", f"#b0) {WRITES} (= a"),
    "a declaration": lambda c: c["declarations"].append(WRITES),
}
HOSTILE_SCRIPTS = ("commands in an obligation", "commands in a witness")


def hostile(certificate: Certificate, name: str) -> Certificate:
    changed = copy.deepcopy(certificate)
    HOSTILE[name](changed)
    return seal(changed)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("rederive", [False, True])
def test_no_solver_sees_what_is_outside_the_grammar(
    published: Certificate, name: str, rederive: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refused(hostile(published, name), rederive, monkeypatch, tmp_path)


@pytest.mark.parametrize("name", HOSTILE_SCRIPTS)
def test_no_solver_sees_a_script_outside_the_grammar(
    unbounded: Certificate, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refused(hostile(unbounded, name), True, monkeypatch, tmp_path)


def refused(certificate: Certificate, rederive: bool, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def asked(*rest: Any, **options: Any) -> Any:
        raise AssertionError("a solver is asked")

    monkeypatch.chdir(folder)
    for module in ("verifier.evidence.check", "verifier.proof.strategy.recheck"):
        monkeypatch.setattr(f"{module}.ask_all", asked)
    monkeypatch.setattr("verifier.evidence.solvers.Asker.ask", asked)
    with pytest.raises(UsageError, match="holds what no certificate may"):
        check(certificate, rederive=rederive, in_process=True)
    assert not list(folder.iterdir())


def test_the_command_says_what_it_refuses(published: Certificate, tmp_path: Path) -> None:
    path = tmp_path / "a.cert.json"
    path.write_text(json.dumps(hostile(published, "commands in a definition")), encoding="utf-8")
    ended = verify("check", str(path), "--rederive", cwd=tmp_path)
    assert ended.returncode == 2
    assert "holds what no certificate may, in Typed" in ended.stderr
    assert ended.stdout == ""
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_no_name_of_a_certificate_reaches_a_solver(
    scope: str, published: Certificate, unbounded: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def first(solver: str, prelude: list[str], asserts: list[str], *rest: Any) -> Any:
        seen.extend((*prelude, *asserts))
        return iter(())

    def second(self: Any, solver: str, script: Any, **options: Any) -> Any:
        seen.append(script.text)
        raise ValueError("enough")

    monkeypatch.setattr("verifier.evidence.check.ask_all", first)
    monkeypatch.setattr("verifier.evidence.solvers.Asker.ask", second)
    with pytest.raises(ValueError, match=r"enough|shorter"):
        check({"published": published, "unbounded": unbounded}[scope], in_process=True)
    words = set(re.findall(r"[^\s()|]+", " ".join(seen)))
    numbered = r"[sfv][0-9]+'?|f[0-9]+@[01]|a[0-9]+(@[01])?|#b[01]+|[0-9]+"
    ours = re.compile(rf"{numbered}|\?pick|Lemma|Action|Typed|Init|Constraint|Bad(Step)?")
    operations = {
        *("declare-fun", "declare-sort", "declare-datatypes", "define-fun", "assert", "_", "BitVec", "Bool", "Int"),
        *("and", "or", "not", "=>", "=", "ite", "let", "forall", "exists", "true", "false", "<", "<=", "+"),
        *("bvule", "bvadd", "zero_extend", "extract"),
    }
    assert {word for word in words if not ours.fullmatch(word)} <= operations


UNICODE = """
from verifier.kernel import Bool, Protocol, guard, var

p = Protocol("lettered", "names beyond ASCII")

@p.state
class State:
    zähler: Bool = var(False)

@p.action
def Größer(s: State) -> None:
    guard("früh", ~s.zähler)
    s.zähler = True

@p.invariant()
def Gültig(s: State) -> Bool:
    return s.zähler | ~s.zähler
"""


@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_names_may_have_letters_that_no_certificate_has(scope: str, tmp_path: Path) -> None:
    path = tmp_path / "lettered.py"
    path.write_text(UNICODE, encoding="utf-8")
    assert prove(str(path), scope=scope, certificates=tmp_path, in_process=True).proved
    certificates = list(tmp_path.glob("*.cert.json"))
    assert check(certificates, rederive=True, protocol=str(path), in_process=True).valid


def test_lines_mean_nothing() -> None:
    """A script is read line by line where each is whole, and otherwise as one text."""
    lines = ["(declare-fun x () Int)", "(assert (= x 1))", "(assert (< x 1))"]
    plain = script("\n".join(lines))
    assert plain == script(" ".join(lines)) == script("\n".join(lines).replace(" ", "\n"))
    with pytest.raises(SyntaxFault):
        script("(declare-fun |x\ny| () Int)\n(assert true)")
