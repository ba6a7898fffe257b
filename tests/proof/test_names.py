"""What a user calls a thing never makes it another thing: every symbol of an encoding is numbered, and no two are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof import names
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.scope import finite_scope


@pytest.mark.parametrize("engine", ["auto", "bmc", "kinduction", "explicit"])
@pytest.mark.parametrize("kind", names.ALL)
def test_names_make_no_difference(kind: str, engine: str, tmp_path: Path) -> None:
    request = ProveRequest(names.ALL[kind](), engine=engine, k=3, certificates=str(tmp_path))
    entries = {entry["name"]: entry for entry in prove(request, lambda event: None)["properties"]}
    assert (entries["Never"]["verdict"], entries["Never"]["steps"]) == ("violated", 1)
    assert entries["Kept"]["verdict"] == ("bounded" if engine == "bmc" and entries["Kept"]["k"] == 3 else "proved")


def test_a_guard_is_not_taken_for_a_field() -> None:
    document = prove(ProveRequest(names.blamed(), blame=True), lambda event: None)
    assert {entry["name"]: entry["blame"] for entry in document["properties"]}["Kept"] == ["Both.x"]


def test_every_constant_of_an_encoding_has_a_name_of_its_own() -> None:
    encoding = Encoding(Ground(finite_scope(names.is_some().model())))
    first, second = encoding.literal(), encoding.literal()
    assert not first.eq(second)
    with pytest.raises(ValueError, match="two constants"):
        encoding._constant("f0@0", None)


@pytest.mark.parametrize("kind", names.ALL)
def test_no_symbol_of_an_encoding_is_a_name_of_the_model(kind: str) -> None:
    ground = Ground(finite_scope(names.ALL[kind]().model()))
    encoding = Encoding(ground)
    encoding._step(3)
    encoding.literal()
    used = encoding._symbols
    fields = {f"f{field.number}@{step}" for field in ground.layout.fields for step in range(4)}
    assert used == fields | {f"i@{step}" for step in range(4)} | {"a1"}
