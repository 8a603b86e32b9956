"""A model as a judge: any server that speaks OpenAI's chat completions.

The model answers the question from what is left of the context, and the answer is compared: with the row's answers by
their words, else by asking the model whether both say the same; where a row has no answers, with what the same model
answers from the whole context. So a row without labels measures whether compression changes the answer.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from laconic._utils.http import ExchangeError, Reply, exchange, key_unlogged, retry_after, run_to_end, told
from laconic._utils.secret import Secret
from laconic.evaluation.judging import holds, normalised
from laconic.evaluation.rows import Row
from laconic.exceptions import APIError, AuthenticationError, ConfigurationError, MissingDependencyError

__all__ = ["EndpointJudge"]

KEY_VARIABLE = "LACONIC_JUDGE_KEY"
_OPENAI_HOST, _OPENAI_KEY = "api.openai.com", "OPENAI_API_KEY"
_PATH = "/chat/completions"

_ANSWER = (
    "Answer the question from the context alone, in as few words as possible. If the context does not hold the answer, "
    "reply with the one word UNKNOWN."
)
_SAME = "Do the two answers say the same for the question? Reply with one word, YES or NO."
_UNKNOWN = "unknown"

_RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504})
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_LARGEST_REPLY_BYTES = 4 * 2**20


class EndpointJudge:
    """Judges by a model behind ``POST {url}/chat/completions``.

    Args:
        url: where the API lives (``http://localhost:8000/v1``), or the full address of the endpoint.
        model: name that the server knows.
        api_key: sent as a bearer token; None reads ``LACONIC_JUDGE_KEY``, and ``OPENAI_API_KEY`` where the address is
            OpenAI's own. Without a key none is sent, as local servers want none.
        timeout: seconds, > 0, until an answer must be there whole.
        max_retries: further tries after a broken connection, status 408, 409, 429 or 5xx. A timeout is not retried.
        options: further fields of the request, in place of ``{"temperature": 0}``.
        sleep: how to wait; for tests.

    Questions and contexts leave this machine unless the address is on it.

    Raises:
        ConfigurationError: an argument that cannot work.
        MissingDependencyError: httpx is not installed.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api_key: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
        options: Mapping[str, Any] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if find_spec("httpx") is None:
            raise MissingDependencyError("httpx", "hosted", "a judge behind an address")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"the judge's url is {url!r}: give an address as http://localhost:8000/v1")
        if not isinstance(model, str) or not model.strip():
            raise ConfigurationError("the judge's model is not named: give the name that the server knows")
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
            raise ConfigurationError(f"timeout is {timeout!r}: give seconds above 0")
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or not 0 <= max_retries <= 10:
            raise ConfigurationError(f"max_retries is {max_retries!r}: give a whole number from 0 to 10")
        base = url.rstrip("/")
        self.url = base if parts.path.rstrip("/").endswith(_PATH) else base + _PATH
        self.model = model
        self._key = Secret((api_key or _key_for(parts.hostname)).strip())
        self.timeout = float(timeout)
        self.max_retries = max_retries
        self._options = {"temperature": 0} if options is None else dict(options)
        self._sleep = sleep
        self._row: Row | None = None
        self._replies: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"EndpointJudge({self.url!r}, {self.model!r})"

    def __call__(self, row: Row, text: str) -> float:
        """1 where the model answers the question from ``text`` as it should, else 0.

        Raises:
            AuthenticationError: the server refused the key.
            APIError: it failed, did not answer in time, or answered something else than a completion.

        One request, or two where the words differ; the same text of the same row is asked about once.
        """
        if row is not self._row:
            self._row, self._replies = row, {}
        if not text.strip():
            return 0.0
        reply = self._answer(row, text)
        if normalised(reply) == _UNKNOWN:
            return 0.0
        expected = list(row.answers) or [self._answer(row, row.context)]
        wanted = [normalised(each) for each in expected]
        if _UNKNOWN in wanted:
            return 0.0
        if holds(normalised(reply), [each for each in wanted if each]):
            return 1.0
        return float(self._is_same(row.query, " / ".join(expected), reply))

    def _answer(self, row: Row, text: str) -> str:
        if text not in self._replies:
            self._replies[text] = self._ask(_ANSWER, f"Context:\n{text}\n\nQuestion: {row.query}")
        return self._replies[text]

    def _is_same(self, query: str, expected: str, reply: str) -> bool:
        asked = f"Question: {query}\nAnswer 1: {expected}\nAnswer 2: {reply}"
        if asked not in self._replies:
            self._replies[asked] = self._ask(_SAME, asked)
        return normalised(self._replies[asked]).startswith("yes")

    # -- one request ------------------------------------------------------------------------------------------------

    def _ask(self, instruction: str, content: str) -> str:
        """The model's answer, after as many tries as allowed."""
        messages = [{"role": "system", "content": instruction}, {"role": "user", "content": content}]
        body = {"model": self.model, "messages": messages, **self._options}
        key = self._key_here()
        for attempt in range(self.max_retries + 1):
            last = attempt == self.max_retries
            wait = min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S)
            try:
                reply = run_to_end(self._post(body, key))
            except ExchangeError as error:
                if error.slow:
                    raise self._late() from error
                if last or not error.passing:
                    raise APIError(
                        f"the judge at {self.url} could not be reached in {attempt + 1} tries "
                        f"({error}): check the address, and that the server runs"
                    ) from error
            else:
                if reply.status == 200:
                    return _content(reply.body, self.url)
                if last or reply.status not in _RETRIED:
                    raise self._refused(reply.status, told(_said(reply.body), key), attempt + 1)
                later = retry_after(reply.headers.get("retry-after"))
                wait = wait if later is None else min(later, _LONGEST_WAIT_S)
            self._sleep(wait)
        raise AssertionError("unreachable: the last try returns or raises")

    def _key_here(self) -> Secret:
        """The key; where this object arrived pickled, and so without it, that of the environment."""
        return self._key if self._key.reveal() is not None else Secret(_key_for(urlsplit(self.url).hostname or ""))

    async def _post(self, body: Mapping[str, Any], key: Secret) -> Reply:
        """The whole reply; redirects are not followed, so that the key stays."""
        import httpx

        headers = {"Authorization": f"Bearer {key.reveal()}"} if key.reveal() else {}
        with key_unlogged(key):
            async with httpx.AsyncClient(timeout=self.timeout, headers=headers, follow_redirects=False) as client:
                return await exchange(
                    client, self.url, body, timeout=self.timeout, largest_bytes=_LARGEST_REPLY_BYTES, key=key
                )

    def _late(self) -> APIError:
        return APIError(
            f"the judge at {self.url} did not answer within {self.timeout:g} s: raise timeout= (--judge-timeout), or "
            "see whether the server hangs"
        )

    def _refused(self, status: int, said: str, tries: int) -> APIError | AuthenticationError:
        told_so = f": {said}" if said else ""
        text = f"the judge at {self.url} answered {status}{f' in {tries} tries' if tries > 1 else ''}{told_so}"
        if status in (401, 403):
            return AuthenticationError(f"{text}: set {KEY_VARIABLE} to a key that the server takes")
        return APIError(text, status=status)


def _key_for(host: str) -> str:
    found = os.environ.get(KEY_VARIABLE)
    if found is None and host == _OPENAI_HOST:  # the key of one service is not for the server of another
        found = os.environ.get(_OPENAI_KEY)
    return found or ""


def _content(reply: bytes, url: str) -> str:
    try:
        found = json.loads(reply)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        problem = type(error).__name__
    else:
        if isinstance(found, str):
            return found.strip()
        raise APIError(f"the judge at {url} answered no text but {type(found).__name__}", status=200)
    # Here, without a context: that one holds what the server sent.
    raise APIError(
        f"the judge at {url} answered no chat completion ({problem}): is it the address of an OpenAI-compatible API?",
        status=200,
    )


def _said(reply: bytes) -> str:
    """What a server says about an error."""
    text = reply.decode("utf-8", "replace")
    try:
        error = json.loads(text)
        error = error.get("error", error) if isinstance(error, dict) else error
        text = str(error.get("message", error)) if isinstance(error, dict) else str(error)
    except (ValueError, RecursionError):
        pass
    return text
