"""What is known of Rotor: the figures of each search, which a plain program finds too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocols.figures import Drop, Search, check_expectations, names
from tests.protocols.plain_rotor import Plain
from verifier.api import check
from verifier.catalog import load
from verifier.proof.strategy import ProveRequest, prove

THREE_FOURTHS = {"relay_1": 4, "relay_2": 4, "relay_3": 3, "relay_4": 2}

one, leader = frozenset({4}), frozenset({1})
FORGED = {"Rotor-2": 3, "Rotor-3": 6, "Rotor-8": 6, "Rotor-9a": 3}
MIXED = {"Rotor-6b": 4, "Rotor-1": 5, "Rotor-8": 8}
KNOWN = [
    (Search("rotor", "safe", 316, 12, None), Plain(4, (2, 3, 4, 2), one)),
    (Search("rotor", "safe", 419, 12, None, settings=THREE_FOURTHS), Plain(4, (4, 4, 3, 2), one)),
    (Search("rotor", "few-relays", 550, 12, None), Plain(4, (4, 4, 4, 3), one)),
    (Search("rotor", "repair", 1_357, 14, None), Plain(4, (4, 4, 4, 3), one, repairs=True)),
    (
        # With two shreds that decode a slice, any shred is one too few.
        Search("rotor", "gamma-minus-1", 410, 12, None, {"Rotor-1": 3}),
        Plain(4, (2, 3, 4, 2), one, lacks=frozenset({"one"})),
    ),
    (
        Search("rotor", "no-root-lock", 2_030, 11, None, MIXED),
        Plain(3, (2, 3), leader, lacks=frozenset({"root lock"})),
    ),
    (
        Search("rotor", "no-sig-check", 667, 12, None, FORGED),
        Plain(4, (4, 4, 3, 2), one, lacks=frozenset({"signatures"})),
    ),
    (
        Search("rotor", "no-reencode", 99, 8, None, {"Rotor-4": 4}),
        Plain(3, (2, 3), leader, roots=1, malformed=frozenset({1}), lacks=frozenset({"re-encoding"})),
    ),
    (
        Search("rotor", "relay-overwrite", 3_006, 14, None, {"Rotor-5": 6, "Rotor-8": 8}),
        Plain(3, (2, 3), leader, lacks=frozenset({"once"})),
    ),
]  # fmt: skip
EQUIVOCATION = Search("rotor", "equivocating-leader", 61_484, 17, None, {"Rotor-8": 8})


@pytest.mark.parametrize(("search", "plain"), KNOWN, ids=names)
def test_searches_find_what_is_known(search: Search, plain: Plain) -> None:
    search.check()
    distinct, levels, violated = plain.explore()
    stuck = violated.pop("stuck", None)
    known = {name: steps for name, steps in search.violated.items() if name != "Rotor-9a"}
    assert (distinct, levels, violated) == (search.distinct, search.diameter, known)
    assert stuck == (3 if search.variant in ("few-relays", "repair", "no-sig-check") else None)


def test_the_equivocating_leader() -> None:
    EQUIVOCATION.check()


@pytest.mark.nightly
def test_large_searches() -> None:
    plain = Plain(3, (2, 3, 2, 3), leader).explore()
    assert plain == (EQUIVOCATION.distinct, EQUIVOCATION.diameter, EQUIVOCATION.violated)
    overwritten = {"Rotor-5": 6, "Rotor-8": 8}
    Search("rotor", "relay-overwrite", 2_066_692, 22, None, overwritten, settings={"Shreds": 4}).check()


def test_a_leader_that_signs_any_root_once() -> None:
    broken = {"Rotor-7": 2, "Rotor-2": 4, "Rotor-3": 8, "Rotor-8": 8, "Rotor-9a": 9}
    Drop("rotor", ("Sign.once",), broken).check()


def test_what_the_model_announces() -> None:
    check_expectations("rotor", [*(search for search, _ in KNOWN), EQUIVOCATION])


@pytest.mark.nightly
def test_repair_without_a_certificate() -> None:
    Search("rotor", "repair", 1_807, 14, None, {"Rotor-10": 5}, drops=("Repair.certified",)).check()
    plain = Plain(4, (4, 4, 4, 3), one, repairs=True, lacks=frozenset({"certificates"})).explore()
    assert (plain[:2], plain[2]["Rotor-10"]) == ((1_807, 14), 5)


@pytest.mark.nightly
def test_everybody_repairs_what_is_certified() -> None:
    """With too few honest relays, which do not deliver by themselves."""
    wanted = ("Rotor-9b", "Rotor-11")
    request = ProveRequest(load("rotor"), "repair", properties=wanted, engine="explicit")
    found = {entry["name"]: entry["verdict"] for entry in prove(request, lambda event: None)["properties"]}
    assert (found["Rotor-9b"], found["Rotor-11"]) == ("violated", "proved")


@pytest.mark.nightly
@pytest.mark.parametrize(("variant", "name"), [("safe", "EventualDelivery"), ("repair", "EventualRepair")])
def test_progress_for_any_number_of_nodes_and_shreds(variant: str, name: str, tmp_path: Path) -> None:
    request = ProveRequest(load("rotor"), variant, scope="unbounded", properties=(name,), certificates=tmp_path)
    (found,) = [one for one in prove(request, lambda event: None)["properties"] if one["published_name"] == name]
    assert (found["verdict"], found["method"]) == ("proved", "ranking")
    assert check(sorted(tmp_path.glob("*.json")), solver="z3", in_process=True).valid


@pytest.mark.parametrize(
    ("variant", "violated"),
    [
        ("safe", set()),
        pytest.param("few-relays", {"Rotor-9b"}, marks=pytest.mark.nightly),
        pytest.param("no-sig-check", {"Rotor-9", "Rotor-9b"}, marks=pytest.mark.nightly),
    ],
)
def test_delivery(variant: str, violated: set[str]) -> None:
    wanted = ("Rotor-9", "Rotor-9b")
    request = ProveRequest(load("rotor"), variant, properties=wanted, engine="explicit")
    found = {entry["name"]: entry for entry in prove(request, lambda event: None)["properties"]}
    for name in wanted:
        assert found[name]["verdict"] == ("violated" if name in violated else "proved")
        if name in violated:
            assert (found[name]["steps"], found[name]["loop"]) == (3, 0)
