"""Certificates that something has happened to: never an error of the program, and never valid where a claim is another."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from verifier import check, prove
from verifier.evidence.certificate import seal
from verifier.kernel.errors import UsageError

SCOPES: dict[str, dict[str, Any]] = {
    "published": {},
    "exhaustive": {"engine": "explicit"},
    "unbounded": {"scope": "unbounded"},
}
MUTATIONS = 40

# What is told beside the claim; other values may witness the same; another text may define the same, which z3 decides.
FREE = {"versions", "witnesses", "definitions"}


@pytest.fixture(scope="module", params=SCOPES)
def certificate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("certificates")
    assert prove("routes", properties=["Routes-4"], certificates=folder, in_process=True, **SCOPES[request.param]).proved
    found: dict[str, Any] = json.loads((folder / "routes.safe.Routes-4.cert.json").read_text(encoding="utf-8"))
    return found


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All places of a JSON value but the whole."""
    if at:
        yield at
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*at, key))


def mutated(document: dict[str, Any], chance: random.Random) -> tuple[str, dict[str, Any]]:
    """The document with another value, or none, in one place, and under which of its keys that is."""
    key = chance.choice([name for name in document if document[name] and name != "content_digest"])
    at = (key, *chance.choice([(), *places(document[key])]))
    changed = copy.deepcopy(document)
    holder: Any = changed
    for part in at[:-1]:
        holder = holder[part]
    last, value = at[-1], holder[at[-1]]
    if isinstance(value, str) and value and chance.random() < 0.7:
        place = chance.randrange(len(value))
        holder[last] = value[:place] + chance.choice(["", "(", ")", "|", "1", "0", " true ", "a", '"', ";"]) + value[place + 1 :]
    elif chance.random() < 0.4:
        del holder[last]
    else:
        holder[last] = chance.choice([None, True, 0, 1, -1, 10**30, "", "TRUE", [], {}, [value], {"a": value}, 1.5])
    return key, changed


@pytest.mark.full
def test_no_mutation_is_an_error_of_the_program_or_another_claim(certificate: dict[str, Any]) -> None:
    chance = random.Random(7)
    for number in range(MUTATIONS):
        key, changed = mutated(certificate, chance)
        for document, sealed in ((changed, False), (seal(changed), True)):
            try:
                found = check(document, solver="z3", rederive=True, in_process=True)
            except UsageError:
                continue
            if found.valid:
                assert changed == certificate or (sealed and key in FREE), (number, key)
