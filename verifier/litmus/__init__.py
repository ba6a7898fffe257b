"""Litmus tests in herd's format: files read as programs of the library, and their executions shown."""
