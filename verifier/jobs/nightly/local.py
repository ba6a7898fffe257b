"""Run obligations on this machine, several at a time, each supervised by its own thread."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from verifier.jobs.forkserver import ForkServer
from verifier.jobs.nightly.execute import execute

if TYPE_CHECKING:
    from verifier.wire.events import Event
    from verifier.wire.nights import Order, Outcome

_TICK = 0.25  # seconds between two checks for finished obligations


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_here(
    orders: Sequence[Order],
    *,
    jobs: int,
    on_start: Callable[[str], None],
    on_event: Callable[[str, Event], None],
    on_tick: Callable[[], None],
) -> Generator[Outcome]:
    """Run the orders in their sequence, `jobs` at a time, and yield each outcome (see `execute`) as it comes.

    Closing the iterator, or an exception such as KeyboardInterrupt while it waits, stops the running obligations at once.

    Args:
        on_start, on_event: called from other threads, with the obligation's id.
        on_tick: called about four times a second, in the caller's thread.
    """
    stop = threading.Event()
    server = ForkServer(name for order in orders for name in order["job"]["protocols"] if isinstance(name, str))
    # Variants of a protocol have many obligations in common, word for word.
    answered: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def watched(order: Order) -> Outcome:
        def tick(_: float) -> None:
            if stop.is_set():
                raise KeyboardInterrupt

        if not stop.is_set():
            on_start(order["id"])
        known = answered[order["id"].partition("/")[0]]
        return execute(order, lambda event: on_event(order["id"], event), tick, server.start, known)

    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="obligation")
    pending: set[Future[Outcome]] = {pool.submit(watched, order) for order in orders}
    try:
        while pending:
            done, pending = wait(pending, timeout=_TICK, return_when=FIRST_COMPLETED)
            on_tick()
            for future in done:
                yield future.result()
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        server.close()
