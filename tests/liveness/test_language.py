"""Liveness and fairness as a model writes them: which forms there are, what they come to, and what is refused where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.snippets import build, line_of
from tests.liveness.sources import COUNTERS
from verifier.catalog import digest
from verifier.kernel import describing, printing
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.temporal_text import fairness_text, temporal_text
from verifier.kernel.term_text import text
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import fairness
from verifier.semantics.scope import finite_scope


def _stated(formula: str, folder: Path, *, views: str = "s: State", more: str = "", options: str = "") -> tuple[Model, Property]:
    source = COUNTERS + more + f'\n@p.liveness("L"{options})\ndef Live({views}) -> Temporal:\n    return {formula}\n'
    model = build(source, folder).model()
    [prop] = model.liveness
    return model, prop


P, Q = "(s.at[n] == 0)", "(s.at[n] == 2)"

FORMS = {
    f"forall(Node, lambda n: eventually({P}))": (True, "TRUE", "at[n] # 0", []),
    f"forall(Node, lambda n: always(eventually({P})))": (False, "TRUE", "at[n] # 0", []),
    f"forall(Node, lambda n: eventually(always({P})))": (False, "TRUE", "TRUE", ["at[n] # 0"]),
    f"forall(Node, lambda n: leads_to({P}, {Q}))": (False, "at[n] = 0 /\\ at[n] # 2", "at[n] # 2", []),
    f"forall(Node, lambda n: leads_to({P}, eventually({Q})))": (False, "at[n] = 0 /\\ at[n] # 2", "at[n] # 2", []),
    f"forall(Node, lambda n: leads_to({P}, always({Q})))": (False, "at[n] = 0", "TRUE", ["at[n] # 2"]),
    f"forall(Node, lambda n: leads_to({P}, eventually(always({Q}))))": (False, "at[n] = 0", "TRUE", ["at[n] # 2"]),
}


@pytest.mark.parametrize("formula", FORMS)
def test_each_form_comes_to_a_case(formula: str, tmp_path: Path) -> None:
    _, prop = _stated(formula, tmp_path)
    [case] = prop.cases
    assert [v.data for v in case.bound] == ["n"]
    said = (case.initially, text(case.trigger), text(case.hold), [text(part) for part in case.recur])
    assert said == FORMS[formula]


def test_a_conjunction_has_a_case_for_each_part(tmp_path: Path) -> None:
    formula = "eventually(s.at[n] == 2) & always(eventually(s.at[n] == 0))"
    _, prop = _stated(f"forall(Node, lambda n: {formula})", tmp_path)
    assert [(case.initially, len(case.bound)) for case in prop.cases] == [(True, 1), (False, 1)]


def test_a_step_only_happens_where_it_changes_something(tmp_path: Path) -> None:
    _, prop = _stated("eventually(t.at == s.at)", tmp_path, views="s: State, t: State")
    [case] = prop.cases
    assert text(case.hold) == "~(at' # at /\\ at' = at)"
    _, prop = _stated("eventually(always(t.at != s.at))", tmp_path, views="s: State, t: State")
    assert text(prop.cases[0].recur[0]) == "at' # at /\\ at' = at"


WRONG = {
    "always(s.at[n] <= 2)": "safety property",
    "eventually(eventually(s.at[n] == 2))": "none of the supported forms",
    "always(leads_to(s.at[n] == 0, s.at[n] == 2))": "none of the supported forms",
    "leads_to(s.at[n] == 0, always(eventually(s.at[n] == 2)))": "none of the supported forms",
    "leads_to(eventually(s.at[n] == 0), s.at[n] == 2)": "none of the supported forms",
    "~eventually(s.at[n] == 0)": "cannot be negated",
    "eventually(s.at[n] == 0) | eventually(s.at[n] == 2)": "cannot be joined by |",
    "(s.at[n] == 0) | eventually(s.at[n] == 2)": "takes Bool, not a temporal formula",
    "eventually(s.at[n] == 0) & (s.at[n] == 2)": "only be joined with another one",
    "eventually(s.at[n] == 0) and eventually(s.at[n] == 2)": "Python's `and`",
    "eventually(s.at[n])": "takes Bool",
}


@pytest.mark.parametrize("formula", WRONG)
def test_other_formulas_are_refused_at_their_line(formula: str, tmp_path: Path) -> None:
    source = COUNTERS + f'@p.liveness("L")\ndef Live(s: State) -> Temporal:\n    return forall(Node, lambda n: {formula})\n'
    with pytest.raises(ModelError, match=WRONG[formula].replace("|", r"\|")) as caught:
        build(source, tmp_path)
    assert caught.value.position is not None
    assert caught.value.position.line == line_of(source, "return forall(Node")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return forall(Node, lambda n: s.at[n] == 0)", "returns something that is not a temporal formula"),
        ("eventually(s.at[n] == 0)", "reads n|not defined"),
        ("return exists(Node, lambda n: eventually(s.at[n] == 0))", "exists cannot stand around"),
        ("return None", "returns nothing"),
    ],
)
def test_what_is_no_temporal_formula_is_refused(body: str, said: str, tmp_path: Path) -> None:
    source = COUNTERS + f'@p.liveness("L")\ndef Live(s: State) -> Temporal:\n    {body}\n'
    with pytest.raises(ModelError, match=said):
        build(source, tmp_path)


def test_a_decorator_without_parentheses_is_refused(tmp_path: Path) -> None:
    source = COUNTERS + "@p.liveness\ndef Live(s: State) -> Temporal:\n    return eventually(s.at == s.at)\n"
    with pytest.raises(ModelError, match="short name of a liveness property"):
        build(source, tmp_path)


FAIR = {
    "weak(Inc)": "WF(Inc)",
    "strong(Inc)": "SF(Inc)",
    "forall(Node, lambda n: weak(Inc, n))": "\\A n \\in Node : WF(Inc(n))",
    "weak(Inc, ...)": "WF(Inc)",
    "weak(steps(Inc) | steps(Reset))": "WF(Inc or Reset)",
    "forall(Node, lambda n: strong(steps(Inc, n) | steps(Reset)))": "\\A n \\in Node : SF(Inc(n) or Reset)",
    "weak(all)": "WF(Next)",
}


@pytest.mark.parametrize("condition", FAIR)
def test_each_kind_of_fairness_is_shown(condition: str, tmp_path: Path) -> None:
    goal = "eventually(sum_of(Node, lambda n: s.at[n]) == 1)"
    model, prop = _stated(goal, tmp_path, more=f"\np.fairness({condition})\n")
    assert [fairness_text(one, model.vocabulary) for one in prop.fair] == [FAIR[condition]]


UNFAIR = {
    "p.fairness(weak(State))": "is not an action",
    "p.fairness(weak(Fine))": "is not an action",
    "p.fairness(weak(3))": "is not an action",
    "p.fairness(weak(Inc, n=1))": "unexpected keyword|got an unexpected",
    "p.fairness(forall(Node, lambda n: weak(Inc, n, n)))": "takes 1 arguments, not 2",
    "p.fairness(Inc)": "takes conditions of fairness",
    "p.fairness()": "states no condition",
    "p.fairness(weak(Inc) & weak(Reset))": "not joined by &",
    "p.fairness(weak(steps(Inc) | Reset))": "only be joined with steps",
    "p.fairness(weak(Inc))\np.fairness(weak(Reset))": "declared twice",
    "kept = []\nx = forall(Node, lambda n: kept.append(n) or weak(Inc, n))\np.fairness(weak(Inc, kept[0]))": "bound elsewhere",
}


@pytest.mark.parametrize("line", UNFAIR)
def test_other_conditions_are_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises((ModelError, TypeError), match=UNFAIR[line]):
        build(COUNTERS + "\n" + line + "\n", tmp_path)


def test_a_property_is_stated_under_what_is_declared_or_named(tmp_path: Path) -> None:
    more = 'p.fairness(weak(Inc))\nother = p.assume_fair("other", strong(Reset), weak(Skip))\n'
    goal = "eventually(forall(Node, lambda n: s.at[n] == 1))"
    for options, labels in (("", ["Inc"]), (", under=other", ["Reset", "Skip"]), (", under=[]", [])):
        _, prop = _stated(goal, tmp_path, more=more, options=options)
        assert [condition.label for condition in prop.fair] == labels
    with pytest.raises(ModelError, match="not an assumption of the protocol"):
        _stated(goal, tmp_path, options=', under="other"')


def test_conditions_can_be_dropped_and_lose_actions_that_are_left_out(tmp_path: Path) -> None:
    more = 'p.fairness(weak(Inc), strong(steps(Inc) | steps(Reset)))\np.variant("still", without=["Inc"])\n'
    source = COUNTERS + more + '@p.liveness()\ndef L(s: State) -> Temporal:\n    return eventually(s.at == s.at)\n'
    protocol = build(source, tmp_path)
    assert [c.label for c in protocol.model().liveness[0].fair] == ["Inc", "Inc+Reset"]
    assert [c.label for c in protocol.model(drops=["fairness.Inc"]).liveness[0].fair] == ["Inc+Reset"]
    assert [c.label for c in protocol.model("still").liveness[0].fair] == ["Reset"]
    with pytest.raises(UsageError, match="no condition of fairness about Reset"):
        protocol.model(drops=["fairness.Reset"])


def test_text_and_list_show_fairness_and_the_formula(tmp_path: Path) -> None:
    more = "p.fairness(forall(Node, lambda n: weak(Inc, n)))\n"
    model, prop = _stated(f"forall(Node, lambda n: leads_to({P}, {Q}))", tmp_path, more=more)
    assert prop.temporal is not None
    assert temporal_text(prop.temporal, model.vocabulary) == "\\A n \\in Node : (at[n] = 0) ~> (at[n] = 2)"
    protocol = build((tmp_path / "model.py").read_text(), tmp_path)
    shown = printing.show(protocol)
    assert "FAIRNESS fairness ==\n  /\\ \\A n \\in Node : WF(Inc(n))" in shown
    assert "LIVENESS Live (L) ==\n  \\A n \\in Node : (at[n] = 0) ~> (at[n] = 2)\n" in shown
    assert "\\* under \\A n \\in Node : WF(Inc(n))" in shown
    described = describing.describe(protocol)
    assert described["fairness"] == [{"name": "fairness", "conditions": ["\\A n \\in Node : WF(Inc(n))"]}]


def test_fairness_is_part_of_the_model(tmp_path: Path) -> None:
    goal = f"forall(Node, lambda n: leads_to({P}, {Q}))"
    digests = set()
    for more in ("", "p.fairness(weak(Inc))\n", "p.fairness(strong(Inc))\n", "p.fairness(weak(Reset))\n"):
        model, _ = _stated(goal, tmp_path, more=more)
        digests.add(digest(model.protocol))
    assert len(digests) == 4


def test_the_text_of_a_liveness_property_is_watched(tmp_path: Path) -> None:
    chosen = "s.at[choose(Node, lambda n: s.at[n] == 1)]"
    model, _ = _stated(f"eventually({chosen} == 1)", tmp_path)
    assert [prop.name for prop in model.properties if prop.about == "Live"] == ["Defined@Live"]
    after = "t.at[choose(Node, lambda n: t.at[n] == 1)]"
    model, _ = _stated(f"eventually({after} == 1)", tmp_path, views="s: State, t: State")
    assert [(p.name, p.of_steps) for p in model.properties if p.about == "Live"] == [("Defined@Live", True)]
    with pytest.raises(ModelError, match="has formulas of states and of steps that need not have a value"):
        _stated(f"eventually({chosen} == 1) & eventually({after} == 1)", tmp_path, views="s: State, t: State")


def test_a_sort_of_fairness_alone_is_one_of_the_model(tmp_path: Path) -> None:
    more = """
class Watcher(Scalarset, parameter="Watchers", size=3, prefix="w"):
    pass
p.fairness(forall(Watcher, Node, lambda w, n: weak(Inc, n)))
"""
    model, _ = _stated("eventually(s.at == s.at)", tmp_path, more=more)
    assert "Watchers" in model.parameters
    scope = finite_scope(model, {"Watchers": 2})
    assert len(fairness(Ground(scope), model.fairness)) == 4
    other = "\nclass Watcher(Scalarset, parameter='Others', size=3): pass\n@p.invariant()\ndef I(s: State) -> Bool:\n"
    with pytest.raises(ModelError, match="two sorts are called Watcher"):
        _stated("eventually(s.at == s.at)", tmp_path, more=more + other + "    return forall(Watcher, lambda w: s.at == s.at)\n")


def test_conditions_name_constants_and_values(tmp_path: Path) -> None:
    more = """
@p.action
def Put(s: State, n: Node, c: Count) -> None:
    s.at[n] = c
p.fairness(weak(Put, ..., 2), forall(Count, lambda c: weak(Put, ..., c)))
"""
    model, _ = _stated("eventually(s.at == s.at)", tmp_path, more=more)
    ground = Ground(finite_scope(model))
    puts = [i for i in ground.instances if i.action.name == "Put"]
    wanted = [{i.number for i in puts if i.arguments["c"] == c} for c in (2, 0, 1, 2)]
    assert [one.instances for one in fairness(ground, model.fairness)] == wanted
    assert [one.name for one in fairness(ground, model.fairness)][:2] == ["WF(Put(_, 2))", "WF(Put(_, 0))"]
