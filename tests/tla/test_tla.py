"""What is exported as TLA+ parses, is well formed, and means what the model means."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.command import run
from tests.examples.gallery import GALLERY
from tests.models import (
    algebra,
    batches,
    chairs,
    constructs,
    corners,
    counting,
    elements,
    library,
    niches,
    ranked,
    sizes,
    weighed,
)
from tests.tiers import by_day
from tests.tla import courier, syntax
from tests.tla.evaluate import Module, search
from verifier import api
from verifier.catalog.builtins import names
from verifier.catalog.load import load
from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    Set,
    always,
    anything,
    eventually,
    exists,
    guard,
    none,
    pick,
    some,
    var,
    weak,
)
from verifier.kernel.errors import UsageError
from verifier.kernel.operators import those
from verifier.kernel.terms import walk
from verifier.semantics.scope.finite import _terms
from verifier.semantics.tla.module import Exported, module

GOLDEN = Path(__file__).parent / "golden"


def exported(protocol: Protocol, variant: str | None = None, **settings: int) -> Exported:
    """The module of a protocol at its published sizes, or others."""
    return module(protocol.model(variant), {name: str(value) for name, value in settings.items()}, [])


def gone_through(protocol: Protocol, variant: str | None = None, **settings: int) -> None:
    """That a search of the exported text finds what `verify explore` finds: states, levels, violations with their steps."""
    found = search(Module(*exported(protocol, variant, **settings)))
    ours = api.explore(protocol, variant=variant, settings=settings, in_process=True)
    assert (found.distinct, found.levels) == (ours.distinct, ours.diameter)
    violated = {re.sub(r"\W", "_", one.published_name): one.steps for one in ours.violations}
    assert found.violated == violated


# -- form ------------------------------------------------------------------------------------------------------------------

_EXAMPLES = [pytest.param(str(one.path), id=one.name) for one in GALLERY]
_BUILTINS = [pytest.param(name, marks=by_day(name), id=name) for name in names()]


@pytest.mark.parametrize("reference", [*_BUILTINS, *_EXAMPLES])
def test_modules_parse_and_are_well_formed(reference: str) -> None:
    written = exported(load(reference))
    root = syntax.tree(written.module)
    syntax.check(root)
    levels = syntax.levels(root)
    # The configuration names what the module defines, at the level that each keyword takes.
    highest = {"INVARIANTS": syntax.STATE, "CONSTRAINT": syntax.STATE, "PROPERTIES": syntax.TEMPORAL}
    configuration = Module(*written).configuration
    for keyword, most in highest.items():
        for name in configuration.names.get(keyword, []):
            assert levels[name] <= most, name
    assert max(map(len, written.module.splitlines())) < 32_768, "the grammar counts columns in 16 bits"


_CORNERS = {**corners.ALL, **niches.ALL, **elements.ALL, **chairs.ALL, **algebra.ALL, **constructs.ALL}


_BY_DAY = ("shelves", "grid")


@pytest.mark.parametrize("name", [*_BY_DAY, *(pytest.param(n, marks=pytest.mark.nightly) for n in _CORNERS if n not in _BY_DAY)])
def test_modules_of_corner_cases_are_well_formed(name: str) -> None:
    syntax.check(syntax.tree(exported(_CORNERS[name]).module))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("A == x = 1 /\\ x = 2 \\/ x = 3", "needs parentheses"),
        ("A == 1 = 2 = TRUE", "needs parentheses"),
        ("A == 7 \\div 2 * 3", "needs parentheses"),
        ("A == x' = 1\nB == A'", "a prime on"),
        ("A == [](x' = 1)", "need a subscript"),
        ("A == [][x \\in {1} /\\ x' = 1]_x", "begins a function"),
        ("A == B", "not defined before"),
        ("A == \\A x \\in {1} : TRUE", "bound twice"),
        ("A == \\A y \\in {1} : \\A y \\in {2} : TRUE", "bound twice"),
        ("A(y) == y\nB == A", "takes 1 arguments"),
        ("A == (/\\ x = 1\n       /\\ x = 2)", "outside its column"),
        ("ASSUME A == x = 1", "reads the state"),
    ],
)
def test_the_checks_find_what_the_grammar_lets_pass(text: str, why: str) -> None:
    root = syntax.tree(f"---- MODULE M ----\nEXTENDS Integers\nVARIABLE x\n{text}\n====\n")
    with pytest.raises(AssertionError, match=why):
        syntax.check(root)


@pytest.mark.parametrize(("name", "protocol"), [("Courier", courier.p), ("DieHard", "examples/die_hard.py")])
def test_golden_modules(name: str, protocol: Protocol | str) -> None:
    given = load(protocol) if isinstance(protocol, str) else protocol
    written = module(given.model(), {}, [], name)
    # Written by `verify show MODEL --format tla --output tests/tla/golden/NAME.tla`.
    assert written.module == (GOLDEN / f"{name}.tla").read_text()
    assert written.configuration == (GOLDEN / f"{name}.cfg").read_text()
    assert written == module(given.model(), {}, [], name)


# -- meaning ---------------------------------------------------------------------------------------------------------------

_SMALL = ["die_hard", "peterson", "lockserv", "toy_consensus"]
_LARGER = [
    "chang_roberts", "sharded_kv", "two_phase_commit", "ewd840",
    "prisoners", "dining_philosophers", "weighted_voting", "cigarette_smokers",
]


@pytest.mark.parametrize("name", [*_SMALL, *(pytest.param(name, marks=pytest.mark.nightly) for name in _LARGER)])
def test_examples_have_their_states(name: str) -> None:
    gone_through(load(f"examples/{name}.py"))


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["mvcc", "routes", "occ", "rotor-block"])
def test_built_in_protocols_have_their_states(name: str) -> None:
    gone_through(load(name))


_CONSTRUCTS = {
    **{name: constructs.ALL[name] for name in ("vote",)},
    **{name: library.ALL[name] for name in ("letters-set", "letters-bag", "letters-channel")},
    **sizes.ALL,
    **weighed.ALL,
    "courier": courier.p,
}
_MANY = {
    **{name: constructs.ALL[name] for name in ("balance", "relay")},
    "least": ranked.ALL["least"],
    "rumours": library.ALL["rumours"],
    "leases": library.ALL["leases"],
    "stakes": library.ALL["stakes"],
}


@pytest.mark.parametrize("name", [*_CONSTRUCTS, *(pytest.param(name, marks=pytest.mark.nightly) for name in _MANY)])
def test_constructs_have_their_states(name: str) -> None:
    gone_through({**_CONSTRUCTS, **_MANY}[name])


_PARTIAL = {
    **{name: constructs.ALL[name] for name in ("grid", "stamps", "log", "partial")},
    **{name: counting.ALL[name] for name in ("clockwork", "council", "line")},
    **batches.ALL,
}
_QUICK = ("log", "partial", "clockwork")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in _QUICK else pytest.mark.nightly) for n in _PARTIAL])
def test_what_has_no_value_is_said_before_it_is_met(name: str) -> None:
    """TLC stops where it meets an expression without a value; its state violates `Defined`, after as many steps as here."""
    protocol = _PARTIAL[name]
    found = search(Module(*exported(protocol)))
    ours = {re.sub(r"\W", "_", one.published_name): one.steps for one in api.explore(protocol, in_process=True).violations}
    assert found.stopped
    assert found.violated["Defined"] == ours["Defined"]
    assert all(ours[name] == steps for name, steps in found.violated.items())


def test_the_models_that_are_exported_have_every_operator() -> None:
    exported_here = {**_CORNERS, **_PARTIAL, **_CONSTRUCTS, **_MANY}.values()
    used = {term.op for protocol in exported_here for term in walk(*_terms(protocol.model()))}
    assert those(lambda operator: not operator.resolved) <= used


def test_variants_and_sizes() -> None:
    gone_through(load("examples/die_hard.py"), "overflow")
    gone_through(load("examples/toy_consensus.py"), Nodes=2)
    assert "MODULE die_hard_overflow " in exported(load("examples/die_hard.py"), "overflow").module


def test_what_leaves_a_range_or_a_constraint_is_looked_at_and_goes_no_further() -> None:
    p = Protocol("outside", "a counter")

    class Count(Range, low=0, high=4):
        pass

    @p.state
    class State:
        count: Count = var(0, "the count")

    @p.action
    def Add(s: State, n: Count) -> None:
        guard("some", n > 1)
        s.count = s.count + n

    @p.constraint
    def Low(s: State) -> Bool:
        return s.count < 4

    @p.invariant()
    def Below(s: State) -> Bool:
        return s.count < 7

    @p.action_property()
    def Slow(s: State, t: State) -> Bool:
        return t.count < s.count + 4

    gone_through(p)


def test_a_side_of_a_disjunction_without_a_value_is_not_looked_at_where_the_first_is_true() -> None:
    p = Protocol("lazy", "options and positions")

    class Level(Range, low=0, high=2):
        pass

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        pass

    @p.state
    class State:
        best: Option[Level] = var(none, "the best")
        seen: Fn[Node, Option[Node]] = var(anything, "who saw whom")

    @p.initially
    def Nobody(s: State) -> Bool:
        return ~exists(Node, lambda n: s.seen[n].is_some & (s.seen[n].value == n)) & (
            exists(Node, lambda n: (s.seen[n] == none) | (s.seen[s.seen[n].value] == none))
        )

    @p.action
    def Better(s: State, n: Level) -> None:
        guard("better", (s.best == none) | (s.best.value < n))
        s.best = some(n)

    gone_through(p)


def test_a_truth_value_is_stored_as_a_whole() -> None:
    p = Protocol("flags", "a flag")

    class Level(Range, low=0, high=1):
        pass

    @p.state
    class State:
        up: Bool = var(False, "whether it is up")
        level: Level = var(0, "how far")

    @p.action
    def Move(s: State) -> None:
        s.up = (s.level == 0) & ~s.up
        s.level = 1 - s.level

    gone_through(p)


# -- names and refusals ----------------------------------------------------------------------------------------------------


def test_names_are_kept_and_escaped_where_they_must_be() -> None:
    written = exported(courier.p)
    assert "VARIABLE_ is VARIABLE in the model" in written.module
    assert "Range_Next is Range@Next in the model" in written.module
    assert '"WITH"' in written.module
    assert "DOMAIN_ |->" in written.module
    assert "@type: Str\n" not in written.module.partition("EXTENDS")[0], "no text of the model is an annotation"


def test_labels_of_the_configuration_are_apart() -> None:
    written = module(load("examples/two_phase_commit.py").model(), {"RMs": "{TRUE, INIT, a}"}, [])
    assert "RM = {TRUE_, INIT_, a}" in written.configuration


def test_an_order_that_has_no_form_is_refused() -> None:
    p = Protocol("orders", "the least of sets")

    class Level(Range, low=0, high=1):
        pass

    @p.state
    class State:
        least: Set[Level] = var(set(), "a set")

    @p.action
    def Take(s: State) -> None:
        s.least = pick(Set[Level], lambda x: x != s.least)

    with pytest.raises(UsageError, match="the order of Set"):
        exported(p)


def test_definedness_is_stated_with_the_properties_that_are_chosen() -> None:
    configuration = module(courier.p.model(), {}, ["Courier-1"]).configuration
    assert "Defined\n" in configuration
    assert "Defined_HeaviestIsKnown" in configuration
    assert "Defined_TwoAtMost" not in configuration
    assert "Defined_TwoAtMost" in module(courier.p.model(), {}, ["Defined@TwoAtMost"]).configuration


def counter() -> Protocol:
    """A counter that ends at 2."""
    p = Protocol("counter", "a counter that ends")

    class Count(Range, low=0, high=3):
        pass

    @p.state
    class State:
        count: Count = var(0, "the count")

    @p.action
    def Add(s: State) -> None:
        guard("below", s.count < 2)
        s.count = s.count + 1

    return p


def test_a_run_that_is_looked_for_violates_an_invariant() -> None:
    p = counter()

    @p.reachable()
    def Two(s: Any) -> Bool:
        """Some run counts to two."""
        return s.count == 2

    assert "\\* Never_Two: as an invariant it is violated" in exported(p).configuration
    assert search(Module(*module(p.model(), {}, ["Two"]))).violated == {"Never_Two": 2}


def test_deadlock_is_asked_of_states_that_have_steps() -> None:
    p = counter().with_deadlock()
    gone_through(p)
    assert "Deadlock == Inside =>" in exported(p).module


def test_a_model_without_steps_has_its_initial_states() -> None:
    p = Protocol("static", "two numbers")

    class Count(Range, low=0, high=3):
        pass

    @p.state
    class State:
        a: Count = var(anything, "one")
        b: Count = var(anything, "another")

    @p.initially
    def Less(s: State) -> Bool:
        return s.a < s.b

    @p.invariant()
    def Apart(s: State) -> Bool:
        return s.a + 2 > s.b

    gone_through(p)


def test_steps_that_must_happen_are_left_to_other_tools_where_tlc_does_not_decide_them() -> None:
    p = Protocol("steps", "a counter that goes round")

    class Count(Range, low=0, high=2):
        pass

    @p.state
    class State:
        count: Count = var(0, "the count")

    @p.action
    def Add(s: State) -> None:
        s.count = (s.count + 1) % 3

    p.fairness(weak(all))

    @p.liveness()
    def Once(s: State, t: State) -> object:
        return eventually((s.count == 2) & (t.count == 0))

    @p.liveness()
    def Often(s: State, t: State) -> object:
        return always(eventually((s.count == 2) & (t.count == 0)))

    written = exported(p)
    assert "<><<(count = 2 /\\ count' = 0)>>_<<count>>" in written.module
    assert "[]<><<(count = 2 /\\ count' = 0)>>_<<count>>" in written.module
    assert "Fairness ==\n  /\\ WF_vars(Next)" in written.module
    assert "PROPERTIES\n  Often\n\\* Once: TLC has formulas of steps" in written.configuration
    syntax.check(syntax.tree(written.module))


def test_properties_can_be_chosen() -> None:
    written = module(courier.p.model(), {}, ["Courier-1"])
    assert "HeaviestIsKnown" in written.configuration
    assert "TwoAtMost" not in written.configuration + written.module
    assert "TypeOK" in written.configuration, "what a proof rests on is asked besides"


# -- the command line ------------------------------------------------------------------------------------------------------


def test_a_module_and_its_configuration_are_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "examples/die_hard.py", "--format", "tla", "--output", str(tmp_path / "DieHard.tla")]) == 0
    assert (tmp_path / "DieHard.tla").read_text() == (GOLDEN / "DieHard.tla").read_text()
    assert (tmp_path / "DieHard.cfg").read_text() == (GOLDEN / "DieHard.cfg").read_text()
    capsys.readouterr()
    assert run(["show", "examples/die_hard.py", "--format", "tla"]) == 0
    both = capsys.readouterr().out
    assert "MODULE die_hard " in both
    assert both.endswith("CHECK_DEADLOCK FALSE\n")
    syntax.check(syntax.tree(both))


def test_a_file_that_cannot_hold_a_module_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "examples/die_hard.py", "--format", "tla", "--output", "die-hard.tla"]) == 2
    assert "cannot hold a module" in capsys.readouterr().err


# -- TLC -------------------------------------------------------------------------------------------------------------------


@pytest.mark.nightly
def test_tlc_finds_the_same(tmp_path: Path) -> None:
    """With TLC where the variable TLA2TOOLS names its jar; without it nothing is run, and docs/export.md says so."""
    tools = os.environ.get("TLA2TOOLS")
    if not tools or shutil.which("java") is None:
        print("TLC was not run: TLA2TOOLS does not name tla2tools.jar, or there is no java")
        return
    for protocol in (courier.p, load("examples/lockserv.py"), load("mvcc")):
        written = module(protocol.model(), {}, [], "M")
        (tmp_path / "M.tla").write_text(written.module)
        (tmp_path / "M.cfg").write_text(re.sub(r"(?s)PROPERTIES.*?(?=CHECK)", "", written.configuration))
        command = ["java", "-XX:+UseSerialGC", "-cp", tools, "tlc2.TLC", "-continue", "-workers", "1", "M.tla"]
        out = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False).stdout
        ours = api.explore(protocol, in_process=True)
        assert f"{ours.distinct} distinct states found, 0 states left" in out, out
        assert f"search is {ours.diameter}." in out, out
        violated = set(re.findall(r"Invariant (\w+) is violated", out))
        kinds = {prop.name: prop.kind for prop in protocol.model().stated}
        assert violated == {one.published_name for one in ours.violations if kinds[one.published_name] == "state"}
