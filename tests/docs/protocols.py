"""Writes docs/protocols.md, and proves what the page says of models that have changed since.

`python -m tests.docs.protocols` (`make protocols`) proves the protocols whose models or lemmas are not those of the record,
then writes the page; with names of protocols it proves these, with `--page` none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from verifier import api
from verifier.catalog import builtins, evidence_digest, load
from verifier.documents import Listing
from verifier.report.protocols import Record, RecordedGaps, RecordedProtocol, RecordedRun, page
from verifier.semantics.scope.unbounded import has_unbounded_scope

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "protocols.md"
RECORD = ROOT / "docs" / "protocols.json"

# Seconds for the verdicts on one variant at one scope; what takes longer is given as unknown.
LIMIT = 180.0

# Where the published constants have more states than can be searched, what each guard is good for is shown for fewer.
SMALLER = {
    "multi-paxos": ("Rounds=1", "Attempts=2"),
    "seqlock": ("NumReaders=1",),
    "votor": ("Validators=3", "stake_1=39", "stake_2=39", "stake_3=4", "F=18"),
}


def read_record() -> Record:
    """The record as it is kept; empty if there is none."""
    return Record.model_validate_json(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else Record()


def write_record(record: Record) -> None:
    """Keeps the record, in the same bytes for the same content."""
    written = {name: record.protocols[name].to_document() for name in sorted(record.protocols)}
    RECORD.write_text(json.dumps({"protocols": written}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def stale(record: Record) -> list[str]:
    """The built-in protocols whose models or lemmas are not those of the record."""
    kept = {name: found.digest for name, found in record.protocols.items()}
    return [name for name in builtins.names() if kept.get(name) != evidence_digest(load(name))]


def prove_anew(name: str) -> RecordedProtocol:
    """Every verdict on a protocol, in every variant, at both scopes; and what breaks without each guard."""
    protocol = load(name)
    runs = []
    for scope in api.SCOPES:
        for variant in protocol.variants:
            if scope == "unbounded" and not has_unbounded_scope(protocol.model(variant)):
                continue
            sys.stderr.write(f"{name}:{variant} at {scope} scope\n")
            runs.append(RecordedRun.of(api.prove(name, variant=variant, scope=scope, liveness=True, timeout=LIMIT)))
    settings = SMALLER.get(name, ())
    sys.stderr.write(f"{name}: guards\n")
    gaps = RecordedGaps.of(api.gaps(name, settings=settings, timeout=LIMIT), settings)
    return RecordedProtocol(digest=evidence_digest(protocol), runs=tuple(runs), gaps=gaps)


def listing() -> Listing:
    """The built-in protocols, as the page has them."""
    entries = [api.list_protocols(name, in_process=True).protocols[0] for name in builtins.names()]
    return Listing(protocols=tuple(entries))


def main(arguments: list[str]) -> None:
    """Proves what is asked for and writes the page."""
    record = read_record()
    names = [] if "--page" in arguments else arguments or stale(record)
    for name in names:
        record = Record(protocols={**record.protocols, name: prove_anew(name)})
        write_record(record)
    kept = {name: found for name, found in record.protocols.items() if name in builtins.names()}
    write_record(Record(protocols=kept))
    PAGE.write_text(page(listing(), Record(protocols=kept)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
