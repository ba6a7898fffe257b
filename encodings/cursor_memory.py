"""The cursor of the ring under weak memory: which fences and orders it needs, and which are those of the stamps.

The writer publishes two messages, in a slot each, and stores the cursor after each (photon-ring, src/channel/publisher.rs). One
reader asks for the latest message: it loads the cursor, then the stamps (`latest`, and whoever subscribes). Another has been
lapped: it has loaded the stamp of the second message, and loads the cursor to skip (`read_slot`). Each fence and order is there
or not, and each initial state is one execution of one of these programs: from which store each load reads. Nothing happens
after it.
"""

from __future__ import annotations

from verifier.kernel import Protocol
from verifier.lib.litmus import Candidates, assume
from verifier.lib.memory import ARMV8, RC11, TSO
from verifier.lib.programs import Instruction, Program, fence, read, write

MESSAGES = 2

cursor_memory = Protocol(
    "cursor-memory",
    "the fences and memory orders that the cursor of a ring needs",
    source="photon-ring src/channel/{publisher,subscriber}.rs; Lahav et al., PLDI 2017; Pulte et al., POPL 2018",
    default_variant="rc11",
)


def publication(k: int) -> list[Instruction]:
    """The writer's last accesses for a message, the first of its slot: the even stamp, then the cursor."""
    return [
        fence("rel", toggle="stamp_fence"),
        write(f"stamp{k}", 1, "rel", toggle="stamp_release", label=f"even{k}"),
        fence("rel", toggle="cursor_fence"),
        write("cursor", k, "rel", toggle="cursor_release", label=f"cursor{k}"),
    ]


LATEST = [
    read("cursor", "head", "acq", toggle="head_acquire", label="head"),
    fence("acq", toggle="head_fence"),
    *(read(f"stamp{k}", f"s{k}", label=f"seen{k}") for k in range(1, MESSAGES + 1)),
]

SKIP = [
    read(f"stamp{MESSAGES}", "later", "acq", toggle="check_acquire", label="check"),
    fence("acq", toggle="check_fence"),
    read("cursor", "head", label="oldest"),
]

publications = [access for k in range(1, MESSAGES + 1) for access in publication(k)]
program = Program([publications, LATEST, SKIP], names=["writer", "latest", "skip"])
candidates = Candidates(cursor_memory, program)

for memory in (RC11, ARMV8, TSO):
    assume(cursor_memory, candidates, memory, axioms=False)
