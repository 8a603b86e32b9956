"""Key and address of the hosted ScaleDown API: from code, else from the environment.

``SCALEDOWN_API_KEY`` and ``SCALEDOWN_API_URL`` are read when they are needed, not at import. What is set in code goes
before the environment and holds for the process; what a compressor is given goes before both. Nothing here is needed
for local compression, and nothing is ever written to disk.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from laconic.exceptions import AuthenticationError, ConfigurationError

__all__ = [
    "API_KEY_VARIABLE", "API_URL_VARIABLE", "DEFAULT_API_URL", "get_api_key", "get_api_url", "set_api_key",
    "set_api_url",
]  # fmt: skip

API_KEY_VARIABLE = "SCALEDOWN_API_KEY"
API_URL_VARIABLE = "SCALEDOWN_API_URL"
DEFAULT_API_URL = "https://api.scaledown.xyz"

_set: dict[str, str] = {}


def set_api_key(api_key: str | None) -> None:
    """Use ``api_key`` for every later hosted call that is not given its own; None forgets it.

    Raises:
        AuthenticationError: blank, or with a character that an HTTP header cannot carry.
    """
    _store(API_KEY_VARIABLE, None if api_key is None else checked_api_key(api_key))


def get_api_key(api_key: str | None = None) -> str | None:
    """The key of a hosted call: ``api_key`` where given, else what `set_api_key` set, else the environment's.

    Returns:
        None when there is none anywhere; an empty environment variable counts as none.

    Raises:
        AuthenticationError: the key cannot be sent; the message never holds it.
    """
    found = api_key if api_key is not None else _set.get(API_KEY_VARIABLE) or os.environ.get(API_KEY_VARIABLE) or None
    return None if found is None else checked_api_key(found)


def set_api_url(url: str | None) -> None:
    """Use ``url`` as the API's address for every later hosted call that is not given its own; None forgets it.

    Raises:
        ConfigurationError: not an http(s) address, or one that carries a user name, a query or a fragment.
    """
    _store(API_URL_VARIABLE, None if url is None else _checked_url(url, "url"))


def get_api_url(url: str | None = None) -> str:
    """The address of the API: ``url``, else what `set_api_url` set, else the environment's, else the default.

    Returns:
        The address without a closing slash.

    Raises:
        ConfigurationError: not an http(s) address, or one that carries a user name, a query or a fragment.
    """
    if url is not None:
        return _checked_url(url, "url")
    if API_URL_VARIABLE in _set:
        return _set[API_URL_VARIABLE]
    return _checked_url(os.environ.get(API_URL_VARIABLE) or DEFAULT_API_URL, API_URL_VARIABLE)


def checked_api_key(api_key: object) -> str:
    """``api_key`` without outer white space.

    Raises:
        AuthenticationError: not a string, blank, or with a character that an HTTP header cannot carry. An HTTP client
            would put the whole header into its message; this one names the position only.
    """
    if not isinstance(api_key, str):
        raise AuthenticationError(f"the API key is a {type(api_key).__name__}: give the string that ScaleDown issued")
    key = api_key.strip()
    if not key:
        raise AuthenticationError(f"the API key is blank: pass api_key=, call set_api_key() or set {API_KEY_VARIABLE}")
    for at, character in enumerate(key):
        if not "!" <= character <= "~":
            raise AuthenticationError(
                f"the API key holds U+{ord(character):04X} at position {at}, which no HTTP header can carry: "
                "copy the key again"
            )
    return key


def _store(name: str, value: str | None) -> None:
    if value is None:
        _set.pop(name, None)
    else:
        _set[name] = value


def _checked_url(url: object, name: str) -> str:
    if not isinstance(url, str):
        raise ConfigurationError(f"{name} is a {type(url).__name__}: give an address such as {DEFAULT_API_URL!r}")
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:  # a bracket or a port that cannot be read
        raise ConfigurationError(f"{name} is no address ({error}): give one such as {DEFAULT_API_URL!r}") from error
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        # a secret may stand in any of these, so the message does not show them
        raise ConfigurationError(
            f"{name} carries more than an address: leave out user name, query and fragment, and give the key by api_key"
        )
    if not usable:
        raise ConfigurationError(f"{name} is {url!r}: give an http(s) address such as {DEFAULT_API_URL!r}")
    return url.strip().rstrip("/")
