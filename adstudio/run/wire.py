"""A request as JSON, both ways, and the shorter record of it that goes into the saved file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from ..errors import InputError
from ..settings import read_settings
from ..types import Placement, Side, TextStyle, Tone
from .request import TO_CHANNEL, AdRequest, EngineName, Lettering, Lighting
from .target import usual_format


def to_dict(request: AdRequest) -> dict[str, Any]:
    """The request as plain JSON values."""
    return {name: _plain(value) for name, value in asdict(request).items()}


def to_record(request: AdRequest) -> dict[str, Any]:
    """What of a request may go into a file that others will see.

    Only what differs from the defaults; pictures and folders shrink to a file name and a digest, so neither a
    customer's photo nor the user's home folder travels with the ad.
    """
    default = to_dict(AdRequest())
    record = {name: value for name, value in to_dict(request).items() if value != default[name]}
    for name in {"reference", "logo"} & record.keys():
        record[name] = _fingerprint(record[name])
    if request.products:
        record["products"] = [_fingerprint(source) for source in request.products]
    for name in {"checkpoint", "text_encoder", "vae"} & record.keys():
        record[name] = Path(record[name]).name
    if request.base_url:
        record["base_url"] = urlsplit(request.base_url).hostname or ""  # the rest of it may hold names or a password
    if request.loras:
        record["loras"] = [[Path(name).name, weight] for name, weight in request.loras]
    if "text_style" in record:  # a font may be a file
        fonts = {
            "font": Path(request.text_style.font).name,
            "fallback": [Path(f).name for f in request.text_style.fallback],
        }
        record["text_style"] |= fonts
    return record


def from_dict(data: object) -> AdRequest:
    """Read a request from JSON values; they come from elsewhere, and so may not choose any address they like."""
    values = _mapping("request", data)
    unknown = sorted(set(values) - set(_READERS))
    if unknown:
        raise InputError(
            "request.unknown_field",
            f"A request has no field named '{unknown[0]}'.",
            f"Its fields are: {', '.join(_READERS)}.",
        )
    read = {name: _READERS[name](name, value) for name, value in values.items()}
    if "format" not in read and read.get("aspect") == TO_CHANNEL and read.get("width") is None:
        read["format"] = usual_format(read.get("channel", ""))  # as on the command line and in Python
    return AdRequest(**read)


def _service_address(name: str, value: object) -> str:
    url = _text(name, value).strip()
    if url and not read_settings().allows(url):
        raise InputError(
            "request.base_url_not_allowed",
            f"A request may not choose the address {url!r:.120} of a language model here.",
            "Leave 'base_url' out, or have whoever runs this machine allow it in settings.yaml: "
            "openai: {allowed: [...]}.",
        )
    return url


def open_source(source: str) -> bytes | Path:
    """Turn the name of a picture into what a photo reader takes: the bytes of a ``data:`` URL, or a path.

    Raises:
        InputError: ``request.bad_data_url``
    """
    if not source.startswith("data:"):
        return Path(source)
    head, comma, body = source.partition(",")
    try:
        if not comma or not head.endswith(";base64"):
            raise ValueError("no base64 body")
        return base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error) as error:
        raise InputError(
            "request.bad_data_url",
            "A picture as a data URL must read 'data:image/png;base64,…'; this one does not.",
            "Encode the bytes of the picture file as base64.",
        ) from error


def to_data_url(data: bytes, mime: str = "image/png") -> str:
    """Hold the bytes of a picture file as a ``data:`` URL."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _fingerprint(source: str) -> dict[str, str]:
    opened = open_source(source)
    if isinstance(opened, Path):
        data = opened.read_bytes() if opened.is_file() else b""
        return {"name": opened.name, "sha256": hashlib.sha256(data).hexdigest()}
    return {"name": "", "sha256": hashlib.sha256(opened).hexdigest()}


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _wrong(name: str, expected: str, value: object) -> InputError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    return InputError(
        "request.bad_type",
        f"The field '{name}' must be {expected}; {shown} came.",
        "Correct that field of the request.",
    )


def _mapping(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _wrong(name, "an object", value)
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "text", value)
    return value


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(name, "a whole number", value)
    return value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(name, "a number", value)
    return value


def _finite(name: str, value: object) -> float:
    number = _number(name, value)
    if not math.isfinite(number):  # JSON has neither word, but 1e999 reads as one
        raise _wrong(name, "a number", value)
    return number


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def _many(name: str, value: object) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise _wrong(name, "a list", value)
    return list(value)


def _texts(name: str, value: object) -> tuple[str, ...]:
    return tuple(_text(name, item) for item in _many(name, value))


def _loras(name: str, value: object) -> tuple[tuple[str, float], ...]:
    pairs = [_many(name, item) for item in _many(name, value)]
    if any(len(pair) != 2 for pair in pairs):
        raise _wrong(name, "a list of [name, weight]", value)
    return tuple((_text(name, pair[0]), _number(name, pair[1])) for pair in pairs)


def _object(kind: type, readers: dict[str, Callable[[str, object], Any]]) -> Callable[[str, object], Any]:
    def read(name: str, value: object) -> Any:
        values = _mapping(name, value)
        unknown = sorted(set(values) - set(readers))
        if unknown:
            raise _wrong(name, f"an object with {', '.join(readers)}", value)
        try:
            return kind(**{key: readers[key](f"{name}.{key}", item) for key, item in values.items()})
        except TypeError as error:  # a required part is missing
            raise _wrong(name, f"an object with {', '.join(readers)}", value) from error

    return read


def _or_none(reader: Callable[[str, object], Any]) -> Callable[[str, object], Any]:
    return lambda name, value: None if value is None else reader(name, value)


_placement = _object(
    Placement,
    {
        "x": _finite,
        "base_y": _finite,
        "height": _finite,
        "order": _whole,
        "rotation": _finite,
        "anchor": _text,
        "stance": _text,
        "locked": _flag,
    },
)


_lighting = _object(
    Lighting,
    {"side": _text, "angle": _or_none(_number), "height": _or_none(_number), "softness": _or_none(_number)},
)


def _placements(name: str, value: object) -> tuple[Placement, ...]:
    return tuple(_placement(name, item) for item in _many(name, value))


def _one_of(choices: tuple[str, ...]) -> Callable[[str, object], Any]:
    def read(name: str, value: object) -> str:
        if value not in choices:
            raise _wrong(name, f"{', '.join(choices[:-1])} or {choices[-1]}", value)
        return str(value)

    return read


_text_style = _object(
    TextStyle,
    {
        "font": _text,
        "weight": _whole,
        "min_px": _whole,
        "outline": _flag,
        "shadow": _flag,
        "plate": _one_of(("auto", "always", "never")),
        "fallback": _texts,
    },
)

_READERS: dict[str, Callable[[str, object], Any]] = {
    "task": _text,
    "engine": _one_of(get_args(EngineName)),
    "brief": _text,
    "context": _text,
    "style": _text,
    "industry": _text,
    "provider": _text,
    "fallback": _flag,
    "language_model": _text,
    "base_url": _service_address,
    "tone": _one_of(get_args(Tone)),
    "channel": _text,
    "copy_space": _or_none(_one_of(get_args(Side))),
    "checkpoint": _text,
    "text_encoder": _text,
    "vae": _text,
    "precision": _text,
    "loras": _loras,
    "aspect": _text,
    "width": _or_none(_whole),
    "height": _or_none(_whole),
    "seed": _or_none(_whole),
    "steps": _whole,
    "count": _whole,
    "reference": _or_none(_text),
    "strength": _number,
    "products": _texts,
    "cutout": _text,
    "layout_provider": _text,
    "layout_as_proposed": _flag,
    "auto_layout": _flag,
    "placements": _placements,
    "shadow": _number,
    "harmonize": _number,
    "detail": _number,
    "reflection": _number,
    "lighting": _lighting,
    "fidelity_limit": _or_none(_number),
    "contact": _number,
    "lettering": _one_of(get_args(Lettering)),
    "headline": _or_none(_text),
    "sub": _or_none(_text),
    "price": _text,
    "old_price": _text,
    "badge": _text,
    "call_to_action": _or_none(_text),
    "legal": _text,
    "hours": _text,
    "link": _text,
    "logo": _or_none(_text),
    "text_style": _text_style,
    "format": _text,
    "quality": _whole,
    "max_kb": _or_none(_whole),
    "ai_label": _text,
    "credentials": _flag,
    "override_channel": _flag,
}
assert set(_READERS) == {field.name for field in fields(AdRequest)}, "a field of AdRequest has no reader"

__all__ = ["from_dict", "open_source", "to_data_url", "to_dict", "to_record"]
