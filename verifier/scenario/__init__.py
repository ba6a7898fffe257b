"""The published scenarios: from a configuration to questions, from their answers to a report."""
