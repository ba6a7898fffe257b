"""Certificates at unbounded scope: one SMT-LIB script for each obligation, and the list of required obligations.

The invariant's formulas are numbered from 1, and so are the step formulas of an action property and the uses that `Defined` is
about; the premises of a ranking (see `semantics.quantified.progress`) are of the latter two forms. There must be an initiation
for each formula, a consecution for each formula and action, a step for each step formula and action, a safety obligation for
each use, and witnesses: an initial state with the invariant, and each action firing. In each script the last assertion is the
negated goal and those before it are its premises, of which some may be left out: the others prove no more than all of them.
Contradictory premises would prove anything, so they must not be unsatisfiable by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.evidence.claims import has_actions
from verifier.evidence.grammar import Script, Unreadable, expressions, script
from verifier.evidence.sexpr import SyntaxFault, write

Scripts = dict[str, Script]
"""The scripts of a certificate by their text."""


def wanted(formulas: int, steps: int, uses: int, actions: list[str]) -> list[tuple[str, str, str | None]]:
    """Name, kind and action of each obligation of a proof, in order."""
    numbers = range(1, formulas + 1)
    result: list[tuple[str, str, str | None]] = [(f"initiation of formula {n}", "initiation", None) for n in numbers]
    for action in actions:
        result += [(f"consecution of formula {n} by {action}", "consecution", action) for n in numbers]
        result += [(f"step formula {n} by {action}", "step", action) for n in range(1, steps + 1)]
    return result + [(f"safety of use {n}", "safety", None) for n in range(1, uses + 1)]


def witnesses(actions: list[str]) -> list[tuple[str, str | None]]:
    """Name and action of each witness, in order."""
    return [("initial and invariant", None), *((f"invariant and {action} fires", action) for action in actions)]


def faults(certificate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The faults in the form of a certificate at unbounded scope: a name for each, and the reason."""
    result: list[tuple[str, str]] = []
    actions = [entry["name"] for entry in certificate["actions"]]
    formulas, steps, uses = (len(certificate[key]) for key in ("invariant", "steps", "uses"))
    if certificate["method"] not in ("k-induction", "lemmas", "trivial", "ranking") or certificate["k"] not in (0, 1):
        result.append(("header", f"{certificate['method']} with k = {certificate['k']} is not a proof at this scope"))
    if (certificate["k"] == 0) != (certificate["method"] == "trivial"):
        result.append(("header", f"{certificate['method']} with k = {certificate['k']} is not a proof"))
    if certificate["method"] == "trivial" and (formulas or steps or not uses):
        result.append(("header", "a trivial proof shows formulas, of every state, and uses no others"))
    if (certificate["method"] == "ranking") != (certificate["property_kind"] == "liveness"):
        result.append(("header", "a ranking proves a liveness property, and no other method proves one"))
    if certificate["method"] == "ranking" and not uses:
        result.append(("header", "a ranking shows where something is enabled"))
    if len(set(actions)) != len(actions) or (not actions and has_actions(certificate)):
        result.append(("header", "there are no actions, or two have the same name"))
    expected = wanted(formulas, steps, uses, actions)
    given = [(entry["name"], entry["kind"], entry["action"]) for entry in certificate["obligations"]]
    present, needed = set(given), set(expected)
    result += [(entry[0], "this obligation is missing") for entry in expected if entry not in present]
    result += [(entry[0], "the method does not ask for it") for entry in given if entry not in needed]
    if given != expected and not result:
        result.append(("obligations", "they are not in order, or some are repeated"))
    for entry in certificate["obligations"]:
        assumed = entry.get("assumed")
        if assumed is not None and (assumed != sorted(set(assumed)) or not set(assumed) <= set(range(1, formulas + uses + 1))):
            result.append((entry["name"], "the numbers of what it assumes are not those of formulas, in order"))
    shown = [(entry["name"], entry["action"]) for entry in certificate["witnesses"]]
    if shown != witnesses(actions):
        result.append(("witnesses", "there must be one for the initial states and one for each action"))
    if certificate["witnesses"] and certificate["witnesses"][0].get("expected") != "sat":
        result.append(("initial and invariant", "it must be satisfied"))
    return result


def read(certificate: Mapping[str, Any]) -> Scripts:
    """The scripts as solvers get them. Raises Unreadable where one is outside the grammar."""
    result: Scripts = {}
    for entry in (*certificate["obligations"], *certificate["witnesses"]):
        if entry["smtlib"] not in result:
            try:
                result[entry["smtlib"]] = script(entry["smtlib"])
            except SyntaxFault as fault:
                raise Unreadable(entry["name"], str(fault)) from None
    return result


@dataclass(frozen=True, slots=True)
class Premises:
    """The premises of some obligations: each set with the name of an obligation, and all `together`, if they have one reading.

    Values that satisfy all together satisfy each.
    """

    each: dict[Script, str]
    together: Script | None


def premises(certificate: Mapping[str, Any], scripts: Scripts, dead: set[str]) -> Iterator[Premises]:
    """The premises of the obligations of each kind and action; those of actions that cannot fire are left out."""
    groups: dict[tuple[str, str | None], list[Mapping[str, Any]]] = {}
    for entry in certificate["obligations"]:
        if entry["action"] not in dead:
            groups.setdefault((entry["kind"], entry["action"]), []).append(entry)
    for entries in groups.values():
        each: dict[Script, str] = {}
        for entry in entries:
            result = scripts[entry["smtlib"]].premises
            if result.asserts:
                each.setdefault(result, entry["name"])
        if each:
            texts = list(dict.fromkeys(entry["smtlib"] for entry in entries))
            yield Premises(each, together(texts, goals=1) if len(each) > 1 else None)


def together(texts: Sequence[str], goals: int = 0) -> Script | None:
    """Several scripts as one, without their last assertions, the `goals`; None where a symbol is not declared alike in all.

    Values that satisfy it satisfy each.
    """
    commands: dict[str, None] = {}
    for text in texts:
        read = expressions(text)
        commands |= dict.fromkeys(write(command) for command in read[: len(read) - goals])
    try:
        whole = script("\n".join(sorted(commands, key=lambda command: command.startswith("(assert"))))
    except SyntaxFault:
        return None
    return Script(whole.declarations, tuple(dict.fromkeys(whole.asserts)))
