"""What is kept and used where it means nothing is refused when the protocol is given it, with its name and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.snippets import build, line_of
from verifier.kernel.errors import ModelError

# Another protocol, whose state, parameter and bound variable are kept, before the protocol that uses them.
OTHER = """
from __future__ import annotations
from verifier.kernel import *

class N(Range, low=0, high=3):
    pass

class K(Scalarset, parameter="Ks", size=2, prefix="k"):
    pass

kept = []
other = Protocol("other", "a protocol of its own")
Theirs = other.parameter("Theirs", 3)

@other.state
class OtherState:
    n: N = var(0)
    theirs: N = var(0)

@other.action
def Foreign(s: OtherState) -> None:
    s.n = 1

@other.invariant()
def Remember(s: OtherState) -> Bool:
    kept.append(s)
    return forall(N, lambda x: (kept.append(x), s.n <= x)[1])

foreign, x = kept
p = Protocol("p", "reads what was kept")
Max = p.parameter("Max", 3)
"""

STATE = """
@p.state
class State:
    n: N = var(0)
    f: Fn[K, N] = var(0)
"""

# An action and a property of steps, of which everything is kept.
OWN = """
own = []

@p.action
def Up(s: State, k: K) -> None:
    w = witness("w", K)
    guard("small", (s.n < 3) & (w == k))
    c = choice("jump", s.n + 1, s.n + 2)
    own.extend([s, k, w, c])
    s.n = c

@p.action_property()
def Grows(s: State, after: State) -> Bool:
    own.append(after)
    return after.n >= s.n

state, k, w, c, after = own
asked = enabled(Up)

@p.invariant()
def Fine(s: State) -> Bool:
    return s.n <= 3
"""

# (what stands before the state, the initial value, what stands at the end, message); the line is the last with `# here`.
BEFORE = [
    ('p.assume("a", x > 0)  # here', "assumption a reads x, which is bound elsewhere"),
    ('p.assume("a", foreign.n > 0)  # here', "assumption a reads the state variable n"),
    ('p.assume("a", Theirs > 0)  # here', "assumption a reads Theirs, which is not a parameter of p"),
    ('p.assume("a", enabled(Foreign))  # here', "assumption a reads whether Foreign is enabled"),
    ('p.assume("a", forall(K, lambda y: Max > 0))  # here', "assumption a uses forall"),
]

INITIAL = [
    ("x", "the initial value of n reads x, which is bound elsewhere"),
    ("foreign.n", "the initial value of n reads the state variable n"),
    ("ite(enabled(Foreign), 0, 1)", "the initial value of n asks whether Foreign is enabled"),
    ("Theirs", "the initial value of n reads Theirs, which is not a parameter of p"),
]

SORTS = [
    ("class M(Range, high=x):\n    pass", "an end of M reads x, which is bound elsewhere"),
    ("class M(Range, high=foreign.n):\n    pass", "an end of M reads the state variable n"),
    ("class M(Range, low=0 - Theirs, high=1):\n    pass", "an end of M reads Theirs, which is not a parameter of p"),
    ("class M(Range, high=set_of(N, lambda y: y == 1).size()):\n    pass", "an end of M uses cardinality"),
    ("class M(Sequence[N], capacity=foreign.n):\n    pass", "the capacity of M reads the state variable n"),
    ("class M(Sequence[N], capacity=Theirs):\n    pass", "the capacity of M reads Theirs"),
]

STATED = [
    ("s.f[k] == 0", "reads k, which belongs to the action Up"),
    ("s.f[w] == 0", "reads w, which belongs to the action Up"),
    ("s.n <= x", "reads x, which is bound elsewhere"),
    ("forall(K, lambda y: s.n <= x + 1)", "reads x, which is bound elsewhere"),
    ("c == 0", "reads the choice jump outside its action"),
    ("after.n == 0", "reads n in the state after a step"),
    ("foreign.theirs == 0", "reads theirs of the state of another protocol"),
    ("s.n <= Theirs", "reads Theirs, which is not a parameter of p"),
]

KINDS = {
    "initial predicate Here": "@p.initially",
    "constraint Here": "@p.constraint",
    "property Here": "@p.invariant()",
    "lemma Here": '@p.lemma("a reason")',
}


def refused(source: str, folder: Path, marker: str = "# here") -> str:
    """The message; the error stands at the line with the marker."""
    with pytest.raises(ModelError) as caught:
        build(source, folder)
    assert caught.value.position is not None
    assert caught.value.position.line == line_of(source, marker)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(("line", "message"), BEFORE)
def test_assumptions(tmp_path: Path, line: str, message: str) -> None:
    assert refused(f"{OTHER}{line}\n{STATE}{OWN}", tmp_path).startswith(message)


@pytest.mark.parametrize(("value", "message"), INITIAL)
def test_initial_values(tmp_path: Path, value: str, message: str) -> None:
    state = STATE.replace("n: N = var(0)", f"n: N = var({value})  # here")
    assert refused(f"{OTHER}{state}{OWN}", tmp_path) == message


@pytest.mark.parametrize(("declaration", "message"), SORTS)
@pytest.mark.parametrize("where", ["m: M = var(anything)", "m: Set[M] = var(anything)", "m: Fn[K, M] = var(anything)"])
def test_sizes_of_sorts(tmp_path: Path, declaration: str, message: str, where: str) -> None:
    state = STATE.replace("n: N = var(0)", f"n: N = var(0)\n    {where}  # here")
    assert refused(f"{OTHER}{declaration}\n{state}{OWN}", tmp_path).startswith(message)


@pytest.mark.parametrize(("formula", "message"), STATED)
@pytest.mark.parametrize("kind", KINDS)
def test_formulas_of_states(tmp_path: Path, kind: str, formula: str, message: str) -> None:
    source = f"{OTHER}{STATE}{OWN}\n{KINDS[kind]}  # here\ndef Here(s: State) -> Bool:\n    return {formula}\n"
    assert refused(source, tmp_path) == f"{kind} {message}"


@pytest.mark.parametrize(("formula", "message"), [case for case in STATED if "after" not in case[0]])
def test_formulas_of_steps(tmp_path: Path, formula: str, message: str) -> None:
    lines = f"@p.action_property()  # here\ndef Here(s: State, later: State) -> Bool:\n    return {formula}\n"
    assert refused(f"{OTHER}{STATE}{OWN}\n{lines}", tmp_path) == f"property Here {message}"


@pytest.mark.parametrize(("formula", "message"), STATED)
@pytest.mark.parametrize("line", ['guard("g", {})', 'guard("g", s.n == 0, other={})', 'budget("g", {})'])
def test_guards(tmp_path: Path, formula: str, message: str, line: str) -> None:
    body = f"    {line.format(formula)}  # here\n    s.n = 0\n"
    source = f"{OTHER}{STATE}{OWN}\n@p.action\ndef Here(s: State) -> None:\n{body}"
    assert refused(source, tmp_path) == f"guard Here.g {message}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("s.f[k] = 0", "the update of f in Here reads k, which belongs to the action Up"),
        ("s.n = x", "the update of n in Here reads x, which is bound elsewhere"),
        ("s.n = choice('d', s.n, x)", "the update of n in Here reads x, which is bound elsewhere"),
        ("s.n = choice('jump', c, s.n)", "the update of n in Here reads the choice jump outside its action"),
        ("s.n = after.n", "the update of n in Here reads n in the state after a step"),
        ("s.n = foreign.theirs", "the update of n in Here reads theirs of the state of another protocol"),
        ("state.n = 0", "n is used through the state of action Up"),
        ("s.n = state.n", "n is used through the state of action Up"),
        ("state.f[j] = 0", "f is used through the state of action Up"),
        ('guard("g", asked)', "guard Here.g asks whether Up is enabled"),
    ],
)
def test_updates(tmp_path: Path, line: str, message: str) -> None:
    source = f"{OTHER}{STATE}{OWN}\n@p.action\ndef Here(s: State, j: K) -> None:\n    {line}  # here\n"
    marker = "asked = enabled" if "asked" in line else "# here"
    assert refused(source, tmp_path, marker) == message


def test_a_point_of_a_function_kept_from_an_action(tmp_path: Path) -> None:
    own = OWN.replace("own.extend([s, k, w, c])", "own.extend([s, k, w, c])\n    points.append(s.f)")
    source = f"{OTHER}points = []\n{STATE}{own}\n@p.action\ndef Here(s: State, j: K) -> None:\n    points[0][j] = 0  # here\n"
    assert refused(source, tmp_path) == "f is used through the state of action Up"


def test_what_is_bound_in_a_part_of_a_formula_ends_with_it(tmp_path: Path) -> None:
    body = "forall(N, lambda a: exists(N, lambda b: (inner.append(b), a == b)[1]) & (inner[0] <= 3))"
    source = f"{OTHER}inner = []\n{STATE}{OWN}\n@p.invariant()  # here\ndef Here(s: State) -> Bool:\n    return {body}\n"
    assert refused(source, tmp_path) == "property Here reads b, which is bound elsewhere"


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ("enabled(Up, 1)", "argument k of Up takes K, not 1", ""),
        ("enabled(Still, 1)", "Still takes 0 arguments, not 1", "write enabled(Still)"),
        ("can_change(To) & enabled(To, s.n + 1) & enabled(To, 7)", "", ""),
        ("can_change(To, 1, 2)", "To takes 1 arguments, not 2", "write can_change(To, x), or can_change(To)"),
        ("enabled(To, True)", "argument x of To takes N, not True", ""),
        ("can_change(3)", "can_change takes an action, not 3", "can_change(A)"),
        ("can_change(Foreign)", "Foreign is not an action of p", ""),
        ("enabled(ToTheirs, 1, 2)", "asks about To of another protocol", "give the function of p"),
    ],
)
def test_actions_are_asked_about_with_their_arguments(asked: str, message: str, hint: str, tmp_path: Path) -> None:
    to = "@p.action\ndef To(s: State, x: N) -> None:\n    s.n = x\n\n@p.action\ndef Still(s: State) -> None: ...\n"
    theirs = '@other.action(name="To")\ndef ToTheirs(s: OtherState, x: N, y: N) -> None:\n    s.n = x\n'
    source = f"{OTHER}{theirs}{STATE}{OWN}\n{to}\n@p.invariant()\ndef Here(s: State) -> Bool:\n    return {asked}  # here\n"
    if not message:
        build(f"{source}\nprotocol = p\n", tmp_path)
        return
    with pytest.raises(ModelError) as caught:
        build(source, tmp_path)
    assert message in str(caught.value)
    assert hint in (caught.value.hint or "")
    assert caught.value.position is not None
    assert caught.value.position.line == line_of(source, "# here")


def test_initial_predicates_do_not_ask_what_is_enabled(tmp_path: Path) -> None:
    source = f"{OTHER}{STATE}{OWN}\n@p.initially\ndef Here(s: State) -> Bool:\n    return enabled(Up)  # here\n"
    assert refused(source, tmp_path) == "initial predicate Here asks whether Up is enabled"


def test_an_action_of_another_protocol_is_not_asked_about(tmp_path: Path) -> None:
    source = f"{OTHER}{STATE}{OWN}\n@p.invariant()\ndef Here(s: State) -> Bool:\n    return enabled(Foreign)  # here\n"
    assert refused(source, tmp_path) == "Foreign is not an action of p"


def test_what_is_in_reach_is_accepted(tmp_path: Path) -> None:
    """Variables of the enclosing quantifier, arguments and choices of the action itself, both states of a step."""
    more = """
@p.action
def Here(s: State, j: K) -> None:
    held = s.f[j]
    guard("g", forall(N, lambda a: exists(N, lambda b: (a <= b) & (s.f[j] <= held))), other=s.f[j] == 1)
    s.n = choice("d", choice("e", held, s.n), s.n)

@p.action_property()
def Both(s: State, later: State) -> Bool:
    return later.n + s.n >= after.n

@p.lemma("what is enabled is small")
def Asks(s: State) -> Bool:
    return implies(enabled(Up), s.n < 3)
"""
    protocol = build(f"{OTHER}{STATE}{OWN}{more}del other\n", tmp_path)
    assert set(protocol.actions) == {"Up", "Here"}
