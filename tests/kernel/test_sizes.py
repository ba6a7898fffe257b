"""The size of a sort is an expression: it follows `--set`, and nothing bakes in the published one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD, REST, build, line_of
from tests.models.sizes import ring
from verifier.catalog.digest import digest
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Ordered,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    anything,
    exists,
    fn,
    forall,
    guard,
    image,
    implies,
    var,
)
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.expressions import term_of
from verifier.kernel.term_text import text
from verifier.proof.engines.explicit import explore
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.ground.ground import Ground
from verifier.semantics.quantified import Quantified
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.unbounded import unbounded

EWD840 = """
from __future__ import annotations

from verifier.kernel import (
    Bool, Enumeration, Fn, Ordered, Protocol, any_of, anything, exists, forall, guard, implies, ite, labels, var,
)

p = Protocol("ewd840", "termination detection on a ring", source="EWD840.tla")


class Node(Ordered, parameter="N", size=3):
    pass


class Color(Enumeration):
    white, black = labels(2)


last = Node.size - 1


@p.state
class State:
    active: Fn[Node, Bool] = var(anything, "is the node active")
    color: Fn[Node, Color] = var(anything, "colour of nodes")
    tpos: Node = var(anything, "where the token is")
    tcolor: Color = var(Color.black, "colour of the token")


p.type_ok(variables=["active", "color", "tpos", "tcolor"])


@p.action
def InitiateProbe(s: State) -> None:
    guard("at-0", s.tpos == 0)
    guard("inconclusive", (s.tcolor == Color.black) | (s.color[0] == Color.black))
    s.tpos = last
    s.tcolor = Color.white
    s.color[0] = Color.white


@p.action
def PassToken(s: State, i: Node) -> None:
    guard("not-0", i != 0)
    guard("has-token", s.tpos == i)
    guard("may-pass", ~s.active[i] | (s.color[i] == Color.black) | (s.tcolor == Color.black))
    s.tpos = i - 1
    s.tcolor = ite(s.color[i] == Color.black, Color.black, s.tcolor)
    s.color[i] = Color.white


@p.action
def SendMsg(s: State, i: Node, j: Node) -> None:
    guard("active", s.active[i])
    guard("other", j != i)
    s.active[j] = True
    s.color[i] = ite(j > i, Color.black, s.color[i])


@p.action
def Deactivate(s: State, i: Node) -> None:
    guard("active", s.active[i])
    s.active[i] = False


@p.invariant()
def TerminationDetection(s: State) -> Bool:
    detected = (s.tpos == 0) & (s.tcolor == Color.white) & (s.color[0] == Color.white) & ~s.active[0]
    return implies(detected, forall(Node, lambda i: ~s.active[i]))


@p.invariant()
def Inv(s: State) -> Bool:
    return any_of(
        forall(Node, lambda i: implies(s.tpos < i, ~s.active[i])),
        exists(Node, lambda j: (j <= s.tpos) & (s.color[j] == Color.black)),
        s.tcolor == Color.black,
    )
"""


@pytest.mark.parametrize(("settings", "distinct", "levels"), [({}, 302, 9), ({"N": "4"}, 1566, 12)])
def test_one_model_at_several_sizes(settings: dict[str, str], distinct: int, levels: int, tmp_path: Path) -> None:
    found = explore(Ground(finite_scope(build(EWD840, tmp_path).model(), settings)))
    assert (found.distinct, found.diameter, found.violations) == (distinct, levels, ())


def brute(places: int, members: int, spares: int, lost: int) -> int:
    """The distinct states of the ring, counted without the verifier."""
    start = (places - 1, "Red", (False,) * members, 0)
    seen, todo = {start}, [start]
    while todo:
        token, light, left, count = todo.pop()
        after = [(places - 1 if token == 0 else token - 1, "Green" if token == places - 1 else light, left, count)]
        if count < max(lost, members - spares):
            gone = [(*left[:i], True, *left[i + 1 :]) for i in range(members) if not left[i]]
            after += [(token, light, who, count + 1) for who in gone]
        if lost <= count < lost + spares:
            after.append((token, light, left, count + 1))
        for state in after:
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return len(seen)


@pytest.mark.parametrize("sizes", [(3, 3, 2, 1), (1, 3, 2, 1), (4, 2, 1, 1), (2, 5, 3, 2), (3, 4, 1, 1)])
def test_the_states_are_those_of_a_count_by_hand(sizes: tuple[int, int, int, int]) -> None:
    names = ("Places", "Members", "Spares", "Lost")
    found = explore(Ground(finite_scope(ring().model(), dict(zip(names, sizes, strict=True)))))
    assert found.distinct == brute(*sizes)


def test_a_property_reads_the_size_of_the_scope() -> None:
    def violated(**settings: int) -> set[str]:
        found = explore(Ground(finite_scope(ring().model(), settings)))
        return {violation.property.name for violation in found.violations}

    assert violated() == set()
    assert violated(Spares=3, Members=3) == set()
    assert violated(Spares=1, Members=5, Lost=1) == {"Counted", "Stays"}


def test_an_assumption_relates_parameters_to_sizes() -> None:
    model = ring().model()
    finite_scope(model, {"Lost": 2})
    with pytest.raises(UsageError, match="enough-stay"):
        finite_scope(model, {"Lost": 3})
    finite_scope(model, {"Lost": 3, "Members": 5})
    finite_scope(model, {"Lost": 3, "Members": "{a,b,c,d,e}"})


def test_a_sort_of_which_only_the_size_is_read_is_a_sort_of_the_model() -> None:
    model = ring().model()
    assert model.parameters["Spares"].default == 2
    assert "Spare" in [str(sort) for sort in model.sorts]


def _spares(size: int) -> Protocol:
    p = Protocol("p", "spares")

    class Spare(Scalarset, parameter="Spares", size=size):
        """Only its size is read."""

    class Tick(Range, low=0, high=9):
        """A count."""

    @p.state
    class State:
        tick: Tick = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("spare", s.tick < Spare.size)
        s.tick += 1

    @p.invariant()
    def Few(s: State) -> Bool:
        return s.tick <= Spare.size

    return p


def test_a_published_size_is_part_of_the_digest() -> None:
    assert digest(_spares(2)) == digest(_spares(2)) != digest(_spares(3))


def test_two_protocols_may_call_their_sizes_alike() -> None:
    two, three = (finite_scope(_spares(size).model()) for size in (2, 3))
    assert (two.parameters["Spares"], three.parameters["Spares"]) == (2, 3)


def test_sizes_are_printed_as_their_parameters() -> None:
    class Place(Ordered, parameter="Places", size=3):
        """A place."""

    assert text(term_of(Place.size - 1 == Place(0)), None) == "0 = Places - 1"


# -- where Python needs a number -------------------------------------------------------------------------------------------

PYTHON = {
    "range": "[guard(f'g{i}', s.version == i) for i in range(Key.size)]",
    "a list": "x = [1, 2, 3][Key.size]",
    "a truth value": "x = 1 if Key.size == 2 else 2",
    "a repetition": "x = [0] * Key.size",
    "a number": "x = int(Key.size)",
}


@pytest.mark.parametrize("what", PYTHON)
def test_a_size_is_no_python_number(what: str, tmp_path: Path) -> None:
    source = f"{HEAD}{REST}@p.action\ndef Other(s: State) -> None:\n    {PYTHON[what]}\n    s.version = 0\n"
    with pytest.raises(ModelError) as refused:
        build(source, tmp_path)
    assert refused.value.position is not None
    assert refused.value.position.line == line_of(source, "Key.size")


def test_a_published_value_is_a_python_number(tmp_path: Path) -> None:
    source = f"{HEAD}{REST}Faulty = p.parameter('Faulty', Key.size)\n"
    with pytest.raises(ModelError, match="Faulty needs a natural number") as refused:
        build(source, tmp_path)
    assert refused.value.position is not None
    assert refused.value.position.line == line_of(source, "Faulty")


@pytest.mark.parametrize("label", ["size", "sort"])
@pytest.mark.parametrize("head", ["class X(Enumeration)", "class X(Scalarset, parameter='Xs', size=2)"])
def test_no_label_hides_the_size(head: str, label: str, tmp_path: Path) -> None:
    source = f"{HEAD}{REST}{head}:\n    {label} = constant()\n"
    with pytest.raises(ModelError, match=f"X cannot have a label {label}"):
        build(source, tmp_path)


# -- at unbounded scope ----------------------------------------------------------------------------------------------------


def test_a_size_that_is_read_stays_as_an_unknown_number() -> None:
    scope = unbounded(ring().model())
    assert {"Places", "Members", "Spares"} <= set(scope.model.parameters)
    assert [assumed.name for assumed in scope.model.assumptions] == ["enough-stay"]
    facts = [name for name, _ in scope.sizes()]
    assert facts == [
        "Place is not empty",
        "Member has at least 1 member",
        "Spare has at least 1 member",
        "Count is not empty",
    ]


def _proved(p: Protocol, name: str) -> bool:
    """Whether a property follows from itself, and holds initially, at unbounded scope."""
    from verifier.semantics.answers import Answer
    from verifier.semantics.quantified import check

    quantified = Quantified(unbounded(p.model()))
    formula = p.properties[name].formula
    obligations = [quantified.initiation([formula])]
    obligations += [quantified.consecution(action, [formula], [formula]) for action in quantified.model.actions]
    return all(check(obligation).answer is Answer.UNSAT for obligation in obligations)


def test_nothing_ties_the_size_of_a_scalarset_to_its_members() -> None:
    """More members than the number says: an over-approximation, in which nothing is proved that is not so."""
    p = Protocol("p", "sizes")

    class Node(Scalarset, parameter="Nodes", size=2):
        """A node."""

    class Tick(Range, low=0, high=9):
        """A count."""

    @p.state
    class State:
        tick: Tick = var(0)

    @p.action
    def Up(s: State, n: Node) -> None:
        guard("room", s.tick < Node.size)
        s.tick += 1

    @p.invariant()
    def Room(s: State) -> Bool:
        return s.tick <= Node.size

    @p.invariant()
    def Somebody(s: State) -> Bool:
        return Node.size >= 1

    @p.invariant()
    def Two(s: State) -> Bool:
        """As published, but not of every size."""
        return Node.size >= Int(2)

    assert _proved(p, "Room")
    assert _proved(p, "Somebody")
    assert not _proved(p, "Two")


def _verdicts(p: Protocol) -> dict[str, str]:
    document = prove(ProveRequest(p, scope="unbounded"), lambda event: None)
    return {entry["published_name"]: entry["verdict"] for entry in document["properties"]}


def test_sizes_are_compared_with_numbers_of_members() -> None:
    """What follows from numbers of members alone rests on a formula that counts them: without it nothing would be compared."""
    p = Protocol("p", "sizes and numbers of members")

    class Node(Scalarset, parameter="Nodes", size=3):
        """A node."""

    @p.state
    class State:
        some: Set[Node] = var(anything)

    @p.action
    def Add(s: State, n: Node) -> None:
        s.some |= {n}

    @p.invariant()
    def AtMost(s: State) -> Bool:
        return s.some.size() <= Node.size

    @p.invariant()
    def Less(s: State) -> Bool:
        return s.some.size() < Node.size

    @p.invariant()
    def Full(s: State) -> Bool:
        return implies(s.some.size() == Node.size, forall(Node, lambda n: s.some.contains(n)))

    @p.invariant()
    def One(s: State) -> Bool:
        return implies(forall(Node, Node, lambda m, n: m == n), Node.size == 1)

    assert _verdicts(p) == {"AtMost": "proved", "Less": "violated", "Full": "proved", "One": "proved"}


def test_a_message_to_every_number_is_no_matter_of_ends() -> None:
    """What is sent to all values of an ordered sort keeps its size: the sort has its ends at any size."""
    p = Protocol("p", "a broadcast over an ordered sort")

    class Replica(Ordered, parameter="Replicas", size=3, first=1):
        """A replica."""

    class Msg(Record):
        """A message."""

        src: Replica
        dst: Replica

    @p.state
    class State:
        net: Set[Msg] = var(set())
        got: Fn[Replica, Set[Replica]] = var(fn(Replica, lambda r: {r}))
        done: Fn[Replica, Bool] = var(False)

    @p.action
    def Send(s: State, r: Replica) -> None:
        s.net = s.net | image(Replica, Msg, lambda q: Msg(src=r, dst=q))

    @p.action
    def Receive(s: State, m: Msg) -> None:
        guard("there", s.net.contains(m))
        s.got[m.dst] = s.got[m.dst] | {m.src}
        s.net -= {m}

    @p.action
    def Finish(s: State, r: Replica) -> None:
        guard("all", forall(Replica, lambda q: s.got[r].contains(q)))
        s.done[r] = True

    @p.invariant()
    def All(s: State) -> Bool:
        return forall(Replica, Replica, lambda r, q: implies(s.done[r], s.got[r].contains(q)))

    @p.invariant()
    def Next(s: State) -> Bool:
        return forall(Replica, lambda r: implies(r < Replica.size, exists(Replica, lambda q: q == r + 1)))

    assert "Replicas" in unbounded(p.model()).model.parameters
    assert set(_verdicts(p).values()) == {"proved"}
