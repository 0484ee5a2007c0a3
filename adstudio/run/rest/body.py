"""The body of a request: JSON or the parts of a form, which come from anybody."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ...errors import InputError
from ...settings import read_settings
from ...text.faces.fonts import require_families
from ..request import AdRequest
from ..usual import with_usual
from ..wire import from_dict, to_data_url

Task = str  # "generate", "edit" or "composite": the route
PICTURES = ("reference", "products", "logo")
NOT_ASKED = ("task", "base_url")  # the route's, and the operator's
MOST_PHOTOS = 3
_OPTIONS = ("wait_s", "webhook")
_INPUT = re.compile(r"input:(?P<name>[^\x00-\x1f\x7f]{1,200})")
_TEXTS = {field.name: "None" in str(field.type) for field in fields(AdRequest) if str(field.type).startswith("str")}
_LONGEST_TEXT = 4000
_DEEPEST = 8

ReadInput = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a caller wants.

    Args:
        wait_s: how long to wait for the ad; 0 = hand out a job number at once, None = the server's own limit.
        webhook: who is told when it is done.
    """

    request: AdRequest
    wait_s: float | None = None
    webhook: str = ""


def read_json(data: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InputError: ``rest.bad_json``.
    """
    try:
        body = json.loads(data, parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise _bad_json(f"{error!s:.100}") from error
    if not isinstance(body, dict):
        raise _bad_json(f"it holds a {type(body).__name__}")
    _check_depth(body, 0)
    return body


def read_form(fields: Sequence[tuple[str, bytes]], files: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """Read a form: ``request`` holds JSON, or each field a value; photos come as files.

    Raises:
        InputError: ``rest.bad_json``, ``rest.bad_form``.
    """
    body: dict[str, Any] = {}
    for name, data in fields:
        if name == "request":
            body |= read_json(data)
        else:
            body[name] = _read_value(name, data)
    for name, data in files:
        if name not in PICTURES:
            raise InputError(
                "rest.bad_form", f"A file came as '{name:.40}'.", f"Send photos as {' or '.join(PICTURES)}."
            )
        source = to_data_url(data, "application/octet-stream")
        if name == "products":
            already = body.setdefault("products", [])
            if not isinstance(already, list) or len(already) >= MOST_PHOTOS:
                raise _too_many_photos()
            already.append(source)
        else:
            body[name] = source
    return body


def read_ask(task: Task, body: Mapping[str, Any], read_input: ReadInput) -> Ask:
    """Read what a route is asked for.

    Args:
        read_input: reads a file of ComfyUI's input folder by its name.

    Raises:
        InputError: ``request.<reason>``, ``rest.<reason>``.
    """
    given = {name: value for name, value in body.items() if name not in _OPTIONS and not _is_unfilled(name, value)}
    for name in NOT_ASKED:
        if name in given:
            raise InputError("request.unknown_field", f"A caller may not set '{name}'.", "Leave it out.")
    for name, value in given.items():
        _check_text(name, value)
    if isinstance(given.get("products"), str):
        given["products"] = [given["products"]]
    given |= {name: _sources(name, given[name], read_input) for name in PICTURES if given.get(name) is not None}
    if task == "edit" and given.get("reference") is None:
        raise InputError("request.no_photo", "An edit needs a photo; none came.", "Send it as 'reference'.")
    if task != "composite" and "products" in given:
        raise InputError("request.product_without_composite", "Products belong to /composite.", "Call that route.")
    if task == "edit":
        given.setdefault("aspect", "auto")
    given["task"] = "composite" if task == "composite" else "generate"
    request = from_dict(with_usual(given, read_settings()))
    require_families((request.text_style.font, *request.text_style.fallback))
    return Ask(request, _read_wait(body.get("wait_s")), _read_webhook(body.get("webhook")))


def _is_unfilled(name: str, value: Any) -> bool:
    """A field of a form that was left empty says nothing; empty words of the ad, such as a headline, say "none"."""
    return value == "" and (name in PICTURES or not _TEXTS.get(name))


def _sources(name: str, value: Any, read_input: ReadInput) -> Any:
    if name != "products":
        return _source(name, value, read_input)
    if not isinstance(value, list):
        raise InputError("request.bad_type", "'products' must be a list of photos.", "Send a list.")
    if len(value) > MOST_PHOTOS:
        raise _too_many_photos()
    return [_source(name, each, read_input) for each in value]


def _source(name: str, value: Any, read_input: ReadInput) -> str:
    """A photo as a ``data:`` URL: paths and addresses of any other kind never get further than here."""
    if not isinstance(value, str):
        raise InputError("request.bad_type", f"'{name}' must be a photo as text.", "Encode it as base64.")
    if named := _INPUT.fullmatch(value):
        return to_data_url(read_input(named["name"]), "application/octet-stream")
    head, comma, tail = value.partition(",")
    encoded = tail if comma and head.startswith("data:") and head.endswith(";base64") else value
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)  # `base64` breaks its lines
    except (ValueError, binascii.Error) as error:
        raise InputError(
            "request.bad_photo",
            f"'{name}' is neither base64 nor the name of an uploaded file.",
            "Send the photo's bytes as base64, as a file of a form, or 'input:NAME' after POST /upload/image.",
        ) from error
    return to_data_url(data, "application/octet-stream")


def _check_text(name: str, value: Any) -> None:
    if name not in PICTURES and isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise InputError("request.too_long", f"'{name:.40}' has {len(value)} characters.", f"Up to {_LONGEST_TEXT}.")


def _check_depth(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise _bad_json("it is nested too deeply")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(item, depth + 1)


def _read_wait(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 3600:
        raise InputError("request.bad_type", "'wait_s' must lie between 0 and 3600 seconds.", "0 answers at once.")
    return float(value)


def _read_webhook(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 2000:
        raise InputError("rest.bad_webhook", "A webhook must be an address.", "Write https://host/path.")
    return value


def _read_value(name: str, data: bytes) -> Any:
    """A field of a form: JSON where it is some, else text; 5000 of a price is the text that a request holds."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("rest.bad_form", "A field is not UTF-8 text.", "Encode it as UTF-8.") from error
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text
    if name in _TEXTS and not (isinstance(value, str) or (value is None and _TEXTS[name])):
        return text
    _check_depth(value, 0)
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _bad_json(why: str) -> InputError:
    return InputError("rest.bad_json", f"The body must be a JSON object: {why}.", "See /adstudio/openapi.json.")


def _too_many_photos() -> InputError:
    return InputError("request.products", f"Up to {MOST_PHOTOS} products fit an ad.", "Make several ads.")
