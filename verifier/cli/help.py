"""Texts for `--help` and `--version`."""

from __future__ import annotations


def example(*commands: str) -> str:
    """The epilogue of a command's help: one or two complete commands."""
    return "\b\n" + "\n".join(("Example:" if len(commands) == 1 else "Examples:", *(f"  {line}" for line in commands)))


def versions() -> dict[str, str]:
    """The versions of this tool, of the solvers it uses, and of Python."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from verifier._version import __version__

    result = {"verify": __version__}
    for name, distribution in (("z3", "z3-solver"), ("cvc5", "cvc5"), ("python-sat", "python-sat")):
        try:
            result[name] = version(distribution)
        except PackageNotFoundError:
            result[name] = "not installed"
    return {**result, "Python": platform.python_version()}
