"""IC3: the verdicts and lengths of explicit search, invariants that are re-checked, and faults that do not pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.differential import subjects
from verifier import check, prove
from verifier.evidence.certificate import seal
from verifier.kernel.errors import UsageError
from verifier.proof.engines import directed, frames, pdr
from verifier.proof.engines.candidate import lemma
from verifier.proof.engines.directed import Run
from verifier.proof.engines.engine import Budget, Decided, Open
from verifier.proof.engines.families import Families
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.frames import Cube, Frames
from verifier.proof.engines.invariants import Invariants
from verifier.proof.engines.seeding import smaller, transferred
from verifier.proof.engines.wording import Wording
from verifier.proof.strategy.errors import Inconsistency
from verifier.semantics.answers import Answer
from verifier.semantics.ground.clausal import Clausal, Move
from verifier.semantics.ground.facts import Facts
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.renaming import Copies
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.scope import finite_scope

# Those that explicit search goes through in a second; the others are compared at night.
SMALL = ["grid", "vote", "partial", "relay", "log", "routes", "composed", "composed-reads"]
LARGER = ["routes-records", "occ", "occ-resolver", "mvcc", "mvcc-ceiling", "mvcc-replicas", "hlc-ceiling"]
LARGE = {"shelves", "assembly", "algebra"}


def tiers() -> list[Any]:
    """Protocols that are not too large, in every variant."""
    others = [name for name in [*subjects.OWN, *LARGER] if name not in LARGE and name not in SMALL]
    return [
        pytest.param(name, variant, marks=[] if name in SMALL else [pytest.mark.nightly])
        for name in [*SMALL, *others]
        for variant in subjects.protocol(name).variants
    ]


def verdicts(name: str, variant: str, engine: str) -> dict[str, tuple[str, int | None]]:
    result = prove(subjects.protocol(name), variant=variant, engine=engine, hints=False, lemmas=False, in_process=True)
    # Whether what is neither proved nor violated of a text is listed depends on the engine.
    told = [entry for entry in result.properties if entry.kind != "defined" or entry.verdict == "violated"]
    return {entry.published_name: (entry.verdict, entry.steps) for entry in told}


@pytest.mark.parametrize(("name", "variant"), tiers())
def test_ic3_says_what_explicit_search_says(name: str, variant: str) -> None:
    assert verdicts(name, variant, "pdr") == verdicts(name, variant, "explicit")


def test_no_bound_applies_to_it() -> None:
    result = prove("composed", variant="gap", engine="pdr", k=0, in_process=True)
    assert {entry.steps for entry in result.properties if entry.verdict == "violated"} == {4}


def test_at_unbounded_scope_there_is_no_such_engine() -> None:
    with pytest.raises(UsageError, match="the engine pdr needs a finite scope"):
        prove("composed", engine="pdr", scope="unbounded", in_process=True)


@pytest.mark.parametrize(
    ("name", "prop", "settings"),
    [("composed", "Composed-3", []), ("multi-paxos", "Agreement", ["Rounds=1", "Proposers=1", "Attempts=2"])],
)
def test_a_certificate_is_an_ordinary_inductive_invariant(tmp_path: Path, name: str, prop: str, settings: list[str]) -> None:
    result = prove(name, properties=[prop], engine="pdr", hints=False, lemmas=False, certificates=str(tmp_path),
                   settings=settings, in_process=True)  # fmt: skip
    (entry,) = result.properties
    assert entry.method == "pdr"
    assert entry.lemmas
    files = sorted(tmp_path.glob("*.cert.json"))
    assert check(files, rederive=True, in_process=True).valid
    # A clause that is not what the invariant says.
    (file,) = [file for file in files if file.name == Path(entry.certificate or "").name]
    document = json.loads(file.read_text())
    assert len(document["clauses"]) == len(document["invariant"]) - 1
    document["clauses"][0]["literals"][0] *= -1
    file.write_text(json.dumps(seal(document)))
    assert not check(files, rederive=True, in_process=True).valid


# -- clauses ----------------------------------------------------------------------------------------------------------


def task(name: str, variant: str | None = None) -> FiniteTask:
    """A task in which every property is open."""
    model = subjects.protocol(name).model(variant)
    wanted = {prop.name: prop for prop in model.properties}
    return FiniteTask(Ground(finite_scope(model)), wanted, lambda: wanted)


@pytest.mark.parametrize("name", ["stamps", "vote", "composed", "routes", "mvcc"])
def test_a_lemma_says_what_its_clauses_say(name: str) -> None:
    asked = task(name)
    run = Run(asked, Budget())
    list(run.decide())
    assert run.frames.lasting
    solver = Encoding(asked.ground)
    said = 0
    for cube in run.frames.lasting:
        said_of = run._lemma(cube)
        said += Wording(run.clausal).formula(cube) is not None
        circuit = asked.ground.circuit
        copies = circuit.and_([circuit.not_(circuit.and_([run.clausal.node(x) for x in copy])) for copy in run.copies(cube)])
        differ = solver.solver()
        differ.add(solver.typed, solver.formula(circuit.not_(circuit.iff(said_of.node, copies))))
        assert differ.check() is Answer.UNSAT, said_of.text
    assert said


def test_it_stops_where_its_budget_ends() -> None:
    events = [e for e in pdr.Pdr().run(task("composed"), Budget(steps=5)) if isinstance(e, Decided)]
    assert any(isinstance(event.outcome, Open) and "questions" in str(event.outcome.reason) for event in events)


def agreement(attempts: int, acceptors: int, engine: str = "pdr") -> Any:
    """Agreement of one round of Multi-Paxos, as IC3 decides it."""
    settings = ["Rounds=1", "Proposers=1", f"Attempts={attempts}", f"Acceptors={acceptors}"]
    (entry,) = prove("multi-paxos", properties=["Agreement"], engine=engine, hints=False, lemmas=engine == "auto",
                     settings=settings, in_process=True).properties  # fmt: skip
    return entry


def test_it_comes_first_where_clauses_go_along_an_order() -> None:
    assert agreement(4, 2, "auto").method == "pdr"


def test_the_invariant_does_not_grow_with_an_ordered_sort() -> None:
    """Beyond a few ballots it is that of few ballots, and no state is searched for."""
    five, seven = agreement(5, 3), agreement(7, 3)
    assert (five.verdict, five.method) == (seven.verdict, seven.method) == ("proved", "pdr")
    assert five.lemmas == seven.lemmas
    assert len(five.lemmas) < 10
    assert all("x \\in Proposal" in text for text in five.lemmas[1:])


def test_clauses_of_a_small_instance_are_only_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(cubes: object, source: Clausal, target: Clausal) -> list[Cube]:
        return [(literal,) for variable in target.current for literal in (variable, -variable)]

    monkeypatch.setattr(directed, "transferred", everything)
    assert agreement(5, 2).verdict == "proved"
    monkeypatch.setattr(Invariants, "inductive", lambda self, groups: list(groups))
    with pytest.raises((Inconsistency, AssertionError)):
        agreement(5, 2)


def test_the_small_instance_keeps_what_indexes_some_variables() -> None:
    model = subjects.protocol("multi-paxos").model(None)
    sizes = {"Rounds": 3, "Proposers": 5, "Attempts": 6, "Values": 2, "Acceptors": 2}
    found = smaller(Facts(Ground(finite_scope(model, sizes)).layout))
    assert found is not None
    assert found.parameters == {**sizes, "Rounds": 1, "Attempts": 4}
    assert smaller(Facts(Ground(finite_scope(model, {**sizes, "Rounds": 1, "Attempts": 4})).layout)) is None


def test_a_clause_of_a_small_instance_is_moved_to_every_index() -> None:
    model = subjects.protocol("multi-paxos").model(None)
    sizes = {"Rounds": 1, "Proposers": 1, "Attempts": 2, "Values": 2, "Acceptors": 1}
    small, large = (Clausal(Ground(finite_scope(model, {**sizes, "Rounds": rounds}))) for rounds in (1, 2))
    every = [variable for variable in small.current if small.atom(variable).fact.path.startswith("accepted")]
    found = [large.atom(variable) for (variable,) in transferred([(variable,) for variable in every], small, large)]
    assert len(found) == 2 * len(every) == 8
    for atom in found:
        value, (_, index) = large.facts.value(atom.fact, atom.code), atom.fact.indices
        assert isinstance(value, str) or value["round"] == index.value


@pytest.mark.parametrize("rigid", [False, True])
def test_a_family_says_what_its_members_say(rigid: bool) -> None:
    """The formula of a family, lowered, and the clauses of all its members, one by one."""
    model = subjects.protocol("multi-paxos").model(None)
    ground = Ground(finite_scope(model, {"Rounds": 1, "Proposers": 1, "Attempts": 3, "Values": 2, "Acceptors": 3}))
    clausal, circuit = Clausal(ground), ground.circuit
    families, wording, copies, solver = Families(clausal), Wording(clausal), Copies(clausal), Encoding(ground)
    facts = [fact for fact in clausal.facts.all if fact.kind == "ordinal" and fact.path.startswith(("promised", "accepted"))]
    first, second = facts[0], next(fact for fact in facts if fact.path != facts[0].path)
    cubes = [
        (clausal.variable(first, 2), -clausal.variable(second, 3)),
        (clausal.variable(first, 1), -clausal.variable(first, 2), clausal.variable(second, 3)),
        (clausal.variable(first, 2), -clausal.variable(first, 3), -clausal.variable(second, 3)),
    ]
    said = 0
    for cube in (tuple(sorted(cube, key=abs)) for cube in cubes):
        pattern = families.family(cube, rigid=rigid)
        if pattern is None:
            continue
        term = wording.family(pattern)
        assert term is not None
        said += 1
        members = {copy for member in families.members(pattern) for copy in copies(member)}
        assert cube in members
        clauses = circuit.and_([circuit.not_(circuit.and_([clausal.node(x) for x in member])) for member in sorted(members)])
        differ = solver.solver()
        differ.add(solver.typed, solver.formula(circuit.not_(circuit.iff(lemma(ground, term), clauses))))
        assert differ.check() is Answer.UNSAT, cube
    assert said


# -- faults -----------------------------------------------------------------------------------------------------------


def _without_update(self: Frames, state: Sequence[int], move: Move, cube: Cube) -> Cube:
    kept = [literal for literal in cube if abs(literal) not in move.writes]
    return tuple(sorted({*kept, *self.reason(state, [self.clausal.constraint, move.guard])}, key=abs))


def _wrong_frame(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, level, cube: right(self, max(1, level - 1) if level < frames.FOREVER else level, cube)


def _without_check(self: Frames, level: int) -> list[Cube]:
    return list(self.levels[level])


def _wrong_copies(self: Run, cube: Cube) -> tuple[Cube, ...]:
    # As if the atoms of a state could be moved by one.
    size = self.clausal.size
    moved = tuple(sorted(((abs(x) - 1) % size + 2) * (1 if x > 0 else -1) for x in cube))
    return cube, moved


def _initial_states_unasked(self: Frames, cube: Sequence[int]) -> bool:
    return False


FAULTS: dict[str, tuple[type, str, Any]] = {
    "lifting without update": (Frames, "lifted", _without_update),
    "wrong frame": (Frames, "blocked", _wrong_frame(Frames.blocked)),
    "push without check": (Frames, "_going_on", _without_check),
    "copies along a wrong permutation": (Run, "copies", _wrong_copies),
    "initial states are not asked for": (Frames, "begins", _initial_states_unasked),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the re-check, by the replay, by the engine itself, or as the verdicts are not those of explicit search."""
    where, name, wrong = FAULTS[fault]
    cases = [("composed", "gap"), ("composed", "safe"), ("vote", "hasty"), ("log", "safe"), ("relay", "safe")]
    right = [verdicts(*case, "explicit") for case in cases]
    monkeypatch.setattr(where, name, wrong)
    for case, wanted in zip(cases, right, strict=True):
        try:
            if verdicts(*case, "pdr") != wanted:
                return
        except (Inconsistency, AssertionError):
            return
    raise AssertionError(f"{fault} passes")
