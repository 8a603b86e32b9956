"""The projects that a server answers for, by name."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event, Lock, Thread

from laconic.exceptions import ConfigurationError, InputError, LaconicError, ProjectIndexError
from laconic.project.index import ProjectIndex

__all__ = ["Projects"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_WATCH_STOPS_S = 5.0  # how long closing waits for a watcher; it looks at its stop event several times a second

_log = logging.getLogger(__name__)


class Projects:
    """Source trees by name; the index of each is opened when it is first asked for, and kept open.

    Args:
        roots: name to root folder. A name stands in URLs: letters, digits, ``.``, ``_`` and ``-``, not beginning with a
            dot.

    Raises:
        ConfigurationError: there is no project, a name cannot stand in a URL, or a root is not a folder.

    Share one between threads. Who asks for a project that has no index yet waits until it is built.
    """

    def __init__(self, roots: Mapping[str, str | Path]) -> None:
        if not roots:
            raise ConfigurationError("there is no project: give at least one as NAME=PATH")
        self.roots = {_checked_name(name): _checked_root(root) for name, root in roots.items()}
        self._open: dict[str, ProjectIndex] = {}
        self._locks = {name: Lock() for name in self.roots}
        self._stop = Event()
        self._watchers: list[Thread] = []

    @classmethod
    def named(cls, projects: list[str]) -> Projects:
        """Of ``NAME=PATH``, or of ``PATH`` alone, whose last folder is then the name.

        Raises:
            ConfigurationError: as for the constructor, and where two have the same name.
        """
        roots: dict[str, Path] = {}
        for project in projects:
            name, equals, path = project.partition("=")
            root = Path(path if equals else project)
            name = name if equals else re.sub(r"[^A-Za-z0-9._-]+", "-", root.resolve().name).strip(".-") or "project"
            if name in roots:
                raise ConfigurationError(f"two projects are named {name!r}: give one another name, as NAME=PATH")
            roots[name] = root
        return cls(roots)

    def __contains__(self, name: object) -> bool:
        return name in self.roots

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.roots))

    def index(self, name: str, on_progress: Callable[[int, int, str], None] | None = None) -> ProjectIndex:
        """A project's index; where there is none that is whole, it is built before this returns.

        Raises:
            InputError: there is no such project; the message names those that there are.
            ProjectIndexError: it cannot be indexed.
        """
        if name not in self.roots:
            raise InputError(f"there is no project {name!r}: there is {', '.join(self)}")
        with self._locks[name]:
            if name not in self._open:
                root = self.roots[name]
                self._open[name] = _whole(root) or ProjectIndex.build(root, on_progress=on_progress)
            return self._open[name]

    def start(self, *, watch: bool = True) -> None:
        """Bring all indexes up to date, in threads of their own, and where ``watch`` keep them so until `close`."""
        for name in self:
            thread = Thread(target=self._keep, args=(name, watch), name=f"laconic {name}", daemon=True)
            thread.start()
            self._watchers.append(thread)

    def _keep(self, name: str, watch: bool) -> None:
        try:
            index = self.index(name)
            if watch:
                index.watch(stop=self._stop)
            else:
                index.update()
        except LaconicError as error:
            _log.warning("project %s is not kept fresh: %s", name, error)
        except Exception:  # noqa: BLE001 - a watcher that dies must not take the server with it, nor be silent
            _log.exception("project %s is not kept fresh", name)

    def close(self) -> None:
        """Stop watching and close what is open."""
        self._stop.set()
        for thread in self._watchers:
            thread.join(_WATCH_STOPS_S)
        for index in self._open.values():
            index.close()
        self._open.clear()


def _whole(root: Path) -> ProjectIndex | None:
    """The index that a project has, None where it has none that can be used as it is."""
    try:
        index = ProjectIndex.open(root)
    except ProjectIndexError:
        return None  # what is wrong with it, building says
    if index.complete:
        return index
    index.close()
    return None


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"project name {name!r} cannot stand in a URL: use letters, digits, '.', '_' and '-', no dot in front"
        )
    return name


def _checked_root(root: str | Path) -> Path:
    path = Path(root)
    if not path.is_dir():
        raise ConfigurationError(f"root {str(root)!r} {'is not a folder' if path.exists() else 'does not exist'}")
    return path.resolve()
