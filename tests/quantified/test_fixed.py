"""Fixed parameters: numbers that a model has at any size, and what is proved for one of their values is proved for that alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verifier import check, prove
from verifier.catalog.digest import digest
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.kernel.errors import UsageError
from verifier.proof.lemmas.refuting import other_sizes
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.fixed import fixed_values, settled
from verifier.semantics.scope.unbounded import unbounded


def votes(*, fixed: bool = True) -> Protocol:
    """Votes for and against, of which not both are more than a share."""
    p = Protocol("votes", "counts votes")
    size = p.parameter("Size", 3)
    part, whole = p.parameter("share", [2, 3], fixed=fixed)
    p.assume("IsShare", (whole > 0) & (part <= whole))

    class Votes(Range, low=0, high=size):
        pass

    @p.state
    class State:
        ayes: Votes = var(0)
        noes: Votes = var(0)

    @p.action
    def Vote(s: State, more: Votes) -> None:
        guard("left", s.ayes + s.noes + more <= size)
        s.ayes += more

    @p.action
    def Object(s: State, more: Votes) -> None:
        guard("left", s.ayes + s.noes + more <= size)
        s.noes += more

    @p.lemma("nobody votes twice")
    def Once(s: State) -> Bool:
        return s.ayes + s.noes <= size

    @p.invariant()
    def NotBoth(s: State) -> Bool:
        """Not more than the share on either side."""
        return ~((whole * s.ayes > part * size) & (whole * s.noes > part * size))

    return p


def capped() -> Protocol:
    """A counter up to a fixed number, which is the end of its range."""
    p = Protocol("capped", "counts")
    cap = p.parameter("Cap", 3, fixed=True)

    class Count(Range, low=0, high=cap):
        pass

    @p.state
    class State:
        count: Count = var(0)

    @p.action
    def Step(s: State) -> None:
        guard("below", s.count < cap)
        s.count += 1

    @p.invariant()
    def UpToThree(s: State) -> Bool:
        """It counts up to three."""
        return s.count <= 3

    return p


@pytest.mark.parametrize(("share", "verdict"), [(None, "proved"), ([1, 2], "proved"), ([1, 3], "violated")])
def test_each_value_has_a_verdict_of_its_own(share: list[int] | None, verdict: str) -> None:
    settings = [] if share is None else [f"share={share}"]
    found = prove(votes(), scope="unbounded", settings=settings, properties=["NotBoth"], in_process=True)
    assert found["NotBoth"].verdict == verdict
    part, whole = share or [2, 3]
    assert found.parameters == {"share_1": part, "share_2": whole}


def test_a_proof_is_for_its_value_alone(tmp_path: Path) -> None:
    p = votes()
    prove(p, scope="unbounded", settings=["share=[1,2]"], properties=["NotBoth"], certificates=tmp_path, in_process=True)
    (path,) = tmp_path.glob("*NotBoth*")
    assert check(sorted(tmp_path.glob("*.json")), protocol=p, solver="z3", in_process=True).valid
    certificate = json.loads(path.read_text(encoding="utf-8"))
    assert certificate["parameters"] == {"share_1": 1, "share_2": 2}
    for other in ({"share_1": 1, "share_2": 3}, {}, {"share_1": 1, "share_2": 2, "Size": 3}):
        path.write_text(json.dumps({**certificate, "parameters": other}), encoding="utf-8")
        assert not check(sorted(tmp_path.glob("*.json")), protocol=p, solver="z3", in_process=True).valid


def test_an_end_of_a_range_is_that_number() -> None:
    model = capped().model()
    assert [named.name for named in unbounded(model).model.assumptions] == ["CapIsFixed"]
    for settings, verdict in (({}, "proved"), ({"Cap": 4}, "violated")):
        found = prove(capped(), scope="unbounded", settings=settings, properties=["UpToThree"], in_process=True)
        assert found["UpToThree"].verdict == verdict


def test_an_instance_with_another_value_is_of_another_model() -> None:
    model = votes().model()
    set_there = finite_scope(model, {"share": "[1,3]", "Size": 5})
    assert fixed_values(set_there.model) == {"share_1": 1, "share_2": 3}
    assert finite_scope(set_there.model).parameters == {"Size": 3, "share_1": 1, "share_2": 3}
    assert finite_scope(model, {"Size": 5}).model is model
    for scope in other_sizes(set_there):
        assert (scope.parameters["share_1"], scope.parameters["share_2"]) == (1, 3)
    assert "share_1" not in unbounded(model).model.parameters
    plain = votes(fixed=False)
    assert settled(without := plain.model()) is without
    assert digest(plain) != digest(votes())


def test_which_parameters_have_no_value_at_any_size() -> None:
    with pytest.raises(UsageError, match="parameter Size has no value at unbounded scope"):
        prove(votes(), scope="unbounded", settings={"Size": 4}, in_process=True)
    with pytest.raises(UsageError, match="parameters violate the assumption IsShare"):
        prove(votes(), scope="unbounded", settings=["share=[1,0]"], in_process=True)
    with pytest.raises(UsageError, match="has no parameter part"):
        prove(votes(), scope="unbounded", settings={"part": 1}, in_process=True)
