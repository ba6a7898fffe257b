"""What a cluster hands back, without one: whatever it is, it becomes an outcome of its obligation."""

from __future__ import annotations

from typing import Any

import pytest

from verifier.jobs.nightly.cluster import _outcome


class Future:
    """A future of Dask, as far as it is asked."""

    def __init__(self, status: str, result: Any = None, error: BaseException | None = None) -> None:
        self.status = status
        self._result = result
        self._error = error

    def result(self) -> Any:
        if isinstance(self._result, Exception):
            raise self._result
        return self._result

    def exception(self) -> BaseException | None:
        return self._error


def test_an_outcome_belongs_to_the_obligation_that_was_asked_for() -> None:
    future: Any = Future("finished", {"id": "another", "seconds": 1.0})
    assert _outcome(future, "mine") == {"id": "mine", "seconds": 1.0}


@pytest.mark.parametrize(
    "future",
    [
        Future("error", error=ValueError("two\nlines")),
        Future("cancelled"),
        Future("lost"),
        Future("finished", 3),
        Future("finished", ModuleNotFoundError("no such module")),
    ],
)
def test_what_is_no_outcome_is_lost(future: Any) -> None:
    outcome = _outcome(future, "mine")
    assert (outcome["id"], outcome["document"], outcome["failure"]["kind"]) == ("mine", None, "lost")
    assert "\n" not in outcome["failure"]["message"]
