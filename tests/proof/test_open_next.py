"""Next values that an action leaves open: arguments whose relations are guards, at both scopes."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.proof.test_ranges import EVERYWHERE, run
from verifier import check
from verifier.evidence.replay import replay
from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Range,
    Scalarset,
    Set,
    can_change,
    enabled,
    exists,
    forall,
    guard,
    implies,
    open_next,
    relation,
    var,
)
from verifier.kernel.errors import ModelError
from verifier.kernel.printing import show
from verifier.proof.strategy import ExploreRequest, GapsRequest, explore, find_gaps


class Message(Scalarset, parameter="Messages", size=3, prefix="m"):
    """A message."""


class Count(Range, low=0, high=3):
    """A count."""


WELL: list[dict[str, Any]] = [*EVERYWHERE, {"engine": "explicit"}]


def lossy() -> Protocol:
    """A network that loses any of its messages at once, and counters of which one goes up by as much as it likes."""
    p = Protocol("lossy", "messages are sent, lost and received")

    @p.state
    class State:
        network: Set[Message] = var(set())
        sent: Set[Message] = var(set())
        got: Set[Message] = var(set())
        seen: Fn[Message, Count] = var(0)

    @p.action
    def Send(s: State, m: Message) -> None:
        s.network |= {m}
        s.sent |= {m}

    @p.action
    def Receive(s: State, m: Message) -> None:
        guard("there", s.network.contains(m))
        s.got |= {m}

    @p.action
    def Lose(s: State) -> None:
        """The network loses any of its messages."""
        left = open_next(s.network)
        relation("subset", left <= s.network)

    @p.action
    def Count_(s: State, m: Message) -> None:
        more = open_next(s.seen[m])
        guard("got", s.got.contains(m))
        relation("more", more > s.seen[m])

    @p.invariant()
    def OnlySent(s: State) -> Bool:
        return (s.network <= s.sent) & (s.got <= s.sent)

    @p.invariant()
    def CountedIsGot(s: State) -> Bool:
        return forall(Message, lambda m: implies(s.seen[m] > 0, s.got.contains(m)))

    @p.invariant()
    def NothingCounted(s: State) -> Bool:
        return forall(Message, lambda m: s.seen[m] < 3)

    @p.action_property()
    def CountsGrow(s: State, after: State) -> Bool:
        return forall(Message, lambda m: s.seen[m] <= after.seen[m])

    @p.invariant()
    def CanLose(s: State) -> Bool:
        return enabled(Lose) & (can_change(Lose) == exists(Message, lambda m: s.network.contains(m)))

    @p.invariant()
    def CanCount(s: State) -> Bool:
        return forall(Message, lambda m: enabled(Count_, m) == (s.got.contains(m) & (s.seen[m] < 3)))

    p.variant("making-up", drops=["Lose.subset"], doc="messages come from nowhere")
    return p


def by_hand() -> int:
    """The reachable states of two messages, from the text of the model."""
    messages = (0, 1)
    subsets = [frozenset(c) for n in range(3) for c in combinations(messages, n)]
    start = (frozenset[int](), frozenset[int](), frozenset[int](), (0, 0))
    seen, waiting = {start}, [start]
    while waiting:
        network, sent, got, counts = waiting.pop()
        after = [(network | {m}, sent | {m}, got, counts) for m in messages]
        after += [(network, sent, got | {m}, counts) for m in network]
        after += [(left, sent, got, counts) for left in subsets if left <= network]
        for m in got:
            for more in range(counts[m] + 1, 4):
                after.append((network, sent, got, tuple(more if n == m else counts[n] for n in messages)))  # type: ignore[arg-type]
        for state in after:
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return len(seen)


def test_states_are_counted_as_by_hand() -> None:
    found = explore(ExploreRequest(lossy(), settings=("Messages=2",)), lambda event: None)
    assert found["distinct"] == by_hand()


@pytest.mark.parametrize("options", WELL, ids=str)
def test_verdicts_traces_and_certificates(options: dict[str, Any], tmp_path: Path) -> None:
    p = lossy()
    names = ("OnlySent", "CountedIsGot", "NothingCounted", "CountsGrow", "CanCount", "CanLose")
    sizes = {} if options.get("scope") == "unbounded" else {"settings": ("Messages=2",)}
    if options.get("scope") == "unbounded":
        # No formula quantifies over sets there, so none asks whether something happens for some set.
        names = names[:-1]
    found = run(p, properties=names, certificates=str(tmp_path), **sizes, **options)
    good = {"proved", "bounded"} if options.get("engine") == "bmc" else {"proved"}
    for name in set(names) - {"NothingCounted"}:
        assert found[name]["verdict"] in good, (name, found[name])
    assert (found["NothingCounted"]["verdict"], found["NothingCounted"]["steps"]) == ("violated", 3)
    trace = json.loads(json.dumps(found["NothingCounted"]["trace"]))
    assert "next_seen" in trace["states"][-1]["mbt::nondetPicks"]
    assert replay(trace, p).violated
    files = sorted(tmp_path.glob("*.json"))
    if options.get("engine") == "bmc":
        assert not files
        return
    solver = "z3" if options.get("engine") == "explicit" else "both"
    checked = check(files, solver=solver, rederive=True, in_process=True, protocol=p)
    assert checked.valid, [(c.property, c.failures) for c in checked.certificates]


@pytest.mark.parametrize("options", WELL, ids=str)
def test_without_the_relation_any_value_may_come(options: dict[str, Any]) -> None:
    p = lossy()
    sizes = {} if options.get("scope") == "unbounded" else {"settings": ("Messages=2",)}
    for given in ({"variant": "making-up"}, {"drops": ("Lose.subset",)}):
        found = run(p, properties=("OnlySent",), **given, **sizes, **options)["OnlySent"]
        assert (found["verdict"], found["steps"]) == ("violated", 1)
        assert replay(found["trace"], p).violated


def test_a_trace_with_a_next_value_that_the_relation_refuses() -> None:
    p = lossy()
    trace = json.loads(json.dumps(run(p, properties=("NothingCounted",))["NothingCounted"]["trace"]))
    last = trace["states"][-1]
    last["mbt::nondetPicks"]["next_seen"]["value"] = {"#bigint": "0"}
    last["seen"] = trace["states"][-2]["seen"]
    assert "is refused by guard more" in str(replay(trace, p).failure)


def test_gaps_and_blame_name_relations() -> None:
    drops = find_gaps(GapsRequest(lossy(), settings=("Messages=2",)), lambda event: None)["drops"]
    broken = {f"{drop['action']}.{drop['name']}": {one["property"] for one in drop["breaks"]} for drop in drops}
    assert "OnlySent" in broken["Lose.subset"]
    assert "CountsGrow" in broken["Count_.more"]
    found = run(lossy(), properties=("OnlySent",), engine="kinduction", blame=True, settings=("Messages=2",))
    assert "Lose.subset" in found["OnlySent"]["blame"]


def test_it_is_shown_as_an_argument() -> None:
    assert "Lose(next_network \\in SUBSET Message) ==" in show(lossy())


def test_misuse() -> None:
    def refused(action: Callable[..., None]) -> str:
        with pytest.raises(ModelError) as caught:
            lossy().action(action)
        assert caught.value.position is not None
        assert caught.value.position.file.endswith("test_open_next.py")
        return f"{caught.value.message}; {caught.value.hint}"

    def Computed(s: Any) -> None:
        open_next(s.network | s.sent)

    def Plain(s: Any) -> None:
        open_next(3)

    def Twice(s: Any) -> None:
        open_next(s.network)
        s.network = s.sent

    def Unrelated(s: Any) -> None:
        open_next(s.network)
        relation("nothing", s.network <= s.sent)

    assert "open_next takes a variable of the state; open_next(s.network)" in refused(Computed)
    assert "open_next takes a variable of the state, not 3" in refused(Plain)
    assert "network is assigned twice in Twice" in refused(Twice)
    assert "relation nothing reads no next value" in refused(Unrelated)
    with pytest.raises(ModelError, match="stands outside an action"):
        relation("alone", True)
