"""A process that checks certificates changes no file, whatever third-party text makes a solver do.

Where the kernel has Landlock, the process asks it to refuse every change of the file system. Elsewhere the process loads every
module that may be needed, then lowers the limit of open files to the descriptors in use, so nothing more can be opened. This
does not prevent deleting or renaming files, which needs no open file.

Source: the kernel's documentation, "Landlock: unprivileged access control", and landlock(7).
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pkgutil
import resource
import sys
from contextlib import suppress

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # system calls, by the same numbers on all architectures but Alpha
_VERSION = 1 << 0  # a flag of the first: return the version
_SET_NO_NEW_PRIVILEGES = 38  # an option of prctl
_CHANGES = {
    1: sum(1 << right for right in (1, *range(4, 13))),  # write to files; remove and create files of any kind
    2: 1 << 13,  # move between folders
    3: 1 << 14,  # truncate
    5: 1 << 15,  # control devices
}
"""The rights that Landlock can refuse, by the version that introduced them."""

_LOADED = ("verifier.semantics", "verifier.evidence", "verifier.proof")
"""Packages any module of which may be used in checking a certificate."""


def confine(solvers: tuple[str, ...]) -> None:
    """Permanently takes the right to change files from this process and its future threads, which will use these solvers."""
    if not refuse_changes():
        for name in ("traceback", *solvers):
            importlib.import_module(name)
        for name in _LOADED:
            package = importlib.import_module(name)
            for module in pkgutil.walk_packages(package.__path__, f"{name}."):
                importlib.import_module(module.name)
        open_nothing()


def refuse_changes() -> bool:
    """Makes Landlock refuse every change of the file system. Returns whether the kernel does so."""
    if not sys.platform.startswith("linux"):
        return False
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None, use_errno=True)
        version = library.syscall(_CREATE_RULESET, None, 0, _VERSION)
        if version < 1:
            return False
        handled = ctypes.c_uint64(sum(rights for since, rights in _CHANGES.items() if since <= version))
        ruleset = library.syscall(_CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0)
        if ruleset < 0:
            return False
        # No rule allows anything that the ruleset handles.
        kept = library.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        done = kept == 0 and library.syscall(_RESTRICT_SELF, ruleset, 0) == 0
        os.close(ruleset)
        return bool(done)
    return False


def open_nothing() -> None:
    """Lowers the limit of open files until no file can be opened. Open files stay open."""
    descriptor = os.dup(0)  # the lowest number that is free
    os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor, descriptor))
