"""Affine relations of sampled states: found exactly, used as lemmas at both scopes, certified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.catalog.load import load
from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, Set, forall, guard, ite, var
from verifier.kernel.printing import text
from verifier.proof.engines.search import samples
from verifier.proof.lemmas.affine import affine
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.recheck import rederive
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope

EXAMPLES = Path(__file__).parents[2] / "examples"


def found(protocol: Protocol) -> list[str]:
    model = protocol.model()
    ground = Ground(finite_scope(model))
    return [text(term, model.vocabulary, outer=False) for term in affine(ground, samples(ground))]


def decided(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    request = ProveRequest(protocol, hints=False, **options)
    return {entry["published_name"]: dict(entry) for entry in prove(request, lambda event: None)["properties"]}


def test_the_beans_of_a_can() -> None:
    known = found(load(str(EXAMPLES / "coffee_can.py")))
    assert known == [
        "can.black + can.white <= MaxBeanCount",
        "can.black + can.white <= 100",
        "1 <= can.black + can.white",
    ]


@pytest.mark.full
def test_the_sums_of_a_token_ring() -> None:
    known = found(load(str(EXAMPLES / "ewd998.py")))
    assert known[0] == "(SUM n \\in Node : counter[n]) = (SUM n \\in Node : pending[n])"


def moving(*, doubled: bool = False) -> Protocol:
    """What one place loses another gets, once or twice."""
    p = Protocol("moving", "what one loses another gets")
    most = p.parameter("Most", 12)
    p.search_bound("Turns", 3)

    class Amount(Range, low=0, high=2 * most):
        """An amount."""

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        """A place."""

    @p.state
    class State:
        stock: Amount = var(most)
        held: Fn[Node, Amount] = var(0)
        busy: Set[Node] = var(set())
        busy_count: Amount = var(0)

    @p.action
    def take(s: State, n: Node) -> None:
        guard("some", s.stock >= 1)
        s.stock -= 1
        s.held[n] += 2 if doubled else 1

    @p.action
    def give(s: State, n: Node) -> None:
        guard("some", s.held[n] >= (2 if doubled else 1))
        s.stock += 1
        s.held[n] -= 2 if doubled else 1

    @p.action
    def begin(s: State, n: Node) -> None:
        guard("idle", ~s.busy.contains(n))
        s.busy |= {n}
        s.busy_count += 1

    @p.invariant()
    def Enough(s: State) -> Bool:
        return forall(Node, lambda n: s.held[n] <= (2 if doubled else 1) * most)

    return p


def test_coefficients_and_constants_are_exact() -> None:
    assert "stock + (SUM n \\in Node : held[n]) = Most" in found(moving())
    assert "2 * stock + (SUM n \\in Node : held[n]) = 24" in found(moving(doubled=True))


def test_numbers_of_elements_count() -> None:
    assert "Cardinality(busy) = busy_count" in found(moving()) or "busy_count = Cardinality(busy)" in found(moving())


def test_at_the_published_scope_they_prove(tmp_path: Path) -> None:
    p = moving()
    result = decided(p, engine="kinduction", k=1, properties=("Enough",), certificates=str(tmp_path))
    assert result["Enough"]["verdict"] == "proved"
    assert result["Enough"]["lemmas"] == ["stock + (SUM n \\in Node : held[n]) = Most"]
    certificate = json.loads(Path(result["Enough"]["certificate"]).read_text())
    assert [check for check in rederive(certificate, p, lambda message: None) if not check["passed"]] == []


def test_at_any_size_they_prove(tmp_path: Path) -> None:
    p = moving()
    result = decided(p, scope="unbounded", properties=("Enough",), certificates=str(tmp_path))
    assert result["Enough"]["verdict"] == "proved"
    assert "stock + (SUM n \\in Node : held[n]) = Most" in result["Enough"]["lemmas"]
    certificate = json.loads(Path(result["Enough"]["certificate"]).read_text())
    assert [check for check in rederive(certificate, p, lambda message: None) if not check["passed"]] == []


@pytest.mark.nightly
def test_a_relation_of_samples_alone_proves_nothing() -> None:
    """Two numbers are the same for longer than samples go."""
    p = Protocol("apart", "two numbers part late")

    class Number(Range, low=0, high=100_000):
        """A number."""

    @p.state
    class State:
        first: Number = var(0)
        second: Number = var(0)

    @p.action
    def step(s: State) -> None:
        guard("more", s.first < 100_000)
        s.second = ite(s.first >= 50_000, s.second, s.second + 1)
        s.first += 1

    @p.invariant()
    def Same(s: State) -> Bool:
        return s.first == s.second

    assert found(p)[0] == "first = second"
    assert decided(p, engine="kinduction", k=1)["Same"]["verdict"] == "bounded"
