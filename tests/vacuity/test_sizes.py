"""What holds because of the size of a sort is not vacuous: it is PROVED at this size, and the remark says so."""

from __future__ import annotations

from typing import Any

import pytest

from verifier.kernel import Bool, Protocol, Range, Scalarset, Set, all_of, exists, forall, implies, set_of, var
from verifier.proof.strategy import ProveRequest, prove


def keys() -> Protocol:
    """`Few*` need a fourth key to be false, `Two*` only one, `Always` and `Shape` hold at every size."""
    p = Protocol("keys", "claims about how many there are")
    P = p.parameter("P", 2)

    class Key(Scalarset, parameter="Keys", size=3, prefix="k"):
        """A key."""

    class C(Range, low=0, high=P):
        """A number."""

    @p.state
    class State:
        a: Set[Key] = var(set())
        b: Set[Key] = var(set_of(Key, lambda k: Bool(True)))
        c: C = var(0)

    @p.action
    def Add(s: State, k: Key) -> None:
        s.a = s.a | {k}

    def four(a: Any, b: Any, c: Any, d: Any) -> Any:
        return all_of(a != b, a != c, a != d, b != c, b != d, c != d)

    @p.invariant()
    def FewKeys(s: State) -> Bool:
        return ~exists(Key, Key, Key, Key, four)

    @p.invariant()
    def FewInB(s: State) -> Bool:
        return ~exists(Key, Key, Key, Key, lambda a, b, c, d: four(a, b, c, d) & s.b.contains(a))

    @p.invariant()
    def FewInA(s: State) -> Bool:
        return implies(exists(Key, Key, Key, Key, lambda a, b, c, d: four(a, b, c, d) & s.a.contains(a)), s.c == 0)

    @p.invariant()
    def TwoKeys(s: State) -> Bool:
        return exists(Key, Key, lambda a, b: a != b)

    @p.invariant()
    def TwoNumbers(s: State) -> Bool:
        return exists(C, C, lambda a, b: a != b)

    @p.invariant()
    def SmallP(s: State) -> Bool:
        return P <= 2

    @p.invariant()
    def NatP(s: State) -> Bool:
        return P >= 0

    @p.invariant()
    def Always(s: State) -> Bool:
        return forall(Key, lambda k: k == k)

    @p.invariant()
    def Shape(s: State) -> Bool:
        return s.c <= P

    return p


KEY = "holds at this size of Key"
REMARKS = {
    "FewKeys": KEY,
    "FewInB": KEY,
    "FewInA": KEY,
    "TwoKeys": KEY,
    "TwoNumbers": "holds at this size of C",
    "SmallP": "holds at this value of P",
}
MARKS = {"NatP": "constant", "Always": "constant", "Shape": "well-typed"}


def entries(**options: Any) -> dict[str, dict[str, Any]]:
    document = prove(ProveRequest(keys(), **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def test_at_the_published_scope() -> None:
    found = entries()
    assert {entry["verdict"] for entry in found.values()} == {"proved"}
    assert {name: found[name]["method"] for name in REMARKS} == dict.fromkeys(REMARKS, "trivial")
    assert {name: entry["reason"] for name, entry in found.items() if entry["reason"]} == REMARKS
    assert {name: entry["vacuous"]["kind"] for name, entry in found.items() if entry["vacuous"]} == MARKS


@pytest.mark.parametrize("size", ["Keys=4", "Keys=5"])
def test_at_another_size_it_is_false(size: str) -> None:
    found = entries(settings=(size,), properties=("FewKeys", "FewInB"))
    assert {entry["verdict"] for entry in found.values()} == {"violated"}


def test_at_unbounded_scope_it_is_violated_at_another_size() -> None:
    found = entries(scope="unbounded")
    at = {name: entry["reason"] for name, entry in found.items() if entry["verdict"] == "violated"}
    assert at == {
        "FewKeys": "rebuilt at Keys=4, P=2",
        "FewInB": "rebuilt at Keys=4, P=2",
        "TwoKeys": "rebuilt at Keys=1, P=2",
        "TwoNumbers": "rebuilt at Keys=3, P=0",
        "SmallP": "rebuilt at Keys=3, P=3",
    }
    # That is true, but nothing says so.
    assert found["FewInA"]["verdict"] == "unknown"
    assert {name: entry["vacuous"]["kind"] for name, entry in found.items() if entry["vacuous"]} == MARKS
    assert {found[name]["verdict"] for name in MARKS} == {"proved"}
