"""Key and address of the hosted API: code before environment, and nothing of a key in a message."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from laconic import config
from laconic.compressor import ScaleDownCompressor
from laconic.exceptions import AuthenticationError, ConfigurationError


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("SCALEDOWN_API_KEY", raising=False)
    monkeypatch.delenv("SCALEDOWN_API_URL", raising=False)
    config.set_api_key(None)
    config.set_api_url(None)
    yield
    config.set_api_key(None)
    config.set_api_url(None)


def test_documented_names_and_default() -> None:
    assert config.API_KEY_VARIABLE == "SCALEDOWN_API_KEY"
    assert config.API_URL_VARIABLE == "SCALEDOWN_API_URL"
    assert config.DEFAULT_API_URL == config.get_api_url() == "https://api.scaledown.xyz"


def test_without_any_key_there_is_none() -> None:
    assert config.get_api_key() is None


def test_the_environment_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEDOWN_API_KEY", "sk-environment")
    monkeypatch.setenv("SCALEDOWN_API_URL", "http://gateway.local:8080/scaledown/")
    assert config.get_api_key() == "sk-environment"
    assert config.get_api_url() == "http://gateway.local:8080/scaledown"


def test_code_goes_before_the_environment_and_the_argument_before_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEDOWN_API_KEY", "sk-environment")
    monkeypatch.setenv("SCALEDOWN_API_URL", "http://environment.local")
    config.set_api_key("sk-code")
    config.set_api_url("http://code.local")
    assert config.get_api_key() == "sk-code"
    assert config.get_api_url() == "http://code.local"
    assert config.get_api_key("sk-argument") == "sk-argument"
    assert config.get_api_url("http://argument.local") == "http://argument.local"
    config.set_api_key(None)
    config.set_api_url(None)
    assert config.get_api_key() == "sk-environment"
    assert config.get_api_url() == "http://environment.local"


def test_a_key_that_was_set_reaches_a_compressor() -> None:
    config.set_api_key("sk-code")
    assert "sk-code" not in repr(ScaleDownCompressor(backend="api"))


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEDOWN_API_KEY", "")
    monkeypatch.setenv("SCALEDOWN_API_URL", "")
    assert config.get_api_key() is None
    assert config.get_api_url() == config.DEFAULT_API_URL


def test_white_space_around_a_pasted_key_is_dropped() -> None:
    assert config.get_api_key(" sk-pasted\n") == "sk-pasted"


@pytest.mark.parametrize("key", ["", "   ", "sk-a b", "sk-\r\nx-evil: 1", "sk-ключ", 5, b"sk-bytes"])
def test_unusable_keys_are_refused_without_being_shown(key: object) -> None:
    with pytest.raises(AuthenticationError) as caught:
        config.set_api_key(key)  # type: ignore[arg-type]
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "http://", "http://h:0", "http://h:99999", "https://[::1", 5, None],
)
def test_unusable_addresses_are_refused(url: object, monkeypatch: pytest.MonkeyPatch) -> None:
    if url is None:
        monkeypatch.setenv("SCALEDOWN_API_URL", "nonsense")
        with pytest.raises(ConfigurationError, match="SCALEDOWN_API_URL"):
            config.get_api_url()
    else:
        with pytest.raises(ConfigurationError, match="url"):
            config.set_api_url(url)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["https://user:secret@h", "https://h/?key=secret", "https://h/#secret"])
def test_an_address_with_a_secret_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        config.set_api_url(url)
    assert "secret" not in str(caught.value)
