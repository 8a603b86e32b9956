"""What the HTTP server offers, as OpenAPI describes it; the requests' fields come from the models that check them."""

from __future__ import annotations

from typing import Any

from laconic._utils.version import __version__
from laconic.servers.requests import CompressRequest, ContextRequest

__all__ = ["openapi"]

_OBJECT = {"type": "object"}
_NUMBER = {"type": "number"}
_INTEGER = {"type": "integer"}
_STRING = {"type": "string"}
_REF = "#/components/schemas/{model}"


def _fields(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_ANSWERS = {
    "Projects": _fields(projects=_list(_fields(name=_STRING, files=_INTEGER, chars=_INTEGER, languages=_OBJECT))),
    "Context": _fields(
        context=_STRING,
        chunks=_list(
            _fields(
                source_path=_STRING,
                score=_NUMBER,
                lod={"type": "integer", "minimum": 0, "maximum": 5},
                compression_ratio=_NUMBER,
                fallback={"type": "boolean"},
            )
        ),
        compression=_fields(
            enabled={"type": "boolean"},
            mode=_STRING,
            input_chars=_INTEGER,
            output_chars=_INTEGER,
            lod_distribution={"type": "object", "additionalProperties": _INTEGER},
        ),
    ),
    "Compressed": _fields(
        text=_STRING,
        passages=_list(
            _fields(
                index=_INTEGER,
                id={"type": ["string", "null"]},
                text=_STRING,
                spans=_list({"type": "array", "items": _INTEGER, "minItems": 2, "maxItems": 2}),
                tokens=_INTEGER,
            )
        ),
        metrics=_OBJECT,
    ),
    "Error": _fields(
        error={"type": "object", "properties": {"code": _STRING, "message": _STRING, "field": _STRING},
               "required": ["code", "message"]},
    ),
}  # fmt: skip


def openapi() -> dict[str, Any]:
    """The description, as JSON."""
    schemas: dict[str, Any] = dict(_ANSWERS)
    for model in (ContextRequest, CompressRequest):
        schema = model.model_json_schema(ref_template=_REF)
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    project = {"name": "project", "in": "path", "required": True, "schema": _STRING}
    return {
        "openapi": "3.1.0",
        "info": {"title": "laconic", "version": __version__},
        "paths": {
            "/health": {"get": _operation("Whether the server answers", _OBJECT, open_to_all=True)},
            "/metrics": {"get": _operation("Figures for Prometheus", _STRING, kind="text/plain")},
            "/projects": {"get": _operation("The projects that are served", _ref("Projects"))},
            "/projects/{project}/context": {
                "post": _operation("The code that matters for a question", _ref("Context"), "ContextRequest")
                | {"parameters": [project]}
            },
            "/compress": {
                "post": _operation("Passages, shrunk to what answers a question", _ref("Compressed"), "CompressRequest")
            },
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _ref(model: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=model)}


def _operation(
    summary: str, answer: Any, body: str | None = None, *, kind: str = "application/json", open_to_all: bool = False
) -> dict[str, Any]:
    error = {"description": "What is wrong", "content": {"application/json": {"schema": _ref("Error")}}}
    found: dict[str, Any] = {
        "summary": summary,
        "responses": {"200": {"description": "OK", "content": {kind: {"schema": answer}}}, "default": error},
        "security": [] if open_to_all else [{"token": []}, {}],
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return found
