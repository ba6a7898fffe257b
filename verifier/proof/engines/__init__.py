"""The engines: bounded unrolling and k-induction in lock-step, explicit search. None knows a protocol by name."""
