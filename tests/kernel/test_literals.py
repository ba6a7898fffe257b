"""Literals take their sort from where they stand, in functions too; `where` filters a set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD, REST, build, in_action, in_property
from verifier.kernel.term_text import text
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.scope import finite_scope

STATE = HEAD + """    holder: Fn[Key, Option[Key]] = var(fn(Key, lambda k: none))
    nested: Fn[Key, Fn[Key, Option[Key]]] = var(fn(Key, lambda a: fn(Key, lambda b: none)))
    groups: Fn[Key, Set[Key]] = var(fn(Key, lambda k: {k}))
    logs: Fn[Key, Log] = var(fn(Key, lambda k: [1, 2]))
    counts: Fn[Key, Version] = var(fn(Key, lambda k: 2))
    flags: Fn[Key, Bool] = var(fn(Key, lambda k: True))
"""

# Each line with the text of the new value.
LINES = {
    "s.holder[k] = none": "[holder EXCEPT ![k] = none]",
    "s.holder = fn(Key, lambda x: none)": "[x \\in Key |-> none]",
    "s.holder[k] = k": "[holder EXCEPT ![k] = some(k)]",
    "s.holder = s.holder.updated(k, none)": "[holder EXCEPT ![k] = none]",
    "s.holder[k] = ite(s.flag, k, none)": "[holder EXCEPT ![k] = IF flag THEN some(k) ELSE none]",
    "s.holder[k] = ite(s.flag, none, k)": "[holder EXCEPT ![k] = IF flag THEN none ELSE some(k)]",
    "s.holder[k] = ite(s.flag, none, s.holder[k])": "[holder EXCEPT ![k] = IF flag THEN none ELSE holder[k]]",
    "s.holder = ite(s.flag, s.holder, fn(Key, lambda x: none))": "IF flag THEN holder ELSE [x \\in Key |-> none]",
    "s.holder = choice('c', fn(Key, lambda x: none), s.holder)": None,
    "s.nested[k] = fn(Key, lambda x: none)": "[nested EXCEPT ![k] = [x \\in Key |-> none]]",
    "s.nested = fn(Key, lambda x: fn(Key, lambda y: none))": "[x \\in Key |-> [y \\in Key |-> none]]",
    "s.groups = fn(Key, lambda x: set())": "[x \\in Key |-> {}]",
    "s.groups = fn(Key, lambda x: empty)": "[x \\in Key |-> {}]",
    "s.groups = fn(Key, lambda x: {x, k})": None,
    "s.counts = fn(Key, lambda x: 0)": "[x \\in Key |-> 0]",
    "s.logs = fn(Key, lambda x: [s.version, 1])": "[x \\in Key |-> <<version, 1>>]",
    "s.flags = fn(Key, lambda x: False)": "[x \\in Key |-> FALSE]",
    "s.flag = s.holder == fn(Key, lambda x: none)": "holder = [x \\in Key |-> none]",
    "s.flag = fn(Key, lambda x: none) != s.holder": "holder # [x \\in Key |-> none]",
    "s.flag = none == s.holder[k]": "holder[k] = none",
    "s.flag = none != s.holder[k]": "holder[k] # none",
    "s.flag = ~(s.log != empty)": "log = <<>>",
    "s.owned = s.owned.where(lambda x: x != k)": "{x \\in owned : x # k}",
    "s.owned = s.owned.where(lambda x: True)": None,
    "s.owned = (s.owned | {k}).where(lambda x: s.flag)": None,
}


@pytest.mark.parametrize("line", LINES)
def test_literals_take_the_sort_of_their_place(line: str, tmp_path: Path) -> None:
    source = STATE + REST + f"@p.action\ndef Other(s: State, k: Key) -> None:\n    {line}\n"
    protocol = build(source, tmp_path)
    [update] = protocol.actions["Other"].updates
    if LINES[line] is not None:
        assert text(update.value, protocol.vocabulary) == LINES[line]


def test_initial_values_are_what_is_written(tmp_path: Path) -> None:
    model = build(STATE + REST, tmp_path).model()
    [state] = Machine(finite_scope(model)).initial_states()
    assert set(state["holder"].values()) == {None}
    assert {image for inner in state["nested"].values() for image in inner.values()} == {None}
    assert all(group == {key} for key, group in state["groups"].items())
    assert set(state["logs"].values()) == {(1, 2)}
    assert set(state["counts"].values()) == {2}
    assert set(state["flags"].values()) == {True}


def test_where_is_the_set_of_members_that_satisfy(tmp_path: Path) -> None:
    both = "set_of(Key, lambda x: s.owned.contains(x) & (x != Key.First))"
    source = in_property(f"return s.owned.where(lambda x: x != Key.First) == {both}")
    p = build(source, tmp_path)
    machine = Machine(finite_scope(p.model()))
    [state] = machine.initial_states()
    for owned in machine.scope.domain(p.vocabulary.sort_of("owned")):
        assert machine.holds(machine.model.find_property("Other"), state.set("owned", owned))


def test_where_is_only_undefined_where_a_member_makes_it_so(tmp_path: Path) -> None:
    """The body is not looked at for what is not a member."""
    source = in_action("guard('g', s.owned.where(lambda x: s.log.at(1) == 0).is_empty())\ns.flag = True")
    machine = Machine(finite_scope(build(source, tmp_path).model()))
    [state] = machine.initial_states()
    argument = {"k": "k1"}
    assert machine.attempt(state, "Other", argument).outcome == "fired"
    assert machine.attempt(state.set("owned", frozenset({"k1"})), "Other", argument).outcome == "undefined"
