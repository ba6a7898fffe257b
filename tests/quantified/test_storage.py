"""Published protocols of storage and gossip at unbounded scope: nothing in them is refused, and what holds is proved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.quantified import storage
from tests.quantified.brute import proved, refuted
from verifier.kernel.protocol import Protocol
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.scope.unbounded import unbounded

MODELS: list[Callable[[], Protocol]] = [storage.log, storage.segments, storage.gossip, storage.ring]

SMALL = {"wal": [{"MaxWrites": 2, "Batch": 1}], "ring": [{"Most": 3, "Room": 1}, {"Most": 3, "Room": 3}]}


@pytest.mark.parametrize("make", MODELS)
def test_nothing_is_refused_and_everything_is_stated(make: Callable[[], Protocol]) -> None:
    scope = unbounded(make().model())
    assert scope.not_stated == ()
    assert not [text for text in scope.dropped if text.startswith(("lemma", "variable"))]


@pytest.mark.full
@pytest.mark.parametrize("make", MODELS)
def test_what_holds_is_proved(make: Callable[[], Protocol]) -> None:
    made = make()
    stated = {found.name for found in unbounded(made.model()).model.properties if found.kind in ("state", "action")}
    claimed = proved(made)
    assert stated <= claimed
    for sizes in SMALL.get(made.name, ()):
        assert list(refuted(made.model(), unbounded(made.model()), claimed, sizes)) == []


@pytest.mark.full
def test_what_is_cut_too_early_is_lost() -> None:
    request = ProveRequest(storage.log(safe=False), scope="unbounded", properties=["AcknowledgedRecoverable"])
    [found] = prove(request, lambda event: None)["properties"][:1]
    assert (found["verdict"], found["steps"]) == ("violated", 5)
