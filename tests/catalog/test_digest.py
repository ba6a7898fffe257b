"""The digest: the same for what means the same, another for what does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD, REST, build, in_action, in_module, in_property
from tests.models.constructs import ALL
from tests.source import ROOT
from tests.tiers import DAILY
from verifier.catalog import canonical, digest, load, names

MODEL = HEAD + REST

BUILT_IN = {
    "alpenglow": "e7af2e27e037af11d1483d888bcab18a97d90571f08ba8cd3de1d980f2f5a2e2",
    "anti-entropy": "b42cf8135856c0fa4d915c595b83cc7496f63965f82a08e23709c79c3c617f36",
    "anti-entropy-content": "cd35f5f98357858cd3a75bf0d16ee546c1cdcdbe4e583381f2ad3b9ddcf8e1fd",
    "composed": "d7be3be245b4934f6e98e4f49dc96082cb3524b2e00b21dd45e6455d91e957e7",
    "composed-reads": "94d5f0a5bb3d8b733d68939080adbd64d5658b315c5fbbd2357c407cf6ceb9c0",
    "crdts": "4ff533554234c1f7b6fd29385db34c70878acadec3400394885fae0232e857ea",
    "cursor-memory": "b4087311fdd8477ce63af6ef0241dc892e1cd960398a97cde5e732f028459f79",
    "economics": "83822533ce2809b6b402674dcaa5ace079ebd33bcdd1ba9cec5cd3e9149a3048",
    "gossip": "609287af3c221cbb144788a4c363f1f950726da7917c4fd7a37f24ac4333b6c0",
    "gossip-copies": "ae172dcd12f0a192ff94d03abf9a0db2d3feec327aa8eb93989d6741bdaae240",
    "gossip-selective": "0e32c5ee21766df647ce46d66f38b5092ac51ee1d99ba3763928d8c1291ea27b",
    "hand-over-memory": "0240def9d6408c20ad89753a9274a163a18f146ccb0ddf4a7788b08cce90177c",
    "hlc": "0302dda99f52e19c83fdc202b3fcf834390c0a9dca0457fb3b4f8244f558bee0",
    "hlc-ceiling": "56b79e2c72a916c29170adafbba5628e5b19004fc673cb6e846734aa4681f52f",
    "hlc-lagging": "de117876be0df9247ab14b0c22f4838e6cc4af5648cebc4fd22e1b66f94e9ab9",
    "leader-schedule": "c135cf448ee41743b370f22ee5dca17d0d0c49680297115922dc47d181389088",
    "mpmc": "c5948d388766eabe1abb56f3a4ce0d3e657c49b390e10efaa6197d72062b674a",
    "multi-paxos": "59199bffbdad5b90baf75f36b243d94a9d0c12c62b306205320cb8c3af5ca69a",
    "mvcc": "2bee35e5bc11eb37b1255f315828c2ea2110911d57638ff76e02a26dc9ecc6b3",
    "mvcc-ceiling": "2ae580dee42ae93948bb2e1cee031cfa4f06ece967529c704792527f185205ab",
    "mvcc-replicas": "7e67bed704154da3785fe8e9edb484b0a5ff35b3f30ee1a9e600c74246635550",
    "network": "7f45efaeef30c1f6f9d7baa60d89540da238561d7ef37e293f987230b9e617c9",
    "occ": "329729800f8d2572eea7450ac8c87d139a808ad7e5d734f9117e60724ef2cdb1",
    "occ-resolver": "fbe4f5d9f892e4998a21e72084187b51e0f6319a5a6ff2d391c80b9f5f0e7825",
    "replication-convergence": "e2b50d57fe9320936cc1a7b0c20e6647b4e1608ba0db64490a7b304305027099",
    "replication-resync": "90caec1186a82f852358e54a75e476e9fbd3b2ffa2c99d467f76d1ae1b6f2334",
    "replication-wrapper": "b732630042abd8fd4ad9120a50fd0e67cb249a99760599f8fcac50d2bea4fd88",
    "ring-buffered": "430b1a4793bf5362d898317f19c89b43fc24de760fc013f6b59ecc85b1412dfc",
    "rotor": "91eefceb7024f022e3d6b89fe2bc20e0a10290e63d00d415371daa355591b953",
    "rotor-block": "7c4d091387f56b1e3f39ab9965cf4912aab4b50baa2e909a6c5c5f4955c56f50",
    "rotor-sampling": "7dad8a64a47f18ccbf8674ee36113b792f5122c9d389f42add06de893fa38487",
    "routes": "2302c0ea4d678a579976a761584fbd23cec858ce0b4fa84abcc8f12988b6ae87",
    "routes-ranges": "9d5be7c5553c85f74156e0cce157447e291944e60c49b2174a2d795480bf1cca",
    "routes-records": "5b8474a1f961724ca957cfa639651242cad8649fca51fa9576926c6cb5017a47",
    "seqlock": "6e30726752829ed43511384f270f13509e16b92a09cf4f4d5f65d3ddf6d8fda1",
    "seqlock-memory": "6cbdacaa91c1dd7844be46c1090621e26c2e77e29bd182a0e324f1c415e7ab80",
    "streaming-compaction": "5d524c72604c6a1190a828a53e8d8fd151cbd09105470d8bb1c11ab87d3419a7",
    "streaming-flush": "da4525b583a30831185f25e35fbdc0a8df65f013d5bc43a9f00546cb1ed6134a",
    "streaming-persistence": "36c04f8c3402974bd30e2f3d1691459abba25f5bdecfe27f029c9ef27a74bb9b",
    "timeouts": "c407061d1cd059c0060e10c924d04b712558570c210810ca1314e5fb6dd045ff",
    "votor": "a9c3278a7f65af4c3a30843e17cef5ad12a9b126f4e1d8a217ed209cd4363f3e",
    "votor-chain": "86d7efe47f9c169c2e1c9b13ca37949883be78dbcdef4678f75cab4d4fdc3b3e",
    "votor-classes": "8ea03bccea9b7d2e2df363e2e16f2b75a806d7b865cf301b00dff8c5d763c655",
    "votor-groups": "ad3f715afe1f5b85397973c21c6e983fae87d70ef26743ba7f24e6be52601e7d",
    "votor-ledger": "396ec34ca2bd1212762d755714a29b0b701472a591ed42d845230f412efd2dcc",
    "votor-slots": "f70d0f104abcfa636dee08a6ce32a9c91d5c2eb128a143dba32fd17885d764ca",
    "wal-durability": "1a72d057f4fe003825328c0d4c4b0f20166dfebf72880ddf700f0a43c24514bc",
    "wal-failed-sync": "e74cecd5420855a23aa9fe796b67646601f509c485d71addddc40869f5d09a58",
    "wal-replay": "46eeda29a06c32fbee0d847a6b745f31e2446f334c59cc3a054f0abe2b354598",
    "wal-rotation": "45d20a5306ce6872e52091e3c27a3b90e5503400a10aed78b50579dc9703427c",
    "wal-shards": "3d28e41e0f516d51f4ebda982c9dfc11176ea17d189cba4b20cf82f275db27db",
    "wal-stamps": "da054302193dca10923917c1d1e51e41e44ee08762e0331a9f888b088dba99f8",
    "wal-torn": "d511df1fe307a1c57109d17a6b31b327fe21368f5273005a3b28325d1abc10ef",
}
"""Traces and certificates that people have name these: one that changes makes them evidence of another model."""


def of(source: str, folder: Path) -> str:
    return digest(build(source, folder))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n@p.action", "\n# A comment, and lines.\n\n\n@p.action"),
        ("Does nothing of interest.", "Does nothing at all."),
        ("Versions are natural numbers.", "Another docstring."),
        ('Protocol("p", "test")', 'Protocol("p", "another title", source="somewhere")'),
        ("@p.invariant()", '@p.invariant(short="P-1")'),
        ("@p.invariant()", '@p.invariant(expected={"safe": violated(3)})'),
        ("@p.invariant()", '@p.lemma("a hint")\ndef Hint(s): return s.version >= 0\n\n@p.invariant()'),
        ('guard("ready", s.flag', 'flag = s.flag\n    guard("ready", flag'),
        ('p.search_bound("Max", 3)', 'p.search_bound("Max", 3, "meaning")'),
    ],
)
def test_it_does_not_see_what_has_no_meaning(tmp_path: Path, old: str, new: str) -> None:
    assert old in MODEL
    assert of(MODEL.replace(old, new), tmp_path) == of(MODEL, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('Protocol("p"', 'Protocol("q"'),
        ('"Max", 3', '"Max", 4'),
        ("p.search_bound", "p.parameter"),
        ("size=2", "size=3"),
        ('prefix="k"', 'prefix="key"'),
        ("Idle, Active, Done", "Idle, Active, Finished"),
        ("low=0, high=Max", "low=0, high=Max + 1"),
        ("capacity=3", "capacity=4"),
        ("Record, ordered=True", "Record"),
        ("version: Version = var(0)", "version: Version = var(1)"),
        ("version: Version = var(0)", "version: Version = var(anything)"),
        ("s.flag, other", "~s.flag, other"),
        ('guard("ready"', 'guard("steady"'),
        ('guard("ready", s.flag, other=~s.flag)', 'guard("ready", s.flag, other=s.flag)'),
        ('guard("ready", s.flag, other=~s.flag)', 'budget("ready", s.flag)'),
        ("s.flag = ~s.flag", "s.flag = s.flag | (s.version == 0)"),
        ("def Step(s: State, k: Key)", "def Step(s: State)"),
        ("def Step(", "def Steps("),
        ("def Inv(", "def Invariant("),
        ("s.version >= 0", "s.version >= 1"),
        ("@p.invariant()", 'p.variant("b", drops=["Step.ready"])\n\n@p.invariant()'),
        ("@p.invariant()", 'p.assume("a", Max >= 1)\n\n@p.invariant()'),
        ("@p.invariant()", "@p.constraint\ndef C(s): return s.flag\n\n@p.invariant()"),
        ("@p.invariant()", "@p.initially\ndef C(s): return s.flag\n\n@p.invariant()"),
        ("@p.invariant()", 'p.type_ok(variables=["version"])\n\n@p.invariant()'),
    ],
)
def test_it_changes_with_the_meaning(tmp_path: Path, old: str, new: str) -> None:
    assert old in MODEL
    assert of(MODEL.replace(old, new, 1), tmp_path) != of(MODEL, tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("forall(Key, lambda x: s.owned.contains(x))", "forall(Key, lambda y: s.owned.contains(y))"),
        (
            "forall(Key, lambda x: exists(Key, lambda y: x == y))",
            "forall(Key, lambda y: exists(Key, lambda x: y == x))",
        ),
    ],
)
def test_names_of_bound_variables_do_not_count(tmp_path: Path, one: str, other: str) -> None:
    first, second = (of(in_action(f'guard("a", {formula})'), tmp_path) for formula in (one, other))
    assert first == second


def test_which_variable_is_meant_counts(tmp_path: Path) -> None:
    found = {
        of(in_action(f'guard("a", forall(Key, lambda x: exists(Key, lambda y: {body})))'), tmp_path)
        for body in ("x == y", "y == x", "x == x", "y == y", "x == k", "k == y")
    }
    assert len(found) == 6


def test_sharing_of_terms_does_not_count(tmp_path: Path) -> None:
    shared = """
        inside = forall(Key, lambda x: s.owned.contains(x))
        guard("a", inside | (s.flag & inside))
        guard("b", exists(Key, lambda y: inside))
        """
    inside = "forall(Key, lambda x: s.owned.contains(x))"
    apart = f"""
        guard("a", {inside} | (s.flag & {inside}))
        guard("b", exists(Key, lambda y: {inside}))
        """
    assert of(in_action(shared), tmp_path) == of(in_action(apart), tmp_path)


def test_what_is_shared_across_binders_has_one_digest_only_if_it_says_the_same(tmp_path: Path) -> None:
    """The second formula is violated where some index is set and another is not; the first is a tautology."""
    head = "some = ~forall(Key, lambda x: s.owned.contains(x))\n"
    first, second = (
        of(in_property(f"{head}return implies(some, forall(Key, lambda y: {body}))"), tmp_path)
        for body in ("some", "~forall(Key, lambda x: s.owned.contains(y))")
    )
    assert first != second


@pytest.mark.parametrize("name", names())
def test_digests_of_the_built_in_protocols_stay(name: str) -> None:
    assert digest(load(name)) == BUILT_IN[name]


def test_variants_with_the_same_drops_in_another_order_are_the_same(tmp_path: Path) -> None:
    one, other = (
        of(in_module(f'p.variant("b", without={left_out})'), tmp_path)
        for left_out in (["issued", "seen"], ["seen", "issued"])
    )
    assert one == other


@pytest.mark.parametrize("name", ALL)
def test_every_construct_has_a_canonical_form(name: str) -> None:
    protocol = ALL[name]() if callable(ALL[name]) else ALL[name]
    canon = canonical(protocol)
    assert json.loads(json.dumps(canon)) is not None
    assert len(digest(protocol)) == 64
    # Every entry of the tables refers to earlier ones only.
    for number, (_, _, _, *args) in enumerate(canon["terms"]):
        assert all(arg < number for arg in args)


def test_it_does_not_depend_on_the_order_of_hashes() -> None:
    program = "import sys; from verifier.catalog import *; print(*(digest(load(name)) for name in sys.argv[1:]))"
    some = sorted(DAILY)
    printed = set()
    for seed in ("0", "1", "42"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, "-c", program, *some], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        printed.add(run.stdout.strip())
    assert printed == {" ".join(digest(load(name)) for name in some)}


@pytest.mark.parametrize(
    ("listed", "comprehended"),
    [
        ("{version + 1}", "x == version + 1"),
        ("{Stamp(wall=version + 1, logical=0)}", "x == Stamp(wall=version + 1, logical=0)"),
        ("{Stamp(wall=version + 1, logical=0), stamp}", "(x == stamp) | (x == Stamp(wall=version + 1, logical=0))"),
        (
            "image(Key, Stamp, lambda k: Stamp(wall=version + 1, logical=0))",
            "exists(Key, lambda k: x == Stamp(wall=version + 1, logical=0))",
        ),
    ],
)
def test_what_is_left_out_is_not_what_is_listed(tmp_path: Path, listed: str, comprehended: str) -> None:
    """An element outside its sort is undefined in a set that is listed, and no element in a comprehension."""
    element = "Stamp" if "Stamp" in listed else "Version"
    module = MODEL.replace("    seen:", f"    them: Set[{element}] = var(set())\n    seen:")
    found = set()
    for given in (listed, f"set_of({element}, lambda x: {comprehended})"):
        body = f"    version, stamp = s.version, s.stamp\n    s.them = {given}\n"
        found.add(of(f"{module}\n@p.action\ndef Other(s: State) -> None:\n{body}", tmp_path))
    assert len(found) == 2


def test_what_is_looked_at_counts(tmp_path: Path) -> None:
    """A union looks at both sets; a condition with the same words looks at the second only where it has to."""
    given = (
        "s.owned | s.held[s.leader.value]",
        "set_of(Key, lambda x: s.owned.contains(x) | s.held[s.leader.value].contains(x))",
    )
    module = MODEL.replace("    seen:", "    held: Fn[Key, Set[Key]] = var(set())\n    seen:")
    found = {of(f"{module}\n@p.action\ndef Other(s: State) -> None:\n    s.owned = {value}\n", tmp_path) for value in given}
    assert len(found) == 2


def test_the_elements_of_a_listing_have_one_order_even_if_they_read_alike(tmp_path: Path) -> None:
    """Two variables of one name, a label and a variable: texts alone do not say which comes first."""
    source = in_action('guard("a", forall(Key, lambda x: (lambda y: forall(Key, lambda x: s.owned == {y, x}))(x)))')
    path = tmp_path / "model.py"
    path.write_text(source)
    program = f"from verifier.catalog import *; print([digest(load({str(path)!r})) for _ in range(20)])"
    printed = set()
    for seed in ("0", "1", "42"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        printed |= set(run.stdout.strip("[]\n").split(", "))
    assert len(printed) == 1
