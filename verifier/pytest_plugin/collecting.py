"""Collection of protocol files and their tests: file, variant, property. Only a worker process executes a model's file."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from verifier.cli.messages import error_text
from verifier.jobs.arguments import SCOPES
from verifier.kernel.errors import Error

if TYPE_CHECKING:
    from verifier.documents.listing import ListedProperty, ListedProtocol
    from verifier.documents.result import Result

_LOADING = 60.0  # seconds in which a model must be loaded
FOLDER = "verify_folder"
"""The folder in which the workers of pytest-xdist share results."""


@dataclass(frozen=True)
class Options:
    """The options for proving properties, from the command line or else the configuration."""

    k: int
    scope: str
    timeout: float | None
    memory: int | None
    open: tuple[str, ...]

    @classmethod
    def of(cls, config: pytest.Config) -> Options:
        """Raises pytest.UsageError if a value has the wrong type."""

        def given(name: str) -> Any:
            return config.getoption(f"--verify-{name}") or config.getini(f"verify_{name}") or None

        def number(name: str, kind: type) -> Any:
            try:
                return None if given(name) is None else kind(given(name))
            except ValueError:
                raise pytest.UsageError(f"verify_{name}: {given(name)} is not a number") from None

        scope = given("scope") or "published"
        if scope not in SCOPES:
            raise pytest.UsageError(f"verify_scope: {scope} is not a scope: {' or '.join(SCOPES)}")
        k = number("k", int)
        timeout, memory = number("timeout", float), number("memory", int)
        return cls(8 if k is None else k, scope, timeout, memory, tuple(config.getini("verify_open")))


class Collecting:
    """The part of the plugin that is active only if protocols are requested."""

    def __init__(self, config: pytest.Config) -> None:
        self.options = Options.of(config)
        self.config = config
        self.globs = tuple(config.getini("verify_files"))
        self.named = bool(config.getoption("--verify"))
        # The input that pytest-xdist's controller gives each worker.
        self.folder: str | None = getattr(config, "workerinput", {}).get(FOLDER)
        self._made: str | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Generator[None, Any, Any]:
        """Collect a file of protocols, in place of the module that pytest would create for a named file."""
        collected = yield
        if file_path.suffix != ".py":
            return collected
        is_test = any(_matches(glob, file_path, self.config.rootpath) for glob in self.config.getini("python_files"))
        listed = any(_matches(glob, file_path, self.config.rootpath) for glob in self.globs)
        if not listed and not (self.named and not is_test and parent.session.isinitpath(file_path)):
            return collected
        others = [node for node in collected if is_test or not isinstance(node, pytest.Module)]
        return [*others, ProtocolFile.from_parent(parent, path=file_path, collecting=self)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker of pytest-xdist the folder for results."""
        if self._made is None:
            self._made = tempfile.mkdtemp(prefix="verify-pytest-")
        node.workerinput[FOLDER] = self._made

    def pytest_unconfigure(self) -> None:
        """Remove the folder, at the end of the run."""
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)


def _matches(glob: str, path: Path, root: Path) -> bool:
    """Whether a path matches a glob: by its name alone, or relative to the root folder if the glob names folders."""
    if "/" not in glob:
        return fnmatch(path.name, glob)
    return path.is_relative_to(root) and fnmatch(path.relative_to(root).as_posix(), glob.removeprefix("./"))


class ProtocolFile(pytest.File):
    """A file that defines a protocol."""

    def __init__(self, *, collecting: Collecting, **others: Any) -> None:
        super().__init__(**others)
        self.collecting = collecting

    def collect(self) -> Iterator[VariantOf]:
        """The variants of the protocol.

        Raises:
            CollectError: the file does not describe a protocol; the message is for people.
        """
        from verifier.api import list_protocols

        try:
            (protocol,) = list_protocols(self.path, timeout=_LOADING).protocols
        except Error as error:
            raise self.CollectError(error_text(error)) from None
        for variant in protocol.variants:
            yield VariantOf.from_parent(self, name=variant, protocol=protocol)


class VariantOf(pytest.Collector):
    """A variant of a protocol. Its properties are proved together, when the first of their tests is run."""

    parent: ProtocolFile

    def __init__(self, *, protocol: ListedProtocol, **others: Any) -> None:
        super().__init__(**others)
        self.protocol = protocol
        self._answer: Result | Error | None = None

    def collect(self) -> Iterator[PropertyTest]:
        """The properties that the variant states, in the order of the model."""
        for prop in self.protocol.properties:
            if self.name in prop.expected:
                yield PropertyTest.from_parent(self, name=prop.name, prop=prop)

    def result(self) -> Result:
        """The verdicts on the properties whose tests run.

        Raises:
            Error: the proof gave no result.
        """
        if self._answer is None:
            try:
                self._answer = self._shared()
            except Error as error:
                self._answer = error
        if isinstance(self._answer, Error):
            raise self._answer
        return self._answer

    def _shared(self) -> Result:
        """The result, which the workers of pytest-xdist share: one of them makes it, and the others wait."""
        folder = self.parent.collecting.folder
        if folder is None:
            return self._proved()
        import fcntl
        from hashlib import sha256

        from verifier.documents.result import Result

        file = Path(folder, sha256(self.nodeid.encode()).hexdigest()).with_suffix(".json")
        with file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if file.exists():
                return Result.model_validate_json(file.read_bytes())
            result = self._proved()
            file.write_text(result.to_json(), encoding="utf-8")
            return result

    def _proved(self) -> Result:
        from verifier.api import prove

        options = self.parent.collecting.options
        items = [item for item in self.session.items if isinstance(item, PropertyTest) and item.parent is self]
        # The unbounded scope rejects names that it does not state, so all are requested there; the published scope states all.
        named = [item.name for item in items] if options.scope == "published" else []
        # The name on the command line, for the commands in reports.
        here = os.path.relpath(self.path)
        return prove(
            f"{self.path if here.startswith(os.pardir) else here}:{self.name}",
            properties=named,
            liveness=any(item.prop.kind == "liveness" for item in items),
            k=options.k,
            scope=options.scope,
            timeout=options.timeout,
            memory=options.memory,
        )


class PropertyTest(pytest.Item):
    """A property of a variant, with its expectation."""

    parent: VariantOf

    def __init__(self, *, prop: ListedProperty, **others: Any) -> None:
        super().__init__(**others)
        self.prop = prop
        self.options = self.parent.parent.collecting.options
        called = {"protocol": self.parent.protocol.name, "variant": self.parent.name}
        self.add_marker(pytest.mark.verify(**called, kind=prop.kind, scope=self.options.scope))
        self.extra_keyword_matches.update({prop.name, prop.published_name or prop.name, self.parent.protocol.name})

    def runtest(self) -> None:
        """Compare the verdict with the expectation."""
        from verifier.pytest_plugin.judging import judge

        judge(self, self.parent.result())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report of the failure; pytest reports failures that do not concern the model."""
        from verifier.pytest_plugin.judging import Unmet, representation

        if isinstance(excinfo.value, Unmet):
            return representation(self, excinfo.value.said, excinfo.value.report)
        if isinstance(excinfo.value, Error):
            return representation(self, error_text(excinfo.value).splitlines()[0], error_text(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The location of the test: its file, its line if known, its name."""
        line = None if self.prop.at is None else self.prop.at.line - 1
        return self.path, line, f"{self.parent.name}: {self.name}"
