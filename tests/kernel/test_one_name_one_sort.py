"""Two sorts of one name are refused wherever the second occurs, whatever they differ in; and a sort may occur in one place alone.

Sorts are compared by name when expressions are built, so a value of one could otherwise stand for a value of the other.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.snippets import build, line_of
from verifier.kernel.errors import ModelError
from verifier.proof.strategy import ExploreRequest, ProveRequest, explore, prove

HEAD = """
from __future__ import annotations
from verifier.kernel import *

p = Protocol("p", "two sorts of one name")
Max = p.parameter("Max", 3)

class N(Range, low=0, high=3):
    pass

class K(Scalarset, parameter="Ks", size=2, prefix="k"):
    pass

class J(Scalarset, parameter="Js", size=3, prefix="j"):
    pass
"""

# Each sort in two forms, the first of which the state uses.
SORTS = {
    "range: upper end": ("class X(Range, low=0, high=2):\n    pass", "class X(Range, low=0, high=5):\n    pass"),
    "range: lower end": ("class X(Range, low=0, high=2):\n    pass", "class X(Range, low=1, high=2):\n    pass"),
    "range: end from a parameter": ("class X(Range, high=3):\n    pass", "class X(Range, high=Max):\n    pass"),
    "range and ordered": (
        "class X(Range, low=0, high=1):\n    pass",
        "class X(Ordered, parameter='Xs', size=2):\n    pass",
    ),
    "ordered: size": (
        "class X(Ordered, parameter='Xs', size=2):\n    pass",
        "class X(Ordered, parameter='Xs', size=3):\n    pass",
    ),
    "range and scalarset": (
        "class X(Range, low=0, high=1):\n    pass",
        "class X(Scalarset, parameter='Xs', size=2):\n    pass",
    ),
    "scalarset: size": (
        "class X(Scalarset, parameter='Xs', size=2):\n    pass",
        "class X(Scalarset, parameter='Xs', size=3):\n    pass",
    ),
    "scalarset: parameter": (
        "class X(Scalarset, parameter='Xs', size=2):\n    pass",
        "class X(Scalarset, parameter='Ys', size=2):\n    pass",
    ),
    "scalarset: constants": (
        "class X(Scalarset, parameter='Xs', size=2):\n    pass",
        "class X(Scalarset, parameter='Xs', size=2):\n    First = constant()",
    ),
    "scalarset and enumeration": (
        "class X(Scalarset, parameter='Xs', size=2):\n    pass",
        "class X(Enumeration):\n    x1, x2 = labels(2)",
    ),
    "enumeration: order of labels": (
        "class X(Enumeration):\n    A, B = labels(2)",
        "class X(Enumeration):\n    B, A = labels(2)",
    ),
    "enumeration: labels": (
        "class X(Enumeration):\n    A, B = labels(2)",
        "class X(Enumeration):\n    A, B, C = labels(3)",
    ),
    "record: order of fields": (
        "class X(Record):\n    a: N\n    b: N",
        "class X(Record):\n    b: N\n    a: N",
    ),
    "record: sorts of fields": (
        "class X(Record):\n    a: N",
        "class M(Range, high=9):\n    pass\nclass X(Record):\n    a: M",
    ),
    "record: order": ("class X(Record):\n    a: N", "class X(Record, ordered=True):\n    a: N"),
    "sequence and record": (
        "class X(Record):\n    a: N",
        "class X(Sequence[N], capacity=1):\n    pass",
    ),
    "nothing": ("class X(Record):\n    a: N", "class X(Record):\n    a: N"),
}  # fmt: skip

# Where the second form occurs, on the line with `# here`.
PLACES = {
    "another variable": ("    y: Y = var(anything)  # here\n", ""),
    "the element of a set": ("    y: Set[Y] = var(set())  # here\n", ""),
    "the element of an option": ("    y: Option[Y] = var(none)  # here\n", ""),
    "the index of a function": ("    y: Fn[Y, Bool] = var(False)  # here\n", ""),
    "the value of a function": ("    y: Fn[K, Fn[K, Y]] = var(anything)  # here\n", ""),
    "an initial value": ("    y: Bool = var(forall(Y, lambda v: v == v))  # here\n", ""),
    "an initial predicate": ("", "@p.initially  # here\ndef Here(s):\n    return exists(Y, lambda v: v == v)\n"),
    "a constraint": ("", "@p.constraint  # here\ndef Here(s):\n    return exists(Y, lambda v: v == s.x)\n"),
    "an invariant": ("", "@p.invariant()  # here\ndef Here(s):\n    return exists(Y, lambda v: v == s.x)\n"),
    "a property of steps": ("", "@p.action_property()  # here\ndef Here(s, t):\n    return exists(Y, lambda v: v == t.x)\n"),
    "a lemma": ("", "@p.lemma('a')  # here\ndef Here(s):\n    return forall(Y, lambda v: v == v)\n"),
    "an argument": ("", "@p.action  # here\ndef Here(s: State, v: Y):\n    s.n = 0\n"),
    "a witness": ("", "@p.action  # here\ndef Here(s: State):\n    v = witness('v', Y)\n    s.n = 0\n"),
    "a guard": ("", "@p.action\ndef Here(s: State):\n    guard('g', exists(Y, lambda v: v == s.x))  # here\n    s.n = 0\n"),
    "an alternative": (
        "",
        "@p.action\ndef Here(s: State):\n    guard('g', s.n == 0, other=exists(Y, lambda v: v == s.x))  # here\n    s.n = 0\n",
    ),
    "an update": ("", "@p.action\ndef Here(s: State):\n    s.x = choose(Y, lambda v: v == v)  # here\n"),
    "a point of an update": (
        "",
        "@p.action\ndef Here(s: State):\n    s.f[choose(K, lambda k: exists(Y, lambda v: v == v))] = 0  # here\n",
    ),
    "what a choice drops": (
        "",
        "@p.action\ndef Here(s: State):\n    s.x = choice('c', s.x, choose(Y, lambda v: v == v))  # here\n",
    ),
    "a comprehension": ("", "@p.invariant()  # here\ndef Here(s):\n    return set_of(Y, lambda v: v == v).size() == 0\n"),
    "an image": ("", "@p.invariant()  # here\ndef Here(s):\n    return image(Y, N, lambda v: s.n).size() == 0\n"),
    "a function": (
        "",
        "f = lambda s: fn(K, lambda k: fn(Y, lambda v: s.n))\n@p.invariant()  # here\ndef Here(s):\n    return f(s) == f(s)\n",
    ),
    "a keyed set of records with it": (
        "",
        "class R(Record):\n    key: N\n    y: Y\nclass Rs(KeyedSet[R], key='key'):\n    pass\n"
        "@p.invariant()  # here\ndef Here(s):\n    return forall(Rs, lambda r: r.size() == 0)\n",
    ),
    "a sequence of it": (
        "",
        "class Ys(Sequence[Y], capacity=1):\n    pass\n"
        "@p.invariant()  # here\ndef Here(s):\n    return forall(Ys, lambda r: r.length() == 0)\n",
    ),
}  # fmt: skip


def source(first: str, second: str, state: str, end: str) -> str:
    return f"""{HEAD}
{first}
First = X
{second}
Y = X
X = First

@p.state
class State:
    n: N = var(0)
    x: X = var(anything)
    f: Fn[K, N] = var(0)
{state}
@p.action
def Up(s: State, v: X) -> None:
    guard("other", v != s.x)
    s.x = v

@p.invariant()
def Fine(s: State) -> Bool:
    return s.n <= 3

{end}
"""


def refused(text: str, folder: Path) -> None:
    with pytest.raises(ModelError, match="two sorts are called X") as caught:
        build(text, folder)
    assert caught.value.position is not None
    # At the formula's own line, or at that of the expression where the two meet.
    assert 0 <= caught.value.position.line - line_of(text, "# here") <= 2
    assert caught.value.hint == "give each a name of its own"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("sorts", ["range: upper end", "record: order of fields", "scalarset and enumeration"])
def test_the_second_is_found_wherever_it_stands(tmp_path: Path, sorts: str, place: str) -> None:
    refused(source(*SORTS[sorts], *PLACES[place]), tmp_path)


@pytest.mark.parametrize("place", ["a lemma", "an update", "the element of a set"])
@pytest.mark.parametrize("sorts", SORTS)
def test_whatever_they_differ_in(tmp_path: Path, sorts: str, place: str) -> None:
    refused(source(*SORTS[sorts], *PLACES[place]), tmp_path)


@pytest.mark.parametrize("sorts", SORTS)
def test_one_of_them_alone_is_fine(tmp_path: Path, sorts: str) -> None:
    for form in SORTS[sorts]:
        build(source(form, "", "", ""), tmp_path)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("class L(Sequence[N], capacity=1):\n    pass", "class L(Sequence[N], capacity=2):\n    pass"),
        ("class L(Sequence[N], capacity=1):\n    pass", "class L(Sequence[K], capacity=1):\n    pass"),
        (
            "class R(Record):\n    a: N\n    b: N\nclass L(KeyedSet[R], key='a'):\n    pass",
            "class L(KeyedSet[R], key='b'):\n    pass",
        ),
    ],
)
def test_collections_with_a_name(tmp_path: Path, declared: str, value: str) -> None:
    text = source("class X(Enumeration):\n    A = labels(1)[0]", f"{declared}\nL1 = L\n{value}\nL2 = L\n", "", "")
    text = text.replace("    f: Fn[K, N] = var(0)", "    a: L1 = var(empty)\n    b: L2 = var(empty)")
    with pytest.raises(ModelError, match="two sorts are called L"):
        build(text, tmp_path)


def test_quorums_of_another_sort(tmp_path: Path) -> None:
    quorums = "class Q(Quorums[K]):\n    pass\nQ1 = Q\nclass Q(Quorums[J]):\n    pass\nQ2 = Q\n"
    end = "@p.invariant()\ndef Here(s):\n    return forall(Q1, lambda q: forall(Q2, lambda r: s.n == 0))\n"
    with pytest.raises(ModelError, match="two sorts are called Q"):
        build(source("class X(Enumeration):\n    A = labels(1)[0]", quorums, "", end), tmp_path)


@pytest.mark.parametrize("name", ["Int", "Bool"])
def test_a_sort_that_is_called_like_one_of_the_language(tmp_path: Path, name: str) -> None:
    text = f"B = Bool\nclass {name}(Range, low=0, high=1):\n    pass\nX = {name}\n"
    with pytest.raises(ModelError, match=f"two sorts are called {name}"):
        build(source(text, "", "    flag: B = var(False)\n", "").replace("-> Bool", ""), tmp_path)


# -- a sort that occurs in one place alone ---------------------------------------------------------------------------------

ALONE = {
    "scalarset": ("class Y(Scalarset, parameter='Ys', size=2, prefix='y'):\n    pass", {"Ys"}),
    "ordered": ("class Y(Ordered, parameter='Ys', size=2):\n    pass", {"Ys"}),
    "range": ("class Y(Range, low=0, high=Max):\n    pass", set()),
    "enumeration": ("class Y(Enumeration):\n    A, B = labels(2)", set()),
    "record of names": (
        "class Z(Scalarset, parameter='Zs', size=2):\n    pass\nclass Y(Record):\n    z: Z\n    n: N",
        {"Zs"},
    ),
}  # fmt: skip

SMALL = f"""{HEAD}
@p.state
class State:
    n: N = var(0)

@p.action
def Up(s: State) -> None:
    guard("small", s.n < 3)
    s.n += 1

@p.invariant()
def Fine(s: State) -> Bool:
    return s.n <= 3
"""

SINGLE = {
    "initial value": ("var(0)", "var(choose(N, lambda w: forall(Y, lambda v: w == 0)))"),
    "initial predicate": ("@p.action", "@p.initially\ndef I(s):\n    return forall(Y, lambda v: s.n == 0)\n\n@p.action"),
    "constraint": ("@p.action", "@p.constraint\ndef C(s):\n    return forall(Y, lambda v: s.n <= 2)\n\n@p.action"),
    "lemma": ("@p.action", "@p.lemma('a')\ndef L(s):\n    return forall(Y, lambda v: s.n <= 3)\n\n@p.action"),
    "property": ("return s.n <= 3", "return forall(Y, lambda v: s.n <= 3)"),
    "guard": ('guard("small", s.n < 3)', 'guard("small", forall(Y, lambda v: s.n < 3))'),
    "update": ("s.n += 1", "s.n = ite(forall(Y, lambda v: s.n < 3), s.n + 1, s.n)"),
    "alternative": ('guard("small", s.n < 3)', 'guard("small", s.n < 3, other=forall(Y, lambda v: s.n < 2))'),
    "dropped choice": ("s.n += 1", "s.n = choice('c', s.n + 1, ite(forall(Y, lambda v: s.n < 3), s.n + 1, s.n))"),
}  # fmt: skip


@pytest.mark.parametrize("place", SINGLE)
@pytest.mark.parametrize("sort", ALONE)
def test_a_sort_in_one_place_is_a_sort_of_the_model(tmp_path: Path, sort: str, place: str) -> None:
    declared, sizes = ALONE[sort]
    old, new = SINGLE[place]
    assert old in SMALL
    protocol = build(f"{SMALL.replace(HEAD, f'{HEAD}{declared}{chr(10)}').replace(old, new, 1)}", tmp_path)
    model = protocol.model()
    assert sizes <= set(model.parameters)
    if place not in ("alternative", "dropped choice"):
        assert "Y" in {str(found) for found in model.sorts}
    assert {"N"} <= {str(found) for found in model.sorts}
    document = prove(ProveRequest(protocol), lambda event: None)
    assert {entry["verdict"] for entry in document["properties"]} == {"proved"}
    explored = explore(ExploreRequest(protocol), lambda event: None)
    assert explored["complete"]
    assert explored["distinct"] in (3, 4)


@pytest.mark.full
@pytest.mark.parametrize("place", SINGLE)
@pytest.mark.parametrize("sort", ALONE)
def test_a_sort_in_one_place_at_unbounded_scope(tmp_path: Path, sort: str, place: str) -> None:
    declared, _ = ALONE[sort]
    old, new = SINGLE[place]
    protocol = build(f"{SMALL.replace(HEAD, f'{HEAD}{declared}{chr(10)}').replace(old, new, 1)}", tmp_path)
    document = prove(ProveRequest(protocol, scope="unbounded"), lambda event: None)
    assert document["properties"] or document["not_stated"]
