"""The effect of each field of a configuration on the verdicts, or the reason why it has none."""

from __future__ import annotations

EFFECTS = {
    "validators": "the number of validators",
    "byzantine_count": "the number of Byzantine validators; which ones they are is said above",
    "offline_count": "the number of offline validators, the next ones",
    "max_rounds": "the slots of ChainConsistency and FinalizedChainNotarized: above three the proof is for any number; "
    "other properties are of one slot, or of a fixed number that each entry gives",
    "network_delay": "Delta of the timeouts, in ms; the network and the integrated model count time in Delta, so that no delay "
    "changes them",
    "timeout_ms": "the time for each property, unless a total is given; no constant of the protocol",
    "exploration_depth": "the greatest depth of unrolling, up to 10,000; complete methods may stop earlier",
    "leader_window_size": "the slots of a window: of timeouts and of leaders up to eight, of WindowProgress up to two; 0 is read "
    "as 1",
    "adaptive_timeouts": "true: timeouts grow in a standstill; false: the longest timeout is the first one",
    "vrf_enabled": "true: leaders are drawn; false: they take turns, and properties of draws are not modelled",
    "network_partitions": "true: adds the properties of partitions to byzantine_resilience",
    "stress_test": "true: four times the time for each property, and the stress properties, for any number of validators",
    "test_edge_cases": "true: adds rules that are too weak, which have to break",
    "stake_distribution": "the stakes; null: all are 1",
    "bandwidth_limit": "none: a relay sends less than it can whatever its capacity is (BandwidthSuffices of rotor-sampling), and "
    "no limit changes that",
    "erasure_coding": "the shreds that decode a slice, and all of them; null: 2 of 4",
    "fast_path_threshold": "the share of the fast path, exactly, unless the thresholds are the published ones",
    "slow_path_threshold": "the share of all other certificates, likewise",
}
"""The effect by the name of the field."""
