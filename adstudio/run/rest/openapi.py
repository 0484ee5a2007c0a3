"""The OpenAPI document of the REST routes, from the types that they read."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ... import __version__
from ...engine.drawing.options import OFFERED_PRECISIONS
from ...engine.drawing.sizes import ASPECTS
from ...layout.providers import analyzer_names
from ...output.encode import FORMATS
from ...text.paint.label import LABELS
from ..request import MAX_COUNT, MAX_KB, MAX_STEPS, TO_CHANNEL, AdRequest, Lighting
from .body import MOST_PHOTOS, NOT_ASKED, PICTURES

_NUMBERS: dict[str, dict[str, Any]] = {
    "seed": {"minimum": 0, "maximum": 2**31 - 1 - MAX_COUNT},
    "steps": {"minimum": 1, "maximum": MAX_STEPS},
    "count": {"minimum": 1, "maximum": MAX_COUNT},
    "quality": {"minimum": 1, "maximum": 100},
    "max_kb": {"minimum": 1, "maximum": MAX_KB},
    "width": {"minimum": 16, "maximum": 8192},
    "height": {"minimum": 16, "maximum": 8192},
    "strength": {"exclusiveMinimum": 0, "maximum": 1},
    "shadow": {"minimum": 0, "maximum": 2},
    "fidelity_limit": {"exclusiveMinimum": 0, "maximum": 100},
    **{name: {"minimum": 0, "maximum": 1} for name in ("harmonize", "detail", "reflection", "contact")},
}
_CHOICES: dict[str, list[str]] = {
    "aspect": ["auto", TO_CHANNEL, *ASPECTS],
    "precision": list(OFFERED_PRECISIONS),
    "format": [*FORMATS, "jpg"],
    "layout_provider": analyzer_names(),
    "ai_label": ["", *LABELS],
}
_PHOTO = {
    "type": "string",
    "description": "base64, a data: URL, or 'input:NAME' of a file that was sent to /upload/image",
}
_TEXTS = {"maxLength": 4000}
_ERROR = {
    "type": "object",
    "required": ["ok", "error"],
    "properties": {
        "ok": {"const": False},
        "error": {
            "type": "object",
            "required": ["code", "message", "hint"],
            "properties": {name: {"type": "string"} for name in ("code", "message", "hint")},
        },
        "job": {"type": "string"},
    },
}
_PICTURE = {
    "type": "object",
    "required": ["name", "mime", "base64", "width", "height", "seed", "sha256", "url"],
    "properties": {
        **{name: {"type": "string"} for name in ("name", "mime", "base64", "sha256", "url")},
        **{name: {"type": "integer"} for name in ("width", "height", "seed")},
    },
}
_JOB = {
    "type": "object",
    "required": ["ok", "job", "state"],
    "properties": {
        "ok": {"type": "boolean"},
        "job": {"type": "string", "format": "uuid"},
        "state": {"enum": ["queued", "running", "done", "failed", "cancelled"]},
        "pictures": {"type": "array", "items": {"$ref": "#/components/schemas/Picture"}},
        "report": {"type": "object"},
        "notes": {"type": "array", "items": {"type": "string"}},
        "error": {"type": "object"},
    },
}
_PROBLEMS = ("400", "401", "403", "409", "413", "415", "429", "502", "503", "507")


def document(engines: Sequence[str] | None = None) -> dict[str, Any]:
    """Describe every route.

    Args:
        engines: those that are ready on this server, which alone are offered; None = all that there are.
    """
    paths: dict[str, Any] = {f"/adstudio/{task}": {"post": _ask(task)} for task in ("generate", "edit", "composite")}
    paths["/adstudio/jobs/{id}"] = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": _operation(
            "job", "Where a job stands, and its pictures once it is done.", "Job", problems=("404", "410")
        ),
        "delete": _operation("cancel", "Drop a job that waits or runs.", "Job", problems=("404", "410")),
    }
    for name in ("industries", "styles", "channels", "engines", "health"):
        paths[f"/adstudio/{name}"] = {"get": _operation(name, f"The {name} of this server.")}
    paths["/adstudio/size"] = {"get": _size()}
    bodies = {task.title(): body_schema(task) for task in ("generate", "edit", "composite")}
    if engines is not None:
        for body in bodies.values():
            body["properties"]["engine"]["enum"] = list(engines)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ad Studio", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": {
                **bodies,
                "Error": _ERROR,
                "Picture": _PICTURE,
                "Job": _JOB,
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def body_schema(task: str) -> dict[str, Any]:
    """The JSON body of a route."""
    hints = get_type_hints(AdRequest)
    left_out = {*NOT_ASKED, *(() if task == "composite" else ("products",))}
    left_out |= {"reference"} if task == "composite" else set()
    properties = {
        field.name: _field(field.name, hints[field.name], field.default)
        for field in fields(AdRequest)
        if field.name not in left_out
    }
    properties["wait_s"] = {"type": ["number", "null"], "minimum": 0, "maximum": 3600}
    properties["webhook"] = {"type": ["string", "null"], "maxLength": 2000}
    required = {"edit": ["reference", "brief"], "composite": ["products"], "generate": ["brief"]}[task]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _field(name: str, hint: Any, default: Any) -> dict[str, Any]:
    if name in ("reference", "logo"):
        return _PHOTO | {"type": ["string", "null"]}
    if name == "products":
        return {"type": "array", "items": _PHOTO, "minItems": 1, "maxItems": MOST_PHOTOS}
    schema = _schema(hint)
    schema |= _NUMBERS.get(name, {}) | ({"enum": _CHOICES[name]} if name in _CHOICES else {})
    if schema.get("type") == "string" and "enum" not in schema:
        schema |= _TEXTS
    if name == "loras":
        pair = [{"type": "string"}, {"type": "number", "minimum": -4, "maximum": 4}]
        schema = {"type": "array", "maxItems": 8}
        schema["items"] = {"type": "array", "prefixItems": pair, "minItems": 2, "maxItems": 2}
    if default is not MISSING and not is_dataclass(default) and default != ():
        schema["default"] = default
    return schema


def _schema(hint: Any) -> dict[str, Any]:
    """A type as JSON Schema."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [_schema(part) for part in parts if part is not type(None)]
        only = dict(inner[0])
        if "enum" in only:
            return {"enum": [*only["enum"], None]}
        return only | {"type": [only["type"], "null"]}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin is tuple:
        return {"type": "array", "items": _schema(parts[0]) if parts else {}, "maxItems": 16}
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        properties = {field.name: _schema(hints[field.name]) for field in fields(hint)}
        needed = [f.name for f in fields(hint) if f.default is MISSING and f.default_factory is MISSING]
        if hint is Lighting:
            properties["side"] = {"enum": ["auto", "left", "right", "above"]}
        return {"type": "object", "additionalProperties": False, "required": needed, "properties": properties}
    return {"type": {str: "string", int: "integer", float: "number", bool: "boolean"}[hint]}


def _ask(task: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{task.title()}"}
    says = {
        "generate": "Draw an ad from a Korean brief.",
        "edit": "Draw an ad over a photo.",
        "composite": "Put products on a drawn backdrop.",
    }[task]
    asked = _operation(task, says, "Job")
    asked["responses"]["202"] = _answer("Job", "It is not done yet: ask /adstudio/jobs/{id}.")
    form = {"type": "object", "properties": {"request": reference}}
    form["properties"] |= {name: {"type": "string", "format": "binary"} for name in PICTURES}
    asked["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": reference}, "multipart/form-data": {"schema": form}},
    }
    return asked


def _size() -> dict[str, Any]:
    operation = _operation("size", "In which size an ad over a photo would be drawn.")
    pair = {"type": "string", "pattern": r"^[1-9]\d{0,4}x[1-9]\d{0,4}$"}
    texts: dict[str, dict[str, Any]] = {name: {"type": "string"} for name in ("checkpoint", "text_encoder", "vae")}
    texts["channel"] = {"type": "string"}
    given = {**texts, "aspect": {"enum": _CHOICES["aspect"]}, "size": pair, "photo": pair}
    operation["parameters"] = [{"name": name, "in": "query", "schema": schema} for name, schema in given.items()]
    return operation


def _operation(name: str, says: str, schema: str = "", problems: tuple[str, ...] = ()) -> dict[str, Any]:
    answers = {"200": _answer(schema, "Done.")}
    answers |= {status: _answer("Error", "What is wrong, and what to do.") for status in (*_PROBLEMS, *problems)}
    return {"operationId": name, "summary": says, "responses": answers}


def _answer(schema: str, says: str) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
    return {"description": says, "content": {"application/json": {"schema": shape}}}
