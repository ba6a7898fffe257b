"""The evidence of a verdict: traces as ITF documents and their re-execution, certificates and their check."""
