"""Models as JSON: every formula can be rebuilt from the list of terms, and the whole has the sizes that were asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.command import verify
from verifier import UsageError, show
from verifier.catalog import load
from verifier.documents import Structure
from verifier.kernel.term_text import sort_text, text
from verifier.kernel.terms import FALSE, Term


def document(name: str, **options: Any) -> dict[str, Any]:
    return Structure.from_document(json.loads(show(name, format="json", in_process=True, **options))).to_document()


def rebuilt(terms: list[dict[str, Any]], known: dict[str, Any]) -> list[Term]:
    """The terms of a list, made again from what stands there; sorts are those of the same text."""
    made: list[Term] = []
    for entry in terms:
        args = tuple(made[place] for place in entry["args"])
        bound = tuple(made[place] for place in entry.get("bound", ()))
        sort, data = known[entry["sort"]], bound or entry.get("data")
        # A set without elements is printed as {} where its body is the one constant FALSE.
        made.append(FALSE if data is False else Term(entry["op"], args, sort, data))
    return made


@pytest.mark.parametrize("name", ["composed", "hlc", "multi-paxos"])
def test_formulas_are_rebuilt_from_the_terms(name: str) -> None:
    model, found = load(name).model(), document(name)
    everything = [found["initially"], found["constraints"], found["properties"], found["lemmas"]]
    everything += [action[part] for action in found["actions"] for part in ("guards", "updates")]
    formulas = [one["formula"] for group in everything for one in group if one["formula"] is not None]
    formulas += [variable["initial"] for variable in found["variables"] if variable["initial"] is not None]
    assert len(formulas) > 20
    sorts = {sort_text(term.sort): term.sort for term in _terms(model)}
    made = rebuilt(found["terms"], sorts)
    assert {text(made[formula["term"]], model.vocabulary) for formula in formulas} == {one["text"] for one in formulas}
    assert [action["name"] for action in found["actions"]] == [action.name for action in model.actions]


def _terms(model: Any) -> list[Term]:
    from verifier.kernel.terms import walk

    roots = [one.formula for one in (*model.initial, *model.constraints, *model.stated, *model.lemmas) if one.formula is not None]
    for action in model.actions:
        roots += [guard.condition for guard in action.guards] + [update.value for update in action.updates]
        roots += [argument.variable for argument in (*action.arguments, *action.witnesses)]
    roots += [variable.initial for variable in model.variables if variable.initial is not None]
    sorts = [end for sort in model.vocabulary.sorts.values() for end in (getattr(sort, "low", None), getattr(sort, "high", None))]
    found = [term for root in (*roots, *filter(None, sorts)) for term in walk(root)]
    return [*found, *(bound for term in found for bound in term.bound)]


def test_sizes_properties_drops_and_places_are_those_asked_for() -> None:
    found = document("composed", settings=["Keys=3"], properties=["Composed-1"], drop=["Commit.observed-owner"])
    assert found["parameters"]["Keys"] == 3
    assert [prop["published_name"] for prop in found["properties"]] == ["Composed1_CommitToOwningGroup"]
    assert found["dropped"] == ["Commit.observed-owner"]
    (commit,) = (action for action in found["actions"] if action["name"] == "Commit")
    assert "observed-owner" not in {guard["name"] for guard in commit["guards"]}
    assert commit["at"]["file"] == "encodings/composed.py"
    assert {sort["kind"] for sort in found["sorts"]} >= {"scalarset", "range", "enumeration"}


def test_a_wrong_name_is_refused() -> None:
    with pytest.raises(UsageError, match="no property Nothing"):
        show("composed", format="json", properties=["Nothing"], in_process=True)


def test_the_command() -> None:
    done = verify("show", "routes", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["schema"]) == (0, "verify.model/1")
