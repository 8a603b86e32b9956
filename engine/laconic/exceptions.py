"""Every error that laconic raises on purpose.

::

    LaconicError = ScaleDownError            base of all, under the name that ScaleDown documents too
    ├── ConfigurationError (ValueError)      an option that cannot work, refused at construction
    │   ├── BudgetError                      a token budget, rate or recall outside its range
    │   └── UnknownOptionError (TypeError)   an option that does not exist; names the nearest one that does
    ├── InputError (ValueError)              passages, queries or files that cannot be read as text
    │   └── ProjectIndexError                the index of a project is absent, damaged, locked or of another version
    ├── MissingDependencyError (ImportError) an optional package is not installed; names the extra
    ├── WeightsError                         a shipped or user-given model file is damaged or of another version
    ├── OptimizerError                       a local optimizer could not do its work
    ├── AuthenticationError                  the hosted API refused the key, or there is none
    └── APIError                             the hosted API failed or answered something unusable

Errors that mean a bug (TypeError, KeyError …) are never wrapped.
"""

from __future__ import annotations

from os import PathLike

__all__ = [
    "APIError",
    "AuthenticationError",
    "BudgetError",
    "ConfigurationError",
    "InputError",
    "LaconicError",
    "MissingDependencyError",
    "OptimizerError",
    "ProjectIndexError",
    "ScaleDownError",
    "UnknownOptionError",
    "WeightsError",
]


class LaconicError(Exception):
    """Base of every error that laconic raises on purpose."""


ScaleDownError = LaconicError
"""The name that ScaleDown documents for the base of all its errors: ``except ScaleDownError`` catches every one."""


class ConfigurationError(LaconicError, ValueError):
    """An option has a value that cannot work; raised where the option is given, not where it is used."""


class BudgetError(ConfigurationError):
    """``max_tokens``, ``rate`` or ``recall`` is outside its range."""


class UnknownOptionError(ConfigurationError, TypeError):
    """An option, argument or key that does not exist; the message names the nearest, and all that there are."""


class InputError(LaconicError, ValueError):
    """The passages or the query cannot be read as Unicode text; the message names which one."""


class ProjectIndexError(InputError):
    """The index of a project cannot be used.

    Args:
        path: of its file.
        problem: what is wrong with it, completing "the index PATH …".
        fix: what to do about it.
    """

    def __init__(self, path: str | PathLike[str], problem: str, fix: str) -> None:
        super().__init__(f"the index {path} {problem}: {fix}")
        self.path = path
        self.problem = problem
        self.fix = fix

    def __reduce__(self) -> tuple[type[ProjectIndexError], tuple[str | PathLike[str], str, str]]:
        """As it was made, so that it comes out of a process pool."""
        return type(self), (self.path, self.problem, self.fix)


class MissingDependencyError(LaconicError, ImportError):
    """An optional package is needed for what was asked.

    Args:
        package: the distribution that is missing, as the package index spells it.
        extra: the extra of laconic that installs it.
        purpose: what it is needed for, completing "… is needed for".
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{package} is needed for {purpose}. Install it with: pip install 'laconic[{extra}]'")
        self.package = package
        self.extra = extra
        self.purpose = purpose

    def __reduce__(self) -> tuple[type[MissingDependencyError], tuple[str, str, str]]:
        """As it was made, so that it comes out of a process pool."""
        return type(self), (self.package, self.extra, self.purpose)


class WeightsError(LaconicError):
    """A model file is truncated, of another version, or of the wrong shape."""


class OptimizerError(LaconicError):
    """A local optimizer could not do its work; the message says what to do."""


class AuthenticationError(LaconicError):
    """The hosted API's key is missing, invalid or expired."""


class APIError(LaconicError):
    """The hosted API failed, timed out, or answered something unusable.

    ``status`` is the HTTP status (None when no answer came), ``request_id`` the server's own id for the call where
    it sent one.
    """

    def __init__(self, message: str, *, status: int | None = None, request_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id
