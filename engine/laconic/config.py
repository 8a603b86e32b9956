"""Key and address of the hosted ScaleDown API under a short path; they live in `laconic.scaledown.config`."""

from laconic.scaledown.config import (
    API_KEY_VARIABLE,
    API_URL_VARIABLE,
    DEFAULT_API_URL,
    get_api_key,
    get_api_url,
    set_api_key,
    set_api_url,
)

__all__ = [
    "API_KEY_VARIABLE",
    "API_URL_VARIABLE",
    "DEFAULT_API_URL",
    "get_api_key",
    "get_api_url",
    "set_api_key",
    "set_api_url",
]
