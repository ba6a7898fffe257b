"""Terms and protocols as text: what a reader of published TLA+ expects, unambiguous, names told apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.snippets import build, in_module
from tests.models.constructs import ALL
from verifier.catalog import load, names
from verifier.documents import Listing
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    KeyedSet,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    any_of,
    anything,
    choose,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    image,
    implies,
    ite,
    labels,
    max_of,
    min_of,
    none,
    one_of,
    set_of,
    some,
    var,
)
from verifier.kernel.describing import describe
from verifier.kernel.errors import UsageError
from verifier.kernel.expressions import term_of
from verifier.kernel.printing import show, text
from verifier.kernel.sorts import BOOL
from verifier.kernel.state import StateView
from verifier.kernel.terms import Term, conjunction, state
from verifier.kernel.terms import exists as quantified_some
from verifier.kernel.terms import forall as quantified_all
from verifier.kernel.terms import variable as bound_variable
from verifier.semantics.tla.module import module

p = Protocol("p", "test")
Top = p.parameter("Top", 3)


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    pass


class Phase(Enumeration):
    Idle, Done = labels(2)


class Version(Range, low=0, high=Top):
    pass


class Pair(Record, ordered=True):
    low: Version
    high: Version


class Log(Sequence[Version], capacity=3):
    pass


class Pairs(KeyedSet[Pair], key="low"):
    pass


@p.state
class State:
    n: Version = var(0)
    m: Version = var(0)
    flag: Bool = var(False)
    phase: Fn[Key, Phase] = var(Phase.Idle)
    seen: Fn[Key, Fn[Key, Version]] = var(0)
    owned: Set[Key] = var(set())
    levels: Set[Version] = var({0})
    leader: Option[Key] = var(none)
    pair: Pair = var(Pair(low=0, high=0))
    log: Log = var([1, 2])
    pairs: Pairs = var(set())
    k: Key = var(anything)


def _view() -> Any:
    return StateView(p.variables)


TEXTS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda s: s.n + 1 < Top, "n + 1 < Top"),
    (lambda s: s.n - (s.m - 1) <= 0, "n - (m - 1) <= 0"),
    (lambda s: s.n - s.m - 1 >= 0, "0 <= n - m - 1"),
    (lambda s: s.n * (s.m + 1) == -1, "n * (m + 1) = -1"),
    (lambda s: s.n - Int(-1) == -s.m, "n - (-1) = -m"),
    (lambda s: (s.n == 1) == (s.m == 1), "(n = 1) = (m = 1)"),
    (lambda s: s.flag & (s.n == 1) & (s.m == 2), "flag /\\ n = 1 /\\ m = 2"),
    (lambda s: s.flag & ((s.n == 1) | (s.m == 2)), "flag /\\ (n = 1 \\/ m = 2)"),
    (lambda s: (s.flag & (s.n == 1)) | ~s.flag, "(flag /\\ n = 1) \\/ ~flag"),
    (lambda s: ~(s.flag & (s.n == 1)), "~(flag /\\ n = 1)"),
    (lambda s: ~(s.n < s.m), "~(n < m)"),
    (lambda s: s.n != s.m, "n # m"),
    (lambda s: implies(s.flag, implies(s.n == 1, s.m == 1)), "flag => (n = 1 => m = 1)"),
    (lambda s: implies(implies(s.flag, s.n == 1), s.m == 1), "(flag => n = 1) => m = 1"),
    (lambda s: implies(s.flag & (s.n == 1), s.m == 1), "flag /\\ n = 1 => m = 1"),
    (lambda s: forall(Key, lambda x: s.phase[x] == Phase.Done), "\\A x \\in Key : phase[x] = Done"),
    (lambda s: forall(Key, Key, Version, lambda a, b, v: s.seen[a][b] <= v),
     "\\A a, b \\in Key, v \\in Version : seen[a][b] <= v"),
    (lambda s: forall(Key, lambda x: s.flag) & s.flag, "(\\A x \\in Key : flag) /\\ flag"),
    (lambda s: implies(s.flag, exists(Key, lambda x: s.k == x)), "flag => \\E x \\in Key : k = x"),
    (lambda s: forall(Key, lambda x: exists(Key, lambda x: s.k == x)), "\\A x \\in Key : \\E x2 \\in Key : k = x2"),
    (lambda s: forall(Key, lambda k: s.k == k), "\\A k2 \\in Key : k = k2"),
    (lambda s: forall(Key, lambda n: s.owned.contains(n)) & (s.n == 0),
     "(\\A n2 \\in Key : n2 \\in owned) /\\ n = 0"),
    (lambda s: ite(s.flag, s.n, s.m) == 1, "(IF flag THEN n ELSE m) = 1"),
    (lambda s: s.owned.contains(s.k), "k \\in owned"),
    (lambda s: ~s.owned.contains(s.k), "k \\notin owned"),
    (lambda s: (s.owned | {s.k}) == set(), "owned \\cup {k} = {}"),
    (lambda s: s.owned - {s.k} <= s.owned & s.owned, "owned \\ {k} \\subseteq owned \\cap owned"),
    (lambda s: (s.owned - {s.k}) - s.owned == s.owned, "(owned \\ {k}) \\ owned = owned"),
    (lambda s: s.owned.is_empty(), "owned = {}"),
    (lambda s: ~s.owned.is_empty(), "owned # {}"),
    (lambda s: s.owned.size() == 2, "Cardinality(owned) = 2"),
    (lambda s: set_of(Key, lambda x: s.phase[x] == Phase.Done) == s.owned, "{x \\in Key : phase[x] = Done} = owned"),
    (lambda s: set_of(Key, lambda x: s.owned.contains(x) & s.flag) == s.owned, "{x \\in owned : flag} = owned"),
    (lambda s: set_of(Key, lambda x: s.owned.contains(x) | ~s.owned.contains(x)) == s.owned,
     "{x \\in Key : x \\in owned \\/ x \\notin owned} = owned"),
    (lambda s: image(Key, Version, lambda x: s.seen[x][x]) == s.levels, "{seen[x][x] : x \\in Key} = levels"),
    (lambda s: image(s.owned, Version, lambda x: s.seen[x][x]) == s.levels, "{seen[x][x] : x \\in owned} = levels"),
    (lambda s: min_of(s.levels) < max_of(s.levels), "Min(levels) < Max(levels)"),
    (lambda s: forall_in(s.owned, lambda x: s.phase[x] == Phase.Idle), "\\A x \\in owned : phase[x] = Idle"),
    (lambda s: exists_in(s.owned, lambda x: s.phase[x] == Phase.Idle), "\\E x \\in owned : phase[x] = Idle"),
    (lambda s: forall_in(s.pairs, lambda r: r.low <= r.high), "\\A r \\in pairs : r.low <= r.high"),
    (lambda s: forall(Key, lambda x: implies(s.seen[x][x] == 0, s.owned.contains(x))),
     "\\A x \\in Key : seen[x][x] = 0 => x \\in owned"),
    (lambda s: s.leader == s.k, "leader = some(k)"),
    (lambda s: s.leader.is_some & (s.leader.value == s.k), "leader # none /\\ leader.value = k"),
    (lambda s: s.leader.is_none, "leader = none"),
    (lambda s: s.leader == none, "leader = none"),
    (lambda s: some(s.k) == s.leader, "some(k) = leader"),
    (lambda s: one_of(s.n, 1, 2), "n = 1 \\/ n = 2"),
    (lambda s: any_of(), "FALSE"),
    (lambda s: s.seen.updated(s.k, fn(Key, lambda x: Version(0))) == s.seen,
     "[seen EXCEPT ![k] = [x \\in Key |-> 0]] = seen"),
    (lambda s: s.phase.updated(s.k, Phase.Done).updated(s.k, Phase.Idle)[s.k] == Phase.Idle,
     "[phase EXCEPT ![k] = Done, ![k] = Idle][k] = Idle"),
    (lambda s: s.pair == Pair(low=0, high=s.n), "pair = [low |-> 0, high |-> n]"),
    (lambda s: s.pair.replace(high=3) < s.pair, "[pair EXCEPT !.high = 3] < pair"),
    (lambda s: s.log.at(1) == s.log.append(1).length(), "log[1] = Len(Append(log, 1))"),
    (lambda s: s.log.put(2, s.n).tail().head() == 0, "Tail([log EXCEPT ![2] = n])[1] = 0"),
    (lambda s: s.log == [1, s.n], "log = <<1, n>>"),
    (lambda s: s.pairs.insert(s.pair).remove(3).has(s.n), "HasKey(Remove(Insert(pairs, pair), 3), n)"),
    (lambda s: s.pairs.get(1).high == choose(Version, lambda v: v == s.n),
     "Lookup(pairs, 1).high = (CHOOSE v \\in Version : v = n)"),
    (lambda s: s.pairs == set(), "pairs = {}"),
]  # fmt: skip


@pytest.mark.parametrize(("build", "expected"), TEXTS, ids=[expected for _, expected in TEXTS])
def test_a_term_reads_as_published(build: Callable[[Any], Any], expected: str) -> None:
    assert text(term_of(build(_view())), p.vocabulary) == expected


def test_lemmas_are_printed_without_their_outermost_quantifiers() -> None:
    s = _view()
    lemma = forall(Key, lambda t: forall(Key, Key, lambda u, v: s.seen[t][u] <= s.seen[t][v]))
    assert text(term_of(lemma), p.vocabulary, outer=False) == "seen[t][u] <= seen[t][v]"
    nested = forall(Key, lambda x: forall(Key, lambda x: s.seen[x][x] == 0) & (s.seen[x][x] == 0))
    assert text(term_of(nested), p.vocabulary, outer=False) == "(\\A x2 \\in Key : seen[x2][x2] = 0) /\\ seen[x][x] = 0"
    assert text(term_of(s.n <= s.m), p.vocabulary, outer=False) == "n <= m"
    assert text(term_of(s.owned <= s.owned), p.vocabulary, outer=False) == "owned \\subseteq owned"


def test_an_expression_shows_its_sort_and_text() -> None:
    assert repr(_view().phase) == "<[Key -> Phase]: phase>"
    assert repr(Key) == "Key"


@pytest.mark.parametrize("name", names())
def test_show_prints_all_of_a_built_in_protocol(name: str) -> None:
    protocol = load(name)
    printed = show(protocol)
    for action in protocol.actions.values():
        assert f"\n{action.name}" in printed
        assert all(guard.name in printed for guard in action.guards)
    # What the default variant leaves out, and the properties that read it, are shown with the variants that have it.
    stated = [prop.name for prop in protocol.model().stated if prop.name in protocol.properties]
    for words in (protocol.parameters, stated, protocol.variants):
        assert all(word in printed for word in words)
    for variable in protocol.model().variables:
        assert f"  {variable.name} \\in " in printed
        assert variable.doc in printed


def test_show_prints_composed_as_it_is_published() -> None:
    printed = show(load("composed"))
    commit = """\
Commit(t \\in Txn, g \\in Group) ==
  \\* Commits a transaction through a group that owns all its keys, at the pinned and at the current version.
  /\\ txnState[t] = Active                                        \\* active
  /\\ tsCounter < MaxTs                                           \\* clock-budget (search bound)
  /\\ \\A k \\in txnWriteSet[t] : routes[txnObservedVer[t]][k] = g  \\* observed-owner
  /\\ \\A k \\in txnWriteSet[t] : routes[catalogVersion][k] = g     \\* current-owner
  /\\ txnState' = [txnState EXCEPT ![t] = Committed]
  /\\ txnCommitTs' = [txnCommitTs EXCEPT ![t] = tsCounter + 1]
  /\\ txnCommitGroup' = [txnCommitGroup EXCEPT ![t] = some(g)]
  /\\ currentVersionAtCommit' = [currentVersionAtCommit EXCEPT ![t] = catalogVersion]
  /\\ tsCounter' = tsCounter + 1
"""
    assert commit in printed
    assert "observed-owner" not in show(load("composed"), "gap")
    assert "currentVersionAtCommit" not in show(load("composed"), "first")


@pytest.mark.parametrize("name", ALL)
def test_show_prints_every_construct(name: str) -> None:
    protocol = ALL[name]() if callable(ALL[name]) else ALL[name]
    for variant in (None, *protocol.variants):
        printed = show(protocol, variant)
        assert printed.endswith("====\n")
        assert max(line.rstrip() != line for line in printed.split("\n")) == 0


def test_a_long_formula_is_laid_out_over_lines(tmp_path: Path) -> None:
    protocol = build(
        in_module(
            """
            @p.invariant()
            def Long(s: State) -> Bool:
                return forall(Key, lambda aKey: implies(
                    (s.phase[aKey] == Phase.Done) & s.owned.contains(aKey) & (s.version == 3) & s.flag,
                    (s.seen[aKey][aKey] == 3) & (s.stamp.wall == 3) & (s.stamp.logical == 3)
                    & ((s.leader == none) | (s.leader == aKey)),
                ))
            """
        ),
        tmp_path,
    )
    assert (
        """\
INVARIANT Long ==
  \\A aKey \\in Key :
    phase[aKey] = Done /\\ aKey \\in owned /\\ version = 3 /\\ flag
    => seen[aKey][aKey] = 3 /\\ stamp.wall = 3 /\\ stamp.logical = 3 /\\ (leader = none \\/ leader = some(aKey))
"""
        in show(protocol)
    )


def test_choices_alternatives_and_declared_facts_are_shown(tmp_path: Path) -> None:
    protocol = build(
        in_module(
            """
            p.assume("SomeVersions", Max >= 1)

            @p.action
            def Pick(s: State, k: Key) -> None:
                q = witness("q", Quorum)
                guard("member", q.contains(k), anybody=True)
                s.version = choice("reset", Version(0), s.version)

            p.never_fires("Pick", "for the sake of the test")

            @p.constraint
            def Small(s: State) -> Bool:
                return s.version <= 2

            @p.lemma("versions count up from 0")
            def Natural(s: State) -> Bool:
                return s.version >= 0

            @p.invariant(vacuous="says nothing")
            def Always(s: State) -> Bool:
                return True

            p.variant(
                "keep", drops=["Pick.reset"], replaces={"Pick.member": "anybody"}, settings={"Max": 2}, doc="keeps"
            )
            """
        ),
        tmp_path,
    )
    printed = re.sub(" +", " ", show(protocol))
    for piece in (
        " 1 <= Max \\* SomeVersions",
        "Pick(k \\in Key) ==\n \\* never fires: for the sake of the test\n /\\ \\E q \\in Quorum :",
        " /\\ k \\in q \\* member\n \\* or anybody: TRUE",
        " /\\ version' = IF CHOICE reset THEN 0 ELSE version \\* choice reset",
        "CONSTRAINT Small ==\n version <= 2",
        "LEMMA Natural == \\* versions count up from 0\n 0 <= version",
        " \\* vacuous: says nothing",
        " keep: keeps\n drops Pick.reset\n replaces Pick.member by anybody\n with Max = 2",
        " Quorum == the majorities of Key",
        " Issued == SUBSET Pair, no two members with the same key",
        " Log == Seq(Version), at most 3 elements",
        " Stamp == [wall: Version, logical: Version], ordered lexicographically",
        " \\/ \\E k \\in Key : Pick(k)",
    ):
        assert piece in printed, piece
    kept = re.sub(" +", " ", show(protocol, "keep"))
    assert "version' = version" in kept
    assert "/\\ TRUE \\* member" in kept


def test_a_description_is_an_entry_of_the_listing() -> None:
    for name in names():
        entry = describe(load(name))
        listing = Listing.from_document({"schema": "verify.list/1", "protocols": [entry]})
        assert listing.protocols[0].name == name
    entry = describe(load("composed"))
    parameters = {found["name"]: found for found in entry["parameters"]}
    assert parameters["Keys"] == {
        "name": "Keys", "published": 2, "bound": False, "sort": "Key", "doc": "number of values of Key",
    }  # fmt: skip
    assert parameters["MaxOps"]["bound"]
    commit = next(found for found in entry["actions"] if found["name"] == "Commit")
    assert commit["arguments"] == {"t": "Txn", "g": "Group"}
    assert ("clock-budget", "bound") in [(found["name"], found["kind"]) for found in commit["guards"]]
    assert ("observed-owner", "guard") in [(found["name"], found["kind"]) for found in commit["guards"]]
    properties = {found["name"]: found for found in entry["properties"]}
    one = properties["Composed-1"]
    assert one["published_name"] == "Composed1_CommitToOwningGroup"
    assert one["expected"]["safe"] == "proved"
    assert (one["expected"]["gap"], one["expected_steps"]["gap"]) == ("violated", 4)
    # A variant that leaves the property's variables out expects nothing of it.
    assert "first" not in properties["Composed-1a"]["expected"]
    assert properties["Composed-2"]["vacuous"]["kind"] == "declared"
    assert next(v for v in entry["variant_details"] if v["name"] == "gap")["drops"] == ["Commit.observed-owner"]


def test_enabled_is_shown_as_it_was_written(tmp_path: Path) -> None:
    source = """
        @p.invariant()
        def Live(s: State) -> Bool:
            return s.flag | ~enabled(Step)
        """
    assert "INVARIANT Live ==\n  flag \\/ ~ENABLED Step\n" in show(build(in_module(source), tmp_path))


def test_a_formula_that_would_be_too_long_is_named_by_its_size_and_digest() -> None:
    def doubled(times: int, last: str) -> Term:
        term = state(last, BOOL)
        for name in "ab" * times:
            term = Term("implies", (Term("not", (term,), BOOL), Term("or", (term, state(name, BOOL)), BOOL)), BOOL)
        return term

    short, long = text(doubled(2, "c")), text(doubled(30, "c"))
    assert "parts" not in short
    assert re.fullmatch(r"<<[0-9,]{20,} parts, [0-9a-f]{16}>>", long)
    assert text(doubled(30, "c")) == long != text(doubled(30, "d"))

    outer, inner = bound_variable("x", BOOL), bound_variable("x", BOOL)
    bodies = [conjunction([doubled(30, "c"), one]) for one in (outer, inner)]
    first, second = (text(quantified_all((outer,), quantified_some((inner,), body))) for body in bodies)
    assert first != second


def test_tla_has_no_names_for_parts_of_formulas() -> None:
    with pytest.raises(UsageError, match="RC11_coherence is too long for TLA"):
        module(load("hand-over-memory").model(), {}, [])
