"""Names with an order: what can be said of them, what cannot, and what is assumed of them at any size."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD, REST, build, line_of
from tests.models.ranked import least
from verifier.catalog.digest import digest
from verifier.kernel import Protocol
from verifier.kernel.errors import ModelError
from verifier.kernel.printing import show
from verifier.kernel.sorts import ScalarSort
from verifier.proof.engines.explicit import explore
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.quantified import Quantified, check
from verifier.semantics.quantified.values import Values
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.symmetry import symmetry_of
from verifier.semantics.scope.unbounded import unbounded


def brute(nodes: int, keys: int) -> int:
    """The distinct states of the model, counted without the verifier."""
    names = range(nodes)
    todo = [(tuple(frozenset({n}) for n in names), (None,) * nodes, None, (count, 0)) for count in (0, 1)]
    seen = set(todo)
    while todo:
        heard, leader, tag, (count, best) = todo.pop()
        after = [(heard, leader, k, (count, best)) for k in range(keys)]
        for a, b in itertools.permutations(names, 2):
            after.append(((*heard[:a], heard[a] | {b}, *heard[a + 1 :]), leader, tag, (count, best)))
        for a in names:
            if heard[a] == set(names):
                after.append((heard, (*leader[:a], min(heard[a]), *leader[a + 1 :]), tag, (count, best)))
            if max(heard[best]) in heard[a]:
                after.append((heard, leader, tag, (count, max(a, best))))
        for state in after:
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return len(seen)


@pytest.mark.parametrize(("nodes", "keys"), [(1, 1), (2, 1), (2, 2), (3, 1)])
def test_the_states_are_those_of_a_count_by_hand(nodes: int, keys: int) -> None:
    found = explore(Ground(finite_scope(least().model(), {"Nodes": nodes, "Keys": keys})))
    assert found.distinct == brute(nodes, keys)
    assert {violation.property.name for violation in found.violations} == {"Never"}


def test_labels_are_in_the_order_in_which_they_are_given() -> None:
    found = explore(Ground(finite_scope(least().model(), {"Nodes": "{z,a}"})))
    [violation] = found.violations
    assert violation.property.name == "Never"
    assert found.distinct == brute(2, 2)


def test_names_with_an_order_are_not_interchangeable() -> None:
    model = least().model()
    found = symmetry_of(model)
    assert [str(sort) for sort in found.sorts] == ["Key"]
    assert found.reason is None
    explored = explore(Ground(finite_scope(model)), symmetry=True)
    # The tag is none or one of two keys that are alike.
    assert (explored.orbits or 0) * 3 == explored.distinct * 2


def test_the_order_is_part_of_the_digest(tmp_path: Path) -> None:
    formula = "exists(Node, lambda a: a == a)"
    ordered = digest(stated(formula, tmp_path))
    assert ordered != digest(stated(formula, tmp_path, head='size=3'))


def test_the_model_as_printed_names_the_order() -> None:
    assert "Nodes names in some order" in show(least())


# -- at unbounded scope ----------------------------------------------------------------------------------------------------


def test_any_number_of_names_in_any_total_order() -> None:
    document = prove(ProveRequest(least(), scope="unbounded"), lambda event: None)
    verdicts = {entry["published_name"]: entry["verdict"].lower() for entry in document["properties"]}
    assert verdicts.pop("Never") == "violated"
    assert set(verdicts.values()) == {"proved"}


LAWS = {
    "total": "forall(Node, Node, lambda a, b: (a <= b) | (b <= a))",
    "antisymmetric": "forall(Node, Node, lambda a, b: implies((a <= b) & (b <= a), a == b))",
    "transitive": "forall(Node, Node, Node, lambda a, b, c: implies((a <= b) & (b <= c), a <= c))",
}
NOT_LAWS = [
    "forall(Node, lambda a: exists(Node, lambda b: a < b))",
    "forall(Node, Node, lambda a, b: implies(a < b, exists(Node, lambda c: (a < c) & (c < b))))",
    "forall(Node, Node, lambda a, b: a <= b)",
]


def stated(formula: str, folder: Path, head: str = "size=3, ordered=True") -> Protocol:
    node = f'class Node(Scalarset, parameter="Nodes", {head}):\n    pass\n\n'
    said = f"@p.invariant()\ndef Said(s: State) -> Bool:\n    return {formula}\n"
    return build(HEAD.replace("@p.state", node + "@p.state") + REST + said, folder)


def follows(p: Protocol) -> Answer:
    """Whether the formula holds at any size, whatever the state."""
    formula = p.properties["Said"].formula
    return check(Quantified(unbounded(p.model())).safety([], [formula])).answer


@pytest.mark.parametrize("law", LAWS)
def test_each_law_of_an_order_is_assumed(law: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    p = stated(LAWS[law], tmp_path)
    assert follows(p) is Answer.UNSAT
    whole = Values.give_order

    def without(self: Values, *args: object) -> None:
        whole(self, *args)  # type: ignore[arg-type]
        [name] = [name for name in self.axioms if name.endswith(law)]
        del self.axioms[name]

    monkeypatch.setattr(Values, "give_order", without)
    assert follows(p) is not Answer.UNSAT


@pytest.mark.parametrize("formula", NOT_LAWS)
def test_nothing_else_is(formula: str, tmp_path: Path) -> None:
    assert follows(stated(formula, tmp_path)) is not Answer.UNSAT


# -- misuse ----------------------------------------------------------------------------------------------------------------

WRONG = {
    "the order of names without one": ("exists(Key, Key, lambda a, b: a < b)", "Key is not ordered"),
    "the least of names without order": ("exists(Key, lambda a: a == min_of(s.owned))", "min_of needs a set"),
    "the greater of names without order": ("exists(Key, lambda a: maximum(a, a) == a)", "maximum needs"),
    "names of two sorts": ("exists(Node, Key, lambda a, b: a < b)", "takes Node, not Key"),
    "a name and a number": ("exists(Node, lambda a: a < 1)", "takes Node, not 1"),
    "arithmetic": ("exists(Node, lambda a: a + 1 == a)", "`+` takes integers, not Node"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_has_no_order_is_refused_at_its_line(what: str, tmp_path: Path) -> None:
    formula, message = WRONG[what]
    with pytest.raises(ModelError, match=message.replace("+", r"\+")) as refused:
        stated(formula, tmp_path)
    assert refused.value.position is not None
    assert refused.value.position.line == line_of((tmp_path / "model.py").read_text(), formula)


def test_an_ordered_scalarset_has_no_constants(tmp_path: Path) -> None:
    source = f"{HEAD}{REST}class X(Scalarset, parameter='Xs', size=2, ordered=True):\n    A = constant()\n"
    with pytest.raises(ModelError, match="ordered scalarset X has a constant A"):
        build(source, tmp_path)


def test_an_ordered_record_has_fields_with_an_order(tmp_path: Path) -> None:
    source = f"{HEAD}{REST}class X(Record, ordered=True):\n    key: Key\n"
    with pytest.raises(ModelError, match="field key of ordered record X is neither an integer nor an ordered name"):
        build(source, tmp_path)


def test_the_sort_is_ordered() -> None:
    sorts = {str(sort): sort for sort in least().model().sorts}
    node, key = sorts["Node"], sorts["Key"]
    assert isinstance(node, ScalarSort)
    assert isinstance(key, ScalarSort)
    assert (node.is_ordered, key.is_ordered, sorts["Ballot"].is_ordered) == (True, False, True)
