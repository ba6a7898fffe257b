"""Two producers hand the cursor over under weak memory: which fences and sc orders keep it from staying behind.

Producer 1 owns message 1, producer 2 message 2, and the cursor is at 0 (photon-ring, src/channel/mp_publisher.rs). Each stores
its stamp and tries to move the cursor; who has moved it loads the stamp of the next message, and who comes too early loads the
one before and tries again. It is store buffering, between the cursor and a stamp. The orders are those of the code, or sc,
and each fence is there or not; each initial state is one execution of one of these programs, and nothing happens after it.
"""

from __future__ import annotations

from verifier.kernel import Protocol
from verifier.lib.litmus import Candidates, assume
from verifier.lib.memory import ARMV8, ARMV8_RCPC, RC11, TSO
from verifier.lib.programs import Instruction, Program, cas, fence, read, write

hand_over_memory = Protocol(
    "hand-over-memory",
    "the fences and memory orders with which two producers hand the cursor over",
    source="photon-ring src/channel/mp_publisher.rs; Lahav et al., PLDI 2017; Pulte et al., POPL 2018",
    default_variant="rc11",
)


def store(message: int) -> Instruction:
    """`Slot::write`: the even stamp of a message."""
    return write(f"stamp{message}", 1, "sc", toggle="store_sc", otherwise="rel")


def load(message: int) -> Instruction:
    """`Slot::stamp_load`: whether a message is done."""
    return read(f"stamp{message}", "done", "sc", toggle="load_sc", otherwise="acq")


def move(message: int, old: str) -> Instruction:
    """The `compare_exchange` that moves the cursor to a message."""
    return cas(
        "cursor", message - 1, message, "sc", "sc", old=old, toggle="swap_sc", otherwise="rel", failure_toggle="miss_sc"
    )


FIRST = [store(1), move(1, "before"), fence("sc", toggle="moved_fence"), load(2)]
SECOND = [
    store(2),
    fence("sc", toggle="stored_fence"),
    move(2, "early"),
    load(1),
    fence("sc", toggle="retry_fence"),
    move(2, "again"),
]

program = Program([FIRST, SECOND], names=["first", "second"])
candidates = Candidates(hand_over_memory, program)

for memory in (RC11, ARMV8_RCPC, ARMV8, TSO):
    assume(hand_over_memory, candidates, memory, axioms=False)
