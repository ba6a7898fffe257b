"""Parts that several models share, written in the language: networks, crashes, timers, quorums, relations.

Everything here builds terms that a model could have written itself; no semantics knows of it.
"""
