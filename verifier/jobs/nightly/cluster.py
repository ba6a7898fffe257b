"""Run the same obligations on a Dask cluster. A worker that is lost costs time: its obligations are run again elsewhere. A
scheduler that is lost costs the outcomes that it has not delivered; the rest is reported.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from verifier.jobs.arguments import usage
from verifier.jobs.nightly.execute import execute, now

if TYPE_CHECKING:
    from distributed import Client, Future

    from verifier.wire.nights import Order, Outcome

_TICK = 0.25  # seconds between two checks for finished obligations
_PATIENCE = 10.0  # seconds to wait for the scheduler
_RETRIES = 3


def run_there(
    orders: Sequence[Order], *, address: str, on_tick: Callable[[], None], on_lost: Callable[[str], None]
) -> Generator[Outcome]:
    """Run the orders on the cluster of a scheduler, and yield each outcome (see `execute`) as it comes.

    Every worker needs this package installed, and the files of protocols that are given by path at the same place.

    Args:
        on_tick: called about four times a second.
        on_lost: called with a line if the scheduler is lost.

    Raises:
        UsageError: the extra is not installed, or no scheduler answers at the address.
    """
    client = _connect(address)
    pending: dict[Future, str] = {}
    finished: set[str] = set()
    # Their messages about a lost scheduler are replaced by one line below.
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        # The first obligations are the longest; the scheduler prefers high priorities.
        for number, order in enumerate(orders):
            name = f"verify-{order['id']}-{now()}"
            future = client.submit(execute, order, key=name, pure=False, retries=_RETRIES, priority=-number)
            pending[future] = order["id"]
        for outcome in _collected(client, pending, on_tick):
            finished.add(outcome["id"])
            yield outcome
    except _Lost as lost:
        reason = f"the scheduler {address} was lost"
        on_lost(f"{reason} ({lost}); obligations that it had not delivered are open")
        for order in orders:
            if order["id"] not in finished:
                yield _without_result(order["id"], reason)
    finally:
        with suppress(Exception):  # a client whose scheduler is gone cannot sign off
            if pending:
                client.cancel(list(pending), force=True)
        with suppress(Exception):
            client.close(timeout=1)
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


class _Lost(Exception):
    """The scheduler no longer answers."""


def _connect(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise usage("--scheduler needs the extra `cluster`", "install protocol-verify[cluster]") from None
    try:
        return Client(address, timeout=_PATIENCE)
    except (TimeoutError, OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise usage(
            f"--scheduler {address}: no Dask scheduler answers there ({reason})", "such as --scheduler tcp://host:8786"
        ) from None


def _collected(client: Client, pending: dict[Future, str], on_tick: Callable[[], None]) -> Generator[Outcome]:
    """The outcomes as they come; `pending` shrinks with them. Raises _Lost if the scheduler is gone."""
    from distributed import wait

    while pending:
        done = set()
        with suppress(TimeoutError):
            try:
                done = wait(list(pending), timeout=_TICK, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                raise
            except Exception as error:  # several classes without a common base
                if client.status != "running":
                    raise _Lost(type(error).__name__) from None
                done = {future for future in pending if future.done()}
        if client.status != "running":
            raise _Lost(f"the connection is {client.status}")
        on_tick()
        for future in done:
            yield _outcome(future, pending.pop(future))


def _outcome(future: Future, identifier: str) -> Outcome:
    """The outcome of a finished task; if the cluster gave the task up, an outcome that says so."""
    try:
        if future.status == "finished":
            return cast("Outcome", {**future.result(), "id": identifier})
        error = future.exception() if future.status == "error" else None
        reason = f"the cluster gave the obligation up: {error or future.status}"
    except Exception as error:  # a machine may send unreadable data
        reason = f"the cluster sent no outcome: {type(error).__name__}: {error}"
    return _without_result(identifier, " ".join(reason.split())[:500])


def _without_result(identifier: str, reason: str) -> Outcome:
    return {
        "id": identifier,
        "started": now(),
        "seconds": None,
        "processor": None,
        "stopped": None,
        "document": None,
        "failure": {"kind": "lost", "message": reason},
        "certificates": {},
        "checks": [],
        "sources": "",
        "versions": {},
    }
