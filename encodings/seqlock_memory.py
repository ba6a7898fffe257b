"""One slot of the seqlock ring under weak memory: which fences and orders its writer and its reader need.

Two publications and one attempt to read (photon-ring, src/slot.rs), which goes on whatever it reads; publication k stores k
in both words of the payload, with the stamps 2k - 1 before and 2k after. Each fence and order is there or not, and each
initial state is one execution of one of these programs: from which store each load reads. Nothing happens after it. Payload
accesses are relaxed, as with the feature `atomic-slots`; by default they are plain, and race, so that only the compiled
program has a meaning.
"""

from __future__ import annotations

from verifier.kernel import Protocol
from verifier.lib.litmus import Candidates, assume
from verifier.lib.memory import ARMV8, RC11, TSO
from verifier.lib.programs import Instruction, Program, fence, read, write

PUBLICATIONS = 2

seqlock_memory = Protocol(
    "seqlock-memory",
    "the fences and memory orders that a seqlock needs",
    source="photon-ring src/slot.rs; Boehm, MSPC 2012; Lahav et al., PLDI 2017; Pulte et al., POPL 2018",
    default_variant="rc11",
)


def publication(k: int) -> list[Instruction]:
    """The writer's accesses: odd stamp, release fence, payload, even stamp."""
    return [
        write("stamp", 2 * k - 1, "rel", toggle="odd_release", label=f"odd{k}"),
        fence("rel", toggle="odd_fence"),
        write("d0", k, "rel", toggle="payload_release", label=f"first{k}"),
        write("d1", k, "rel", toggle="payload_release", label=f"second{k}"),
        fence("rel", toggle="even_fence"),
        write("stamp", 2 * k, "rel", toggle="even_release", label=f"even{k}"),
    ]


ATTEMPT = [
    read("stamp", "s1", "acq", toggle="check_acquire", label="check"),
    fence("acq", toggle="check_fence"),
    read("d0", "d0", "acq", toggle="payload_acquire", label="first"),
    read("d1", "d1", "acq", toggle="payload_acquire", label="second"),
    fence("acq", toggle="recheck_fence"),
    read("stamp", "s2", "acq", toggle="recheck_acquire", label="recheck"),
]

publications = [access for k in range(1, PUBLICATIONS + 1) for access in publication(k)]
program = Program([publications, ATTEMPT], names=["writer", "reader"])
candidates = Candidates(seqlock_memory, program)

for memory in (RC11, ARMV8, TSO):
    assume(seqlock_memory, candidates, memory, axioms=False)
