"""Two producers hand a cursor over: does it reach the last message, whichever of them is late?

Producer 1 owns message 1, producer 2 message 2, and the cursor is at 0. Each stores the stamp of its message and tries to move
the cursor; the first to come checks whether the next message has arrived already; one that comes too early checks for the one
before it, and tries again. The bad end: the cursor stays at 1 and both producers are gone. It is store buffering, between the
cursor and a stamp.
"""

from __future__ import annotations

from verifier.lib.litmus import litmus
from verifier.lib.memory import ARMV8, ARMV8_RCPC, RC11, TSO
from verifier.lib.programs import Program, all_equal, cas, read, write

program = Program([
    [
        write("stamp1", 1, "rel"),
        cas("cursor", 0, 1, "rel", "rlx", old="before"),
        read("next", "claimed", "acq"),
        read("stamp2", "done", "acq"),
    ],
    [
        write("stamp2", 1, "rel"),
        cas("cursor", 1, 2, "rel", "rlx", old="early"),
        read("stamp1", "done", "acq"),
        cas("cursor", 1, 2, "rel", "rlx", old="again"),
    ],
])  # fmt: skip

STRANDED = {"0:before": 0, "0:done": 0, "1:early": 0, "1:done": 1, "1:again": 0, "cursor": 1}

p = litmus(
    "cursor-hand-over",
    program,
    all_equal(STRANDED),
    [RC11, TSO, ARMV8, ARMV8_RCPC],
    title="a cursor that two producers hand over",
    source="photon-ring src/channel/mp_publisher.rs",
    allowed=["RC11", "ARMv8-rcpc"],
)
