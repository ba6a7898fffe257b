"""Names of the published interface: scenarios, profiles, properties, and the name of each here."""

from __future__ import annotations

from typing import Any

SCENARIOS = {
    "safety": "safety_properties",
    "liveness": "liveness_properties",
    "byzantine": "byzantine_resilience",
    "integration": "integration_tests",
    "economic": "economic_model",
    "vrf": "vrf_leader_selection",
    "adaptive": "adaptive_timeouts",
}
"""The scenarios by short name."""

DEFAULT = ("safety", "liveness", "byzantine")
RESERVED = "run"


def scenario_of(name: str) -> str | None:
    """The scenario of a short or long name; None if there is none."""
    return SCENARIOS.get(name, name if name in SCENARIOS.values() else None)


def _profile(n: int, byzantine: int, rounds: int, delay: int, timeout: int, depth: int, **more: bool) -> dict[str, Any]:
    return {
        "validators": n,
        "byzantine_count": byzantine,
        "offline_count": byzantine,
        "max_rounds": rounds,
        "network_delay": delay,
        "timeout_ms": timeout,
        "exploration_depth": depth,
        "leader_window_size": 4,
        "adaptive_timeouts": True,
        "vrf_enabled": True,
        **more,
    }


PROFILES = {
    "small": _profile(5, 1, 10, 100, 5000, 1000),
    "medium": _profile(10, 2, 20, 200, 10000, 5000),
    "large": _profile(20, 4, 50, 500, 30000, 10000),
    "boundary": _profile(7, 1, 15, 150, 7500, 2500, test_edge_cases=True),
    "stress": _profile(15, 3, 100, 1000, 60000, 20000, network_partitions=True, stress_test=True),
}
"""The published configurations."""

TLA_CONFIGURATIONS = {
    "small": "Small",
    "medium": "Medium",
    "large": "Medium",
    "boundary": "Boundary",
    "stress": "EdgeCase",
}

ALIASES: dict[str, dict[str, str | None]] = {
    "safety_properties": {
        "no_conflicting_finalization": "NoConflictingFinalization",
        "certificate_uniqueness": "NotarizationUnique",
        "chain_consistency": "ChainConsistency",
        "certificate_validity": "CertificateValidity",
        "vote_integrity": "HonestInitialVoteUnique",
        "finalization_safety": "FinalCertHasNotarCert",
        "byzantine_resilience": "CertifiedHasHonestNotar",
        "bandwidth_limits": "BandwidthSuffices",
        "erasure_coding_validity": "ReconstructNeedsGamma",
        "actor_model_consistency": None,
        "tla_specification_consistency": None,
    },
    "liveness_properties": {
        "eventual_progress": "EventualProgress",
        "fast_path_liveness": None,
        "slow_path_liveness": "EventualProgress",
        "bounded_finalization": None,
        "view_progress": "WindowProgress",
        "leader_rotation": None,
        "network_recovery": "EventualDeliveryInTime",
        "byzantine_tolerance": "SlotDecided",
        "timeout_based_progress": "SlotDecided",
        "cross_component_liveness": None,
        "tla_cross_validation": None,
    },
    "byzantine_resilience": {
        "byzantine_validator_tolerance": "NoConflictingFinalization",
        "double_voting_detection": "double-vote/NoConflictingFinalization",
        "invalid_block_rejection": None,
        "equivocation_handling": "NotarizationUnique",
        "withholding_attacks": "SlotDecided",
        "offline_validator_tolerance": "EventualProgress",
        "validator_recovery": None,
        "mixed_failures": "SlotDecided",
        "coordinated_byzantine_attack": "CertifiedHasHonestNotar",
        "adaptive_byzantine_behavior": None,
        "byzantine_leader_scenarios": "SlotDecided",
        "maximum_byzantine_threshold": "byz20/NoConflictingFinalization",
        "long_running_byzantine_presence": "ChainConsistency",
        "network_partition_resilience": "PartitionIsolation",
        "partition_recovery": "EventualDeliveryInTime",
        "minority_partition_safety": "DueIsDeliverable",
        "combined2020_resilience_model": "EventualProgress",
        "stake_based_byzantine_tolerance": "byz20/NoConflictingFinalization",
        "byzantine_validator_detection": None,
        "various_byzantine_behaviors": "NoConflictingFinalization",
    },
    "integration_tests": {
        "votor_rotor_integration": "NotarRequiresBlock",
        "stake_proportional_bandwidth": None,
        "cross_component_failure_detection": None,
        "time_synchronization": None,
        "network_message_processing": "DecodedByTwoDelta",
        "end_to_end_protocol_flow": "EndToEndProgress",
        "system_recovery_mechanisms": "SkipOnCrash",
        "stress_scenarios": "stress/Availability",
        "external_stateright_integration": None,
        "tla_cross_validation": None,
    },
    "economic_model": {
        "stake_calculations": "StakeConservation",
        "leader_selection": None,
        "economic_incentives": "RewardMonotone",
        "byzantine_penalties": "SlashBounded",
        "economic_security": "NoHonestSlashed",
        "bandwidth_allocation": None,
        "economic_attacks": None,
        "validator_dynamics": None,
        "tla_cross_validation": None,
        "economic_scalability": "stress/StakeConservation",
    },
    "vrf_leader_selection": {
        "vrf_key_generation": None,
        "vrf_proof_verification": "OnlyLeaderSigns",
        "leader_selection_algorithm": "PickTotalUnique",
        "stake_weighted_fairness": "PickProportional",
        "leader_window_functionality": "WindowConstant",
        "vrf_randomness_properties": None,
        "vrf_attack_resistance": "ScheduleAgreement",
        "consensus_integration": None,
        "vrf_performance": None,
    },
    "adaptive_timeouts": {
        "timeout_calculation_algorithms": "TimeoutBounds",
        "network_condition_adaptation": "NoGrowthWithoutAlarm",
        "network_scenario_handling": None,
        "timeout_progress_guarantees": "EventuallyLongEnough",
        "timeout_synchronization": None,
        "timeout_attack_protection": None,
        "gst_violation_scenarios": None,
        "timeout_consensus_integration": None,
        "tla_timing_cross_validation": None,
    },
}
"""For each scenario, the names that the published programs report, and the property for each here; None if there is none."""
