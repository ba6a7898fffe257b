"""Reports of nights that a test wants: small, complete, and as hostile as it likes."""

from __future__ import annotations

from typing import Any

from tests import workers
from verifier.documents.nightly import Nightly

Event = dict[str, Any]

# Text that breaks out of whatever it is put into without care.
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;]]>`|@everyone\n::error::%0A {{7*7}}"


def obligation(name: str, *properties: Event, **fields: Any) -> Event:
    """An obligation that is met, with a result that has these properties."""
    return {
        "id": name,
        "protocol": "toy",
        "variant": "safe",
        "scope": "published",
        "timeout": 60.0,
        "memory": 512,
        "expected": {entry["name"]: {"verdict": entry["verdict"]} for entry in properties},
        "verdicts": {entry["name"]: entry["verdict"] for entry in properties},
        "status": "met",
        "met": True,
        "seconds": 2.0,
        "result": workers.result(*properties),
        **fields,
    }


def history(*seconds: float) -> list[Event]:
    """Earlier nights with these durations, the first on the first of March."""
    return [
        {"started": f"2026-03-{day:02d}T02:00:00+01:00", "seconds": value} for day, value in enumerate(seconds, start=1)
    ]


def nightly(*obligations: Event, **fields: Any) -> Nightly:
    """The report of a night with these obligations."""
    return Nightly.from_document(
        {
            "suite": "nightly.toml",
            "title": "Every night",
            "started": "2026-03-14T02:00:00+01:00",
            "finished": "2026-03-14T02:01:40+01:00",
            "seconds": 100.0,
            "jobs": 2,
            "versions": {"verify": "0.1.0", "z3": "5.4.1"},
            "obligations": list(obligations),
            **fields,
        }
    )


def eventful() -> Nightly:
    """A night in which everything happened that a report tells of."""
    proved = {
        **workers.proved("P"),
        "lemmas": ["x[t] <= y", "z => x"],
        "blame": ["Step.ready", "Step.free"],
        "seconds": 0.4,
    }
    vacuous = {**workers.proved("Q"), "method": "trivial", "vacuous": {"kind": "constant", "reason": "it is TRUE"}}
    certificate = {"property": "P", "path": "certificates/toy.safe.P.cert.json", "outcome": "agreed", "solver": "cvc5"}
    safe = obligation(
        "toy:safe@published",
        proved,
        vacuous,
        certificates=[certificate],
        cached=True,
        recorded="2026-03-13T02:00:10+01:00",
        history=history(1.9, 2.1, 2.0),
    )
    unbounded = obligation("toy:safe@unbounded", workers.proved("P"), scope="unbounded", history=history(1.0))
    unbounded["result"] = {
        **workers.result(workers.proved("P")),
        "scope": "unbounded",
        "not_stated": [{"name": "Q", "published_name": "Q2_Bounded", "reason": "it reads MaxOps, which is dropped"}],
    }
    gap = obligation("toy:gap@published", workers.violated("P"), workers.proved("Q"), variant="gap")
    stated = {
        "doc": "The counter stays at or below its bound.",
        "formula": "\\A t \\in Thread : x[t] <= Max",
        "at": {"file": "models/toy.py", "line": 12},
        "command": "verify prove models/toy.py --variant broken --property P",
    }
    broken = obligation(
        "toy:broken@published",
        {**workers.violated("P"), **stated},
        workers.proved("Q"),
        variant="broken",
        earlier=[
            {
                "property": "P",
                "recorded": "2026-03-12T02:00:00+01:00",
                "trace": workers.trace({"x": 0}, {"x": 0}, {"x": 1}),
            }
        ],
        status="contradicted",
        met=False,
        expected={"P": {"verdict": "proved"}, "Q": {"verdict": "proved"}},
        differences=[
            {
                "property": "P",
                "kind": "contradiction",
                "expected": "proved",
                "found": "violated in 1 step",
                "explanation": ["x <= 0, for x = 1"],
                **stated,
                "origin": {
                    "since": "2026-03-14T02:00:00+01:00",
                    "before": "proved",
                    "commit": "4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b4c3d2+",
                    "previous_commit": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
                    "changed": ["model"],
                },
            }
        ],
    )
    hungry = obligation(
        "toy:safe@published[Keys=9]",
        parameters={"Keys": 9},
        status="open",
        met=False,
        verdicts={"P": "unknown"},
        seconds=59.0,
        reason="the memory budget was used up",
        differences=[
            {
                "kind": "open",
                "expected": "proved",
                "found": "unknown",
                "reason": "the memory budget was used up",
                "origin": {"since": "2026-03-11T02:00:00+01:00", "nights": 4, "changed": []},
            }
        ],
        result=workers.result(ended="memory"),
    )
    crashed = obligation(
        "other:safe@published",
        protocol="other",
        status="failed",
        met=False,
        result=None,
        reason="the model cannot be loaded",
        differences=[{"kind": "failure", "found": "failed", "reason": "the model cannot be loaded"}],
    )
    rising = obligation(
        "other:slow@published",
        workers.unknown("R", "bounded"),
        protocol="other",
        variant="slow",
        seconds=40.0,
        history=history(10, 14, 19, 24, 30, 35),
    )
    changes = [
        {
            "obligation": "toy:broken@published",
            "property": "P",
            "kind": "verdict",
            "before": "proved",
            "after": "violated",
        },
        {"obligation": "toy:safe@unbounded", "kind": "new", "after": "met"},
        {"obligation": "toy:old@published", "kind": "gone", "before": "met"},
    ]
    return nightly(
        safe,
        unbounded,
        gap,
        broken,
        hungry,
        crashed,
        rising,
        changes=changes,
        previous="2026-03-13T02:00:00+01:00",
        messages=["the store was set aside"],
    )


def large() -> Nightly:
    """A night as large as that of the shipped suite: 48 protocols, about 100 variants at both scopes, thousands of verdicts."""
    entries = []
    for number in range(48):
        for variant in ("safe", "gap", "other")[: 2 + number % 7 // 6]:
            for scope in ("published", "unbounded"):
                properties = [workers.proved(f"Property{n}HoldsAlways") for n in range(18)]
                if variant == "gap":
                    properties[:2] = [workers.violated(f"Property{n}HoldsAlways") for n in range(2)]
                for entry in properties:
                    entry["doc"] = "Whatever happens, this holds in every state that can be reached."
                    entry["formula"] = "\\A t \\in Thread : x[t] <= Max"
                name = f"protocol-{number}"
                entries.append(
                    obligation(
                        f"{name}/{variant}/{scope}",
                        *properties,
                        protocol=name,
                        variant=variant,
                        scope=scope,
                        history=history(1.0, 2.0, 1.5),
                        processor=2.0,
                    )
                )
    return nightly(*entries, previous="2026-03-13T02:00:00+01:00")


def long_trace(steps: int = 3) -> Event:
    """A trace with long names, values in values, and expressions."""
    names = [f"routes[catalogVersion][key-with-a-long-name-{n}]" for n in range(2)]
    states = [
        {
            "catalogVersionThatWasSeen": number,
            "aVariableWithAnExtremelyLongNameThatNobodyWouldTypeTwice": "LabelOfAnEnumerationThatIsLong",
            "routes": {"#map": [[v, {"#map": [["k1", f"group-{number}"], ["k2", "group-0"]]}] for v in range(3)]},
            "messages": {
                "#set": [{"kind": "Request", "from": f"node-{n}", "to": "node-0", "term": n} for n in range(4)]
            },
        }
        for number in range(steps + 1)
    ]
    document = workers.trace(*states, name="EveryVersionOfTheCatalogueIsServedByItsOwner")
    document["#meta"] |= {
        "doc": "Every version of the catalogue is served by the group that owns it, whatever else happens.",
        "formula": "\\A v \\in Version, k \\in Key :\n  routes[v][k] = owner[v][k] /\\ served[v][k] => catalogVersion >= v",
        "command": "verify prove models/replication_of_a_catalogue.py --variant without-the-fence --property Owner",
        "evaluated": [{"expression": name, "values": ["group-1"] * (steps + 1)} for name in names],
    }
    for state in document["states"][1:]:
        state |= {
            "mbt::actionTaken": "ServeFromTheOldGroup",
            "mbt::nondetPicks": {"version": 1, "key": "k1", "group": "group-1"},
        }
    return document


def long() -> Nightly:
    """A night with long names everywhere, and a matrix of many columns."""
    name = "EveryVersionOfTheCatalogueIsServedByItsOwner"
    trace = long_trace()
    meta = {key: trace["#meta"][key] for key in ("doc", "formula", "command")}
    broken = {**workers.violated(name), "published_name": f"Replication1_{name}", "trace": trace, "steps": 3, **meta}
    broken["explanation"] = [
        f"{name} fails for v = 1, k = k1: routes[v][k] = owner[v][k] is false: left group-1, right group-0"
    ]
    entries = []
    for number in range(12):
        entries.append(
            obligation(
                f"replication-of-a-catalogue/variant-{number}-without-the-fence/published/Keys=3,Groups=2",
                broken,
                *(workers.proved(f"Monotonic{n}OfTheCatalogue") for n in range(4)),
                protocol="replication-of-a-catalogue",
                variant=f"variant-{number}-without-the-fence",
                parameters={"Keys": 3, "Groups": 2},
                lemmas=["catalogVersionThatWasSeen[version] <= catalogVersion"],
                status="contradicted",
                met=False,
                expected={name: {"verdict": "proved"}},
                differences=[
                    {
                        "property": name,
                        "kind": "contradiction",
                        "expected": "proved",
                        "found": "violated in 3 steps",
                        **meta,
                    }
                ],
            )
        )
    return nightly(*entries, previous="2026-03-13T02:00:00+01:00")


def hostile() -> Nightly:
    """A night in which every text that may come from elsewhere is hostile, and numbers are extreme."""
    entry = {
        **workers.violated(HOSTILE),
        "published_name": HOSTILE + "x",
        "explanation": [HOSTILE],
        "vacuous": {"kind": HOSTILE, "reason": HOSTILE},
        "lemmas": [HOSTILE],
        "blame": [HOSTILE],
        "reason": HOSTILE,
    }
    entry["trace"] = {
        **workers.trace({HOSTILE: HOSTILE}, {HOSTILE: {"#map": [[HOSTILE, HOSTILE]]}}),
        "#meta": {"format": "ITF", "protocol": HOSTILE, "variant": HOSTILE, "property": HOSTILE, "scope": HOSTILE},
    }
    entry["trace"]["states"][1] |= {"mbt::actionTaken": HOSTILE, "mbt::nondetPicks": {HOSTILE: HOSTILE}}
    bad = obligation(
        HOSTILE,
        entry,
        protocol=HOSTILE,
        variant=HOSTILE,
        parameters={HOSTILE: HOSTILE},
        engine=HOSTILE,
        status="contradicted",
        met=False,
        seconds=1e12,
        timeout=1e-9,
        reason=HOSTILE,
        differences=[
            {"property": HOSTILE, "kind": "contradiction", "expected": HOSTILE, "found": HOSTILE, "reason": HOSTILE}
        ],
        certificates=[{"property": HOSTILE, "path": f"../../{HOSTILE}", "outcome": "disagreed", "solver": HOSTILE}],
        history=[{"started": HOSTILE, "seconds": 0.0}],
    )
    bad["result"] |= {"parameters": {HOSTILE: HOSTILE}, "not_stated": [{"name": "N", "reason": HOSTILE}]}
    change = {"obligation": HOSTILE, "property": HOSTILE, "kind": "verdict", "before": HOSTILE, "after": HOSTILE}
    return nightly(
        bad,
        {**bad, "id": HOSTILE + "2"},
        suite=HOSTILE,
        title=HOSTILE,
        scheduler=HOSTILE,
        versions={HOSTILE: HOSTILE},
        changes=[change],
        messages=[HOSTILE, "\x00\x1b[31m\ud800"],
        previous=HOSTILE,
    )
