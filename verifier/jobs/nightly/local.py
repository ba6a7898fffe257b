"""Run obligations on this machine, several at a time, each supervised by its own thread."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from verifier.jobs.nightly.execute import Start, execute

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
    start: Start,
    on_start: Callable[[str], None],
    on_event: Callable[[str, Event], None],
    on_tick: Callable[[], None],
) -> Generator[Outcome]:
    """Run the orders in their sequence, `jobs` at a time, and yield each outcome (see `execute`) as it comes.

    Closing the iterator, or an exception such as KeyboardInterrupt while it waits, stops the running obligations at once.

    Args:
        start: starts the workers; from several threads at once.
        on_start, on_event: called from other threads, with the obligation's id.
        on_tick: called about four times a second, in the caller's thread.
    """
    stop = threading.Event()
    # Variants of a protocol have many obligations in common, word for word.
    answered: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def watched(order: Order) -> Outcome:
        def tick(_: float) -> None:
            if stop.is_set():
                raise KeyboardInterrupt

        if not stop.is_set():
            on_start(order["id"])
        known = answered[order["id"].partition("/")[0]]
        return execute(order, lambda event: on_event(order["id"], event), tick, start, known)

    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="obligation")
    done: SimpleQueue[Future[Outcome]] = SimpleQueue()
    try:
        for order in orders:
            pool.submit(watched, order).add_done_callback(done.put)
        left = len(orders)
        while left:
            try:
                outcome = done.get(timeout=_TICK).result()
            except Empty:
                on_tick()
                continue
            left -= 1
            on_tick()
            yield outcome
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
