"""The claims of a certificate in addition to its formulas, as far as the certificate itself shows them.

It rests on others: `Defined`, and the ranges. They are certificates of their own, for the same model, scope, sizes, variant and
drops; without them the proof is about steps that may have no meaning.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

DEFINED = "Defined"

_SAME = ("protocol", "model_digest", "scope", "variant", "parameters")
"""The fields that two certificates have in common, in addition to the drops, if one can rest on the other."""

_EVIDENCE = ("fields", "actions", "declarations", "definitions", "steps", "uses", "obligations", "witnesses")


def faults(certificate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The faults in the claims of a certificate: a name for each, and the reason."""
    result = []
    name, rests_on = certificate["published_name"], certificate["rests_on"]
    if name in rests_on or len(set(rests_on)) != len(rests_on):
        result.append(("rests_on", "it names the property itself, or another twice"))
    if name != DEFINED and DEFINED not in rests_on and not of_values(certificate):
        result.append(("rests_on", f"every certificate except that of {DEFINED} rests on {DEFINED}"))
    if (certificate["property_kind"] == "defined") != (name.partition("@")[0] == DEFINED):
        result.append(("property_kind", f"{name} is not of this kind"))
    if certificate["scope"] == "unbounded" and not all(isinstance(value, int) for value in certificate["parameters"].values()):
        result.append(("parameters", "those of unbounded scope are numbers"))
    if certificate["scope"] == "published" and certificate["invariant"][:1] != [certificate["formula"]]:
        result.append(("invariant", "its first formula is not that of the property"))
    if certificate["warnings"] != warnings(certificate):
        result.append(("warnings", "they are not those that the witnesses give"))
    if counts_states(certificate):
        present = [part for part in _EVIDENCE if certificate[part]]
        result += [(part, "a search has no formulas") for part in present]
        if certificate["logic"] is not None or len(certificate["invariant"]) != 1:
            result.append(("header", "a search has no lemmas and no logic"))
    elif certificate["method"] == "exhaustive" and certificate["property_kind"] == "liveness":
        result.append(("exhaustive", "a set of states says nothing about infinite runs"))
    elif _lists_states(certificate) and len(certificate["invariant"]) != 2:
        result.append(("invariant", "in addition to the property it has only the set of states that the search found"))
    return result


def _lists_states(certificate: Mapping[str, Any]) -> bool:
    return certificate["method"] == "exhaustive" and bool(certificate["exhaustive"]["form"] == "set")


def counts_states(certificate: Mapping[str, Any]) -> bool:
    """Whether a certificate only counts the states of a search, which leaves nothing for a solver to check."""
    return certificate["method"] == "exhaustive" and bool(certificate["exhaustive"]["form"] == "count")


def of_values(certificate: Mapping[str, Any]) -> bool:
    """Whether a certificate is about a law, or the text of one: it does not depend on initial values, constraints and actions.
    """
    texts = certificate["property_kind"] == "defined" and certificate["published_name"] != DEFINED
    return not certificate["actions"] and certificate["k"] == 0 and (certificate["property_kind"] == "law" or texts)


def has_actions(certificate: Mapping[str, Any]) -> bool:
    """Whether the model has actions, as the text in a certificate shows it, and the proved statement depends on them."""
    return not of_values(certificate) and "\nNext ==\n" in certificate["protocol_text"]


_OF_STATES = ("state", "action", "reachable")


def warnings(certificate: Mapping[str, Any]) -> list[str]:
    """The warnings of a certificate for people: events that its witnesses show to be impossible."""
    shown = []
    for entry in certificate["witnesses"]:
        if entry["expected"] == "unsat" and entry["action"] is not None:
            shown.append(f"{entry['action']} cannot fire while the invariant holds")
        elif entry["expected"] == "unsat" and certificate["actions"] and certificate["property_kind"] in _OF_STATES:
            shown.append(f"no well-typed state or step violates {certificate['property']}")
    if certificate.get("reduction") is not None and certificate.get("fair_run") is None:
        shown.append("no behaviour is known that meets the conditions of fairness")
    return shown


def missing(certificates: Sequence[Mapping[str, Any]], valid: Sequence[bool]) -> list[list[str]]:
    """For each certificate the properties that it rests on, directly or through others, and for which no valid one is here."""
    keys = [same_model(entry) for entry in certificates]
    present: defaultdict[str, dict[str, Sequence[str]]] = defaultdict(dict)
    for key, entry, passed in zip(keys, certificates, valid, strict=True):
        if passed:
            present[key][entry["published_name"]] = entry["rests_on"]
    return [lost(entry["rests_on"], present[key]) for key, entry in zip(keys, certificates, strict=True)]


def lost(rests_on: Sequence[str], present: Mapping[str, Sequence[str]]) -> list[str]:
    """The properties among these, or among those that they rest on, that are not present.

    Args:
        rests_on: names of properties.
        present: what each property with a valid certificate rests on.
    """
    wanted, absent, todo = set(), [], list(rests_on)
    while todo:
        name = todo.pop(0)
        if name in wanted:
            continue
        wanted.add(name)
        if name in present:
            todo += present[name]
        else:
            absent.append(name)
    return absent


def same_model(certificate: Mapping[str, Any]) -> str:
    """A text that the certificates of one model in one variant, with the same drops and sizes, have in common."""
    return json.dumps([sorted(certificate["dropped"]), *(certificate[name] for name in _SAME)], sort_keys=True)
