"""The nightly job: suites of obligations, their execution in parallel, and the store of verdicts between runs."""
