"""What the servers are asked for, checked: a wrong request is refused with the field and the rule."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from laconic._utils.options import did_you_mean
from laconic.lod import TIERS

__all__ = ["CompressRequest", "ContextRequest", "PassageRequest", "Request", "SearchRequest", "what_is_wrong"]

_LONGEST_VALUE = 60  # characters of a wrong value that a message repeats


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it must not be blank")
    return text


def _as_tier(tier: Any) -> Any:
    """As the engine knows it; a number may come as text, as from a form."""
    for known in ("auto", *TIERS):
        if tier == known or (isinstance(tier, str) and tier == str(known)):
            return known
    raise ValueError(f"it must be one of auto, {', '.join(map(str, TIERS))}")


def _as_passages(given: Any) -> Any:
    """A list of objects with ``text``, of one text or of a list that holds texts."""
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list):
        raise ValueError("give a text, or a list of texts or of objects with text")
    return [{"text": each} if isinstance(each, str) else each for each in listed]


Query = Annotated[str, AfterValidator(_not_blank), Field(description="The question, as a user would ask it.")]
TierName = Annotated[
    Any, BeforeValidator(_as_tier), WithJsonSchema({"enum": ["auto", *TIERS]}), Field(description="How large the "
    "reader's window is: 1 the largest, 2.5 the smallest; auto goes by the client's name.")
]  # fmt: skip
Characters = Annotated[int | None, Field(ge=1, description="Most characters of the context; by default the tier's.")]
Tokens = Annotated[int | None, Field(ge=1, description="Most tokens of the context.")]


class Request(BaseModel):
    """A request, in which nothing is converted and nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SearchRequest(Request):
    """A question to a project; see `laconic.project.assemble_context`."""

    query: Query
    k: int = Field(10, ge=1, le=1000, description="Number of files that the search gives.")
    max_chars: Characters = None
    max_tokens: Tokens = None
    structured: bool = Field(True, description="Whether each file stands under a line [path | lod=2].")
    compression: Literal["lod", "none"] = Field("lod", description="Levels of detail by score, or full files.")
    tier: TierName = "auto"


class ContextRequest(SearchRequest):
    """The same, and who asks."""

    client: str | None = Field(None, max_length=200, description="Name of the client, from which the tier is told.")
    session: str | None = Field(
        None, max_length=200, description="Name of a session; its first question has half as much room again."
    )


class PassageRequest(Request):
    """One retrieved passage; see `laconic.Passage`."""

    text: str
    id: str | None = None
    title: str | None = None
    source: str | None = None
    score: float | None = None
    kind: str | None = None
    language: str | None = None


class CompressRequest(Request):
    """What `laconic.compress` is asked for."""

    passages: Annotated[
        list[PassageRequest],
        BeforeValidator(_as_passages),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"anyOf": [{"type": "string"}, PassageRequest.model_json_schema()]}},
                ]
            }
        ),
    ] = Field(description="A text, or a list of texts or of objects with text, id, title, source …")
    query: str | None = Field(None, description="The question; without one the most important parts are kept.")
    max_tokens: int | None = Field(None, ge=1, description="Most tokens of the text: a ceiling.")
    rate: Annotated[float, Field(gt=0, le=1)] | Literal["auto"] | None = Field(
        None, description="Share of the tokens that may be kept, 0–1, or auto."
    )
    recall: float | None = Field(None, gt=0, le=1, description="Share of the evidence to keep, 0–1.")
    model: str = Field("gpt-4o", description="The model that will read the text; chooses the token counter.")
    preserve: list[str] = Field([], description="Phrases that come first.")
    timeout_ms: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Milliseconds that it may take; the rest is done by simpler means."
    )


def what_is_wrong(error: ValidationError, model: type[BaseModel]) -> tuple[str | None, str]:
    """The field that a request got wrong, None where it cannot be read at all, and a sentence on it."""
    first = error.errors(include_url=False)[0]
    kind = first["type"]
    # The branches of a union follow the field; the first one's rule stands for the others.
    names = {*model.model_fields, *PassageRequest.model_fields}
    field = ".".join(str(part) for part in first["loc"] if part in names or isinstance(part, int)) or None
    rule = str(first.get("ctx", {}).get("error", "")) or first["msg"][:1].lower() + first["msg"][1:]
    if kind == "json_invalid":
        return None, f"the body is not valid JSON: {first['ctx']['error']}"
    if kind == "missing":
        return field, f"{field} is missing: it is required"
    if kind == "extra_forbidden":
        name = str(first["loc"][-1])
        known = model.model_fields if len(first["loc"]) == 1 else PassageRequest.model_fields
        return name, f"there is no field {name!r}{did_you_mean(name, known)}: there are {', '.join(known)}"
    if field is None:
        return None, "the body must be a JSON object"
    value = repr(first["input"])
    shown = value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"
    return field, f"{field} is {shown}: {rule}"
