"""Progress at any size: what is found, what is refused and why, and what a certificate of it rests on."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.snippets import build, in_module
from tests.liveness.progressing import lassos
from tests.liveness.test_ranking import search
from verifier import check, prove
from verifier.catalog import load
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Protocol,
    Range,
    Scalarset,
    Set,
    Temporal,
    always,
    anything,
    budget,
    eventually,
    forall,
    guard,
    leads_to,
    ranks,
    steps,
    strong,
    var,
    weak,
)
from verifier.kernel.errors import ModelError
from verifier.report.text import _title
from verifier.semantics.scope.unbounded import unbounded


def work(*hints: Any) -> Protocol:
    """Each member of a set is served, in any order; a counter says how much a member has still to get."""
    p = Protocol("work", "served one by one")

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        pass

    class Level(Range, low=0, high=2):
        pass

    @p.state
    class State:
        waiting: Set[Node] = var(anything)
        left: Fn[Node, Level] = var(2)

    @p.action
    def Serve(s: State, n: Node) -> None:
        guard("waits", s.waiting.contains(n))
        guard("served", s.left[n] == 0)
        s.waiting -= {n}

    @p.action
    def Feed(s: State, n: Node) -> None:
        guard("hungry", s.left[n] > 0)
        s.left[n] -= 1

    p.fairness(forall(Node, lambda n: weak(Serve, n)), forall(Node, lambda n: weak(Feed, n)))

    @p.liveness()
    def Empties(s: State) -> Temporal:
        return eventually(s.waiting.is_empty())

    for hint in hints:
        p.ranking("Empties")(hint)
    return p


def test_two_parts_are_found_and_hold_with_any_of_two_members() -> None:
    proofs, reason = search(work())
    assert proofs is not None, reason
    assert not any(case.violated() for case in lassos(work()))


def test_a_hint_that_is_wrong_takes_nothing_from_the_library() -> None:
    def Nothing(s: Any) -> Any:
        return ranks(pending=Bool(False))

    proofs, reason = search(work(Nothing))
    assert proofs is not None, reason


def filling(last: Callable[[Protocol], Int | int]) -> Protocol:
    """Cells are filled one after the other, in steps that are asked for; `last` is the number of the last cell."""
    p = Protocol("filling", "one cell after the other")
    end = last(p)

    class Cell(Range, low=0, high=end):
        pass

    class Count(Range, low=0, high=end + 1):
        pass

    @p.state
    class State:
        filled: Fn[Cell, Bool] = var(False)
        next_cell: Count = var(0)
        asked: Bool = var(False)

    @p.action
    def Ask(s: State) -> None:
        guard("idle", ~s.asked)
        s.asked = True

    @p.action
    def Fill(s: State) -> None:
        guard("asked", s.asked)
        budget("cells", s.next_cell <= end)
        s.filled[s.next_cell] = True
        s.next_cell += 1
        s.asked = False

    p.fairness(weak(Fill))

    @p.liveness()
    def Filled(s: State) -> Temporal:
        return leads_to(s.asked, ~s.asked)

    return p


def test_an_index_range_without_its_end_keeps_no_step_from_being_enabled() -> None:
    proofs, reason = search(filling(lambda p: p.search_bound("Last", 2)))
    assert proofs is not None, reason
    assert search(filling(lambda p: 2))[0] is None
    assert search(filling(lambda p: p.parameter("Last", 2)))[0] is None


def chance(seed: int) -> Protocol:
    """A number goes from some values to others, by actions some of which are fair; it must come to some values."""
    rng = random.Random(seed)
    p = Protocol("chance", "made by chance")

    class Place(Range, low=0, high=3):
        pass

    @p.state
    class State:
        at: Place = var(anything)

    def among(s: Any, values: list[int]) -> Bool:
        result = Bool(False)
        for value in values:
            result = result | (s.at == Int(value))
        return result

    def declare(name: str, sources: list[int], by: int) -> Any:
        def act(s: State) -> None:
            guard("here", among(s, [value for value in sources if 0 <= value + by <= 3]))
            s.at = s.at + by

        act.__name__ = name
        return p.action(act)

    made = [
        declare(f"A{number}", rng.sample(range(4), rng.randint(1, 4)), rng.choice((-2, -1, -1, 1, 0)))
        for number in range(rng.randint(1, 3))
    ]
    fair = [(rng.choice((weak, weak, strong)), rng.sample(made, rng.randint(1, len(made)))) for _ in range(rng.randint(1, 2))]

    def group(some: list[Any]) -> Any:
        joined = steps(some[0])
        for other in some[1:]:
            joined = joined | steps(other)
        return joined

    p.fairness(*(kind(group(some)) for kind, some in fair))
    start, goal = rng.sample(range(4), rng.randint(1, 3)), rng.sample(range(4), rng.randint(1, 2))
    form = rng.randrange(5)

    @p.liveness()
    def Arrives(s: State, after: State) -> Temporal:
        steps_there = among(s, start) & among(after, goal)
        return [
            leads_to(among(s, start), among(s, goal)),
            eventually(among(s, goal)),
            always(eventually(among(s, goal))),
            leads_to(among(s, start), steps_there),
            leads_to(steps_there, among(s, start)),
        ][form]

    return p


LEAVES = """
from verifier.kernel import *

p = Protocol("leaves", "a range is left")
Top = p.parameter("Top", 2)

class Level(Range, low=0, high=Top):
    pass

@p.state
class State:
    level: Level = var(0)

@p.action
def Up(s: State) -> None:
    {guard}s.level += 1

p.fairness({kind}(Up))

@p.liveness()
def Ends(s: State) -> Temporal:
    return eventually({goal})
"""


ROOM = 'guard("room", s.level < Top)\n    '


# The step that leaves the range is not taken: without it the last level is stuttered in forever.
@pytest.mark.parametrize(
    ("guarded", "goal", "verdict"),
    [("", "s.level > Top", "unknown"), ("", "s.level == Top", "unknown"), (ROOM, "s.level == Top", "proved")],
)
def test_nothing_is_proved_where_a_range_may_be_left(tmp_path: Path, guarded: str, goal: str, verdict: str) -> None:
    path = tmp_path / "leaves.py"
    path.write_text(LEAVES.format(guard=guarded, goal=goal, kind="weak"), encoding="utf-8")
    result = prove(str(path), scope="unbounded", properties=["Ends"], in_process=True)
    assert result["Ends"].verdict == verdict


PARTIAL = """
from verifier.kernel import *

p = Protocol("partial", "what need not have a value")

class Key(Scalarset, parameter="Keys", size=2):
    First = constant()

@p.state
class State:
    flag: Bool = var(False)
    key: Option[Key] = var(none)

@p.action
def Raise(s: State) -> None:
    guard("low", ~s.flag)
    s.flag = Bool(True)

p.fairness(weak(Raise))

@p.liveness()
def Ends(s: State, after: State) -> Temporal:
    return leads_to(~s.flag, after.flag & ~s.flag & ((after.key.value == Key.First) | True))
"""


def test_what_is_asked_of_steps_has_a_value(tmp_path: Path) -> None:
    path = tmp_path / "partial.py"
    path.write_text(PARTIAL, encoding="utf-8")
    result = prove(str(path), scope="unbounded", properties=["Ends"], in_process=True)
    assert {entry.name: entry.verdict for entry in result.properties} == {"Ends": "unknown", "Defined@Ends": "violated"}


def test_strong_fairness_helps_where_weak_does(tmp_path: Path) -> None:
    path = tmp_path / "leaves.py"
    path.write_text(LEAVES.format(guard=ROOM, goal="s.level == Top", kind="strong"), encoding="utf-8")
    assert prove(str(path), scope="unbounded", properties=["Ends"], in_process=True)["Ends"].verdict == "proved"


def outside() -> Protocol:
    """The fair step leads out of the constraint: no fair behaviour stays inside."""
    p = Protocol("outside", "in and out")
    Top = p.parameter("Top", 2)

    class Level(Range, low=0, high=Top):
        pass

    @p.state
    class State:
        level: Level = var(0)

    @p.constraint
    def Inside(s: State) -> Bool:
        return s.level == 0

    @p.action
    def Leave(s: State) -> None:
        guard("room", s.level < Top)
        s.level += 1

    p.assume("room", Top >= 1)
    p.fairness(weak(Leave))

    @p.liveness()
    def Ends(s: State) -> Temporal:
        return eventually(s.level == 1)

    return p


def test_a_step_out_of_the_constraints_is_enabled_and_ends_a_behaviour() -> None:
    proofs, reason = search(outside())
    assert proofs is not None, reason


# Of these some are proved and some are violated; what is neither has no argument in the library.
SEEDS = range(20)


@pytest.mark.full
def test_what_is_found_for_random_models_is_not_violated() -> None:
    proved = violated = 0
    for seed in SEEDS:
        found = search(chance(seed))[0] is not None
        false = any(case.violated() for case in lassos(chance(seed)))
        assert not (found and false), seed
        proved += found
        violated += false
    assert proved >= 3
    assert violated >= 3


@pytest.mark.nightly
def test_a_proof_is_certified_and_derived_again(tmp_path: Path) -> None:
    result = prove("routes", scope="unbounded", properties=["Routes-L1u"], certificates=str(tmp_path))
    [entry] = [entry for entry in result.properties if entry.name == "Routes-L1u"]
    assert (entry.verdict, entry.method, entry.k) == ("proved", "ranking", 1)
    assert entry.reason is not None
    assert "MaxOps" in entry.reason
    files = sorted(str(path) for path in tmp_path.iterdir())
    [own] = [path for path in files if "L1u" in path]
    assert set(json.loads(Path(own).read_text(encoding="utf-8"))["rests_on"]) == {"Defined", "TypeOK"}
    checked = check(files, rederive=True)
    assert checked.complete


@pytest.mark.nightly
def test_a_certificate_without_a_premise_is_not_derived_again(tmp_path: Path) -> None:
    from verifier.evidence.certificate import seal

    prove("routes", scope="unbounded", properties=["Routes-L1u"], certificates=str(tmp_path))
    [path] = [path for path in tmp_path.iterdir() if "L1u" in path.name]
    whole = json.loads(path.read_text(encoding="utf-8"))
    shortened = {
        **whole,
        "uses": whole["uses"][:-1],
        "obligations": [entry for entry in whole["obligations"] if entry["name"] != f"safety of use {len(whole['uses'])}"],
    }
    path.write_text(json.dumps(seal(shortened)), encoding="utf-8")
    assert check([str(path)]).valid
    [entry] = check([str(path)], rederive=True).certificates
    assert not entry.valid
    assert "ranking, derived again" in [failure.name for failure in entry.failures]


@pytest.mark.parametrize(
    ("protocol", "name", "reason"),
    [
        ("routes", "Routes_L1_EventualFanOut", "the catalogue may change again and again"),
        ("occ", "OCC_L1_TxnTerminates", "said one by one, by OCC-L1u"),
        ("multi-paxos", "Liveness", "outbid each other"),
    ],
)
def test_what_means_something_within_bounds_alone_is_not_stated_without(protocol: str, name: str, reason: str) -> None:
    scope = unbounded(load(protocol).model())
    [entry] = [entry for entry in scope.not_stated if entry.published_name == name]
    assert reason in entry.reason
    assert name not in {prop.name for prop in scope.model.liveness}


LIVE = """
p.fairness(forall(Key, lambda k: weak(Step, k)))

@p.liveness("Ends")
def Reaches(s: State) -> Temporal:
    return forall(Key, lambda k: leads_to(s.owned.contains(k), s.phase[k] == Phase.Done))
"""


def ranked(body: str, given: str = "s, k", of: str = "Ends") -> str:
    return in_module(f"{LIVE}\n@p.ranking({of!r})\ndef R({given}):\n    return {body}")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (ranked("ranks(s.version)", of="Inv"), "p has no liveness property Inv"),
        (ranked("ranks(s.version)", given="s"), "the ranking of Reaches takes s"),
        (ranked("ranks(s.version)", given="s, n"), "the ranking of Reaches takes s, n"),
        (ranked("s.version"), "the ranking of Reaches returns"),
        (ranked("ranks(s.leader)"), "a measure cannot be one of"),
        (ranked("ranks(k)"), "a measure cannot be one of Key"),
        (ranked("ranks(s.flag)"), "a measure cannot be one of Bool"),
        (ranked("ranks('x')"), "a measure cannot be 'x'"),
        (ranked("ranks(s.log.head())"), "the ranking of Reaches may have no value"),
        (ranked("ranks(s.version, pending=s.version)"), "what is pending"),
        (ranked("ranks(s.version, helped_by=[Step])"), "is not a condition of fairness"),
        (ranked("ranks(s.version, helped_by=[when(Step, s.flag)])"), "is not a condition of fairness"),
    ],
)
def test_a_ranking_that_is_none_is_refused(source: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        build(source, tmp_path)


def test_a_ranking_is_of_a_liveness_property_of_the_variant(tmp_path: Path) -> None:
    p = build(ranked("ranks(s.version, helped_by=[when(weak(Step, k), s.flag)])") + '\np.variant("v", without=["flag"], '
              'drops=["Step.ready"])\n', tmp_path)  # fmt: skip
    assert len(p.model().rankings) == 1
    assert p.model("v").rankings == ()


SIZED = """
from verifier.kernel import *

p = Protocol("sized", "a budget reads a size")

class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    pass

class Level(Range, low=0, high=Node.size):
    pass

@p.state
class State:
    level: Level = var(0)
    seen: Fn[Node, Level] = var(0)

@p.action
def Up(s: State, n: Node) -> None:
    budget("room", s.level < Node.size)
    above = s.level + 1
    s.level = above
    s.seen[n] = above

p.fairness(weak(Up))

@p.liveness()
def Ends(s: State) -> Temporal:
    return eventually(s.level > 5)

@p.ranking("Ends")
def Up_(s: State) -> Ranks:
    return ranks(6 - s.level)
"""


# With two nodes the level is at most 2.
def test_a_size_that_bounds_is_among_those_that_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "sized.py"
    path.write_text(SIZED, encoding="utf-8")
    entry = prove(str(path), scope="unbounded", properties=["Ends"], in_process=True)["Ends"]
    assert (entry.verdict, entry.reason) == ("proved", "without Nodes: it says nothing about a model that they bound")
    assert prove(str(path), properties=["Ends"], in_process=True)["Ends"].verdict == "violated"


def test_the_scope_line_and_a_remark_say_that_bounds_are_gone() -> None:
    result = prove("routes", scope="unbounded", properties=["Routes-L1u"], in_process=True)
    assert result["Routes-L1u"].reason == "without MaxVersions and MaxOps: it says nothing about a model that they bound"
    assert "inside the constraints, without search bounds" in str(_title(result))
