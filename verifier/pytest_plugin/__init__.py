"""A pytest plugin: files of protocols are collected, with one test for each property of each variant.

pytest loads this module wherever verify is installed, so it imports nothing from verify; unless protocols are requested, it
only adds options and one marker, and takes no part in the run.
"""

from __future__ import annotations

import pytest

_OPTIONS = (
    ("k", "N", "bound for unrolling and k-induction (8)"),
    ("scope", "SCOPE", "published or unbounded (published)"),
    ("timeout", "SECONDS", "for the properties of one variant together (no limit)"),
    ("memory", "MB", "for the properties of one variant together (no limit)"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; each option for proving exists on the command line and in the configuration."""
    group = parser.getgroup("verify", "verify: protocols as tests")
    group.addoption(
        "--verify",
        action="store_true",
        help="collect the Python files named on the command line as protocols, unless they are test files (python_files)",
    )
    parser.addini("verify_files", "globs of files of protocols, relative to the root folder", type="args", default=[])
    parser.addini(
        "verify_open", "PROTOCOL:VARIANT:PROPERTY that may be BOUNDED or UNKNOWN, as globs", type="linelist", default=[]
    )
    for name, metavar, about in _OPTIONS:
        group.addoption(f"--verify-{name}", metavar=metavar, help=about)
        parser.addini(f"verify_{name}", about)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and take part in the collection if there are protocols to collect."""
    config.addinivalue_line(
        "markers", "verify(protocol, variant, kind, scope): a property of a protocol, collected by verify"
    )
    if config.getoption("--verify") or config.getini("verify_files"):
        from verifier.pytest_plugin.collecting import Collecting

        config.pluginmanager.register(Collecting(config), "verify-collecting")
