"""What a server says went wrong, as errors in the words of whoever made the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import AdStudioError, InputError, ModelError, ProviderError, ServerError, StorageError
from .connection import Refused
from .graph import Graph

Schemas = Mapping[str, Mapping[str, Any] | None]

ERROR = "adstudio.error"  # the message with which a node tells code, words and hint of its error

# Where a node calls something else than the request does.
_FIELDS = {
    ("AdStudioPromptProcessor", "variants"): "count",
    ("AdStudioPromptProcessor", "variation"): "seed",
    ("AdStudioAdCopy", "variation"): "seed",
    ("AdStudioLoraStyle", "lora"): "loras",
    ("AdStudioLoraStyle", "weight"): "loras",
    ("AdStudioBackgroundRemoval", "method"): "cutout",
    ("AdStudioBackgroundComposite", "x"): "placements",
    ("AdStudioBackgroundComposite", "base_y"): "placements",
    ("AdStudioBackgroundComposite", "height"): "placements",
    ("AdStudioBackgroundComposite", "rotation"): "placements",
    ("AdStudioBackgroundComposite", "stance"): "placements",
    ("AdStudioBackgroundComposite", "light"): "lighting.side",
    ("AdStudioBackgroundComposite", "light_angle"): "lighting.angle",
    ("AdStudioBackgroundComposite", "light_height"): "lighting.height",
    ("AdStudioBackgroundComposite", "softness"): "lighting.softness",
    ("AdStudioContactBlend", "strength"): "contact",
    ("LoadImage", "image"): "photo",
    ("LoadImageMask", "image"): "photo",
}
_LETTERS = ("font", "weight", "min_px", "plate", "shadow", "outline")
_FAMILIES: dict[str, tuple[type[AdStudioError], str]] = {
    "InputError": (InputError, "comfyui.input_refused"),
    "ModelError": (ModelError, "comfyui.model_failed"),
    "MissingDependency": (ModelError, "comfyui.model_failed"),
    "ProviderError": (ProviderError, "comfyui.provider_failed"),
    "StorageError": (StorageError, "comfyui.storage_failed"),
}
_MOST_CHOICES = 12


def refusal(refused: Refused, graph: Graph, schemas: Schemas) -> AdStudioError:
    """The error of a graph that ``POST /prompt`` did not take."""
    return first_problem(refused.body, graph, schemas) or refused


def first_problem(body: Mapping[str, Any], graph: Graph, schemas: Schemas) -> AdStudioError | None:
    """The first of the ``node_errors`` of an answer; None where it names no node of ours."""
    found = body.get("node_errors")
    for number, about in (found if isinstance(found, dict) else {}).items():
        for problem in about.get("errors", []):
            kind = about.get("class_type") or graph.nodes.get(number, {}).get("class_type", "")
            return _explain(kind, problem, schemas.get(kind) or {})
    return None


def _explain(kind: str, problem: Mapping[str, Any], schema: Mapping[str, Any]) -> AdStudioError:
    extra = problem.get("extra_info") or {}
    name, came = str(extra.get("input_name", "")), extra.get("received_value")
    field, reason = field_of(kind, name), str(problem.get("type", ""))
    options = _options(schema, name) or _about(extra.get("input_config"))
    code = f"request.{field}"
    if reason == "value_smaller_than_min":
        return InputError(code, f"'{field}' must be at least {options.get('min')} on this server; {came} came.", "")
    if reason == "value_bigger_than_max":
        return InputError(code, f"'{field}' may be at most {options.get('max')} on this server; {came} came.", "")
    if reason == "value_not_in_list":
        choices = [str(choice) for choice in options.get("options", ())]
        shown = ", ".join(choices[:_MOST_CHOICES]) + (" …" if len(choices) > _MOST_CHOICES else "")
        return InputError(code, f"This server has no '{came}' for '{field}'.", f"It has: {shown}." if shown else "")
    if reason == "custom_validation_failed" and field == "photo":
        return ServerError("comfyui.photo_gone", "The photo that was sent is no longer there.", "Send it again.")
    details = problem.get("details") or problem.get("message") or reason
    return InputError(code, f"The server refused '{field}': {details!s:.300}.", "Correct that field of the request.")


def failure(entry: Mapping[str, Any], said: Mapping[str, Any] | None = None) -> tuple[str, AdStudioError] | None:
    """``(node, error)`` of a job in the history; None where nothing failed.

    Args:
        said: what the node told of its error as it failed: the history keeps neither its code nor its hint.
    """
    messages = (entry.get("status") or {}).get("messages") or []
    about = next((message[1] for message in messages if message and message[0] == "execution_error"), None)
    if not isinstance(about, dict):
        return None
    words = str(about.get("exception_message") or "").strip()
    name = str(about.get("exception_type") or "").rpartition(".")[2]
    node = str(about.get("node_id") or "")
    if name in ("OutOfMemoryError", "MemoryError"):
        return node, ServerError(
            "comfyui.out_of_memory",
            "The memory of the server or its GPU was not enough.",
            "Choose a smaller size or count, or free memory there.",
        )
    family, code = _FAMILIES.get(name, (ServerError, "comfyui.node_failed"))
    if said and said.get("code") and said.get("message"):
        return node, family(str(said["code"]), str(said["message"]), str(said.get("hint") or ""))
    if family is ServerError:
        words = f"The node {about.get('node_type')} failed on the server: {name}: {words}"
    return node, family(code, words or f"The node {about.get('node_type')} failed on the server.", "")


def was_interrupted(entry: Mapping[str, Any]) -> bool:
    """Whether somebody stopped a job of the history."""
    messages = (entry.get("status") or {}).get("messages") or []
    return any(message and message[0] == "execution_interrupted" for message in messages)


def error_of(refused: Refused) -> AdStudioError:
    """The error in an answer of Ad Studio's own routes; the refusal itself where it is none."""
    about = refused.body.get("error")
    if not isinstance(about, dict) or not {"code", "message"} <= about.keys():
        return refused
    family = InputError if refused.status < 500 else ServerError
    return family(str(about["code"]), str(about["message"]), str(about.get("hint", "")))


def field_of(kind: str, name: str) -> str:
    """What the request calls an input of a node."""
    if kind == "AdStudioTextOverlay" and name in _LETTERS:
        return f"text_style.{name}"
    return _FIELDS.get((kind, name), name or kind)


def _options(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a schema says of an input; ``options`` holds the choices, in either form that ComfyUI writes them."""
    parts = schema.get("input") or {}
    return _about(next((parts[part][name] for part in ("required", "optional") if name in parts.get(part, {})), []))


def _about(spec: Any) -> Mapping[str, Any]:
    spec = spec if isinstance(spec, (list, tuple)) else []
    about = dict(spec[1]) if len(spec) > 1 and isinstance(spec[1], dict) else {}
    return {**about, "options": spec[0]} if spec and isinstance(spec[0], list) else about
