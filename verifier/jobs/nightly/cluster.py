"""Run the same obligations on a Dask cluster. A worker that is lost costs time: its obligations are run again elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from verifier.jobs.arguments import usage
from verifier.jobs.nightly.execute import execute, now

if TYPE_CHECKING:
    from distributed import Client, Future

Event = dict[str, Any]

_TICK = 0.25  # seconds between two looks at what is finished
_PATIENCE = 10.0  # seconds to wait for the scheduler
_RETRIES = 3


def run_there(orders: Sequence[Event], *, address: str, on_tick: Callable[[], None]) -> Generator[Event]:
    """Run the orders on the cluster of a scheduler, and yield each outcome (see `execute`) as it comes.

    Every worker needs this package installed, and the files of protocols that are given by path at the same place.

    Raises:
        UsageError: the extra is not installed, or no scheduler answers at the address.
    """
    client = _connect(address)
    try:
        # The first obligations are the longest; the scheduler prefers high priorities.
        futures: dict[Future, str] = {
            client.submit(
                execute, order, key=f"verify-{order['id']}-{now()}", pure=False, retries=_RETRIES, priority=-number
            ): order["id"]
            for number, order in enumerate(orders)
        }
        yield from _collected(client, futures, on_tick)
    finally:
        client.close()


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


def _collected(client: Client, futures: dict[Future, str], on_tick: Callable[[], None]) -> Generator[Event]:
    from distributed import wait

    pending = dict(futures)
    try:
        while pending:
            try:
                done = wait(list(pending), timeout=_TICK, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                done = set()
            on_tick()
            for future in done:
                yield _outcome(future, pending.pop(future))
    finally:
        if pending:
            client.cancel(list(pending), force=True)


def _outcome(future: Future, identifier: str) -> Event:
    """The outcome of a finished task; of one that the cluster gave up, that it did."""
    if future.status == "finished":
        result: Event = future.result()
        return result
    error = future.exception() if future.status == "error" else None
    reason = f"the cluster gave the obligation up: {error or future.status}"
    return {
        "id": identifier,
        "started": now(),
        "seconds": None,
        "document": None,
        "failure": {"kind": "lost", "message": " ".join(reason.split())},
        "certificates": {},
        "checks": [],
        "sources": "",
        "versions": {},
    }
