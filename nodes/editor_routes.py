"""What the editor in the page asks the server for: how copy will be set and look, and the font that sets it."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from PIL import Image
from server import PromptServer

from ..adstudio.errors import AdStudioError, InputError
from ..adstudio.imaging.photo import read_photo_with_alpha
from ..adstudio.imaging.resample import resize_rgba
from ..adstudio.layout.plan.reading import from_json
from ..adstudio.text import preview, proof
from ..adstudio.text.faces import webfont
from ..adstudio.types import Array, LayoutPlan, TextStyle
from . import _folders

LEFT_OUT = "X-Adstudio-Left-Out"  # the marks that could not be drawn, and what is wrong with each
LARGEST_BODY = 200_000
LARGEST_SIDE_PX = 16_384
SHOWN_SIDE_PX = 1280  # at most: the editor shows no more of it, and letters are the same at every scale


def register(server: Any = None) -> None:
    """Add the routes to ComfyUI's server, which has none while its Python is used without one."""
    server = server or getattr(PromptServer, "instance", None)
    if server is not None:
        server.routes.post("/adstudio/typeset")(typeset)
        server.routes.post("/adstudio/lettering")(lettering)
        server.routes.get("/adstudio/font")(font)


async def typeset(request: web.Request) -> web.Response:
    """Answer with every block's lines in pixels, in the order of the question."""
    try:
        asked = await _read(request)
        # Looking for fonts and measuring letters takes a processor, and the server's loop serves everyone.
        answers = await asyncio.to_thread(_set, asked)
    except AdStudioError as error:
        return _refused(error)
    return web.json_response({"blocks": [asdict(answer) for answer in answers]})


async def lettering(request: web.Request) -> web.Response:
    """Answer with the copy and the marks as they will be drawn on a picture that the page shows: a clear PNG."""
    try:
        content, left_out = await asyncio.to_thread(_letter, await _read(request))
    except AdStudioError as error:
        return _refused(error)
    headers = {
        "Cache-Control": "no-store",
        LEFT_OUT: json.dumps({place: problem.told() for place, problem in left_out.items()}),
    }
    return web.Response(body=content, content_type="image/png", headers=headers)


async def font(request: web.Request) -> web.Response:
    """Answer with the face of a listed family; no other file can be asked for."""
    family, weight = request.query.get("family", ""), request.query.get("weight", "400")
    told = int(weight) if weight.isdecimal() and len(weight) < 5 else 400
    face = await asyncio.to_thread(webfont.web_face, family, told)
    if face is None:
        raise web.HTTPNotFound
    content, kind = face
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, content_type=kind, headers=headers)


def _set(asked: dict[str, Any]) -> tuple[proof.SetBlock, ...]:
    plan, style, picture = _question(asked)
    return proof.set_blocks(plan.texts, style, picture)


def _letter(asked: dict[str, Any]) -> tuple[bytes, dict[int, AdStudioError]]:
    plan, style, _ = _question(asked)
    shown, scale = _picture(asked.get("picture"))
    if scale < 1:
        style = replace(style, min_px=max(1, round(style.min_px * scale)))
    logos = None if asked.get("logo") is None else {"": _picture(asked["logo"])[0]}
    picture = np.ascontiguousarray(shown[..., :3])
    copy, left_out = preview.draw_copy(picture, plan, style, logos)
    out = io.BytesIO()
    Image.fromarray(np.rint(copy * 255).astype(np.uint8), "RGBA").save(out, "png", compress_level=1)
    return out.getvalue(), left_out


def _picture(named: Any) -> tuple[Array, float]:
    """A picture ``[h,w,4]`` as large as the editor shows one, and how much smaller that is than its file."""
    parts = [named.get(part, "") for part in ("filename", "subfolder", "type")] if isinstance(named, dict) else []
    if not parts or not all(isinstance(part, str) for part in parts):
        raise _wrong("a picture by filename, subfolder and type")
    path = _folders.find_shown(*parts)
    return _opened(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _opened(path: Path, _changed: int) -> tuple[Array, float]:
    # What is kept is small: four photos of 8,000 px a side would hold 3 GB for as long as the server runs.
    colour, alpha = read_photo_with_alpha(path, min_side_px=8)
    scale = min(1.0, SHOWN_SIDE_PX / max(colour.shape[:2]))
    solid = np.ones(colour.shape[:2], np.float32) if alpha is None else alpha
    whole = np.dstack([colour, solid])
    height, width = (max(1, round(side * scale)) for side in colour.shape[:2])
    return (resize_rgba(whole, width, height) if scale < 1 else whole), scale


async def _read(request: web.Request) -> dict[str, Any]:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LARGEST_BODY:
            raise _wrong(f"at most {LARGEST_BODY} bytes")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _wrong("JSON") from error
    if not isinstance(asked, dict):
        raise _wrong("an object")
    return asked


def _question(asked: dict[str, Any]) -> tuple[LayoutPlan, TextStyle, tuple[int, int]]:
    try:
        width, height, style = asked["width"], asked["height"], asked.get("style", {})
        texts, marks = asked["texts"], asked.get("marks", [])
        numbers = [width, height, style.get("weight", 700), style.get("min_px", 20)]
        families = [style.get("font", "Pretendard"), *style.get("fallback", [])]
        outline, shadow, plate = style.get("outline", False), style.get("shadow", True), style.get("plate", "auto")
    except (KeyError, TypeError, AttributeError) as error:
        raise _wrong("an object with texts, width, height and style") from error
    if not all(type(number) is int and 0 < number <= LARGEST_SIDE_PX for number in numbers):
        raise _wrong("whole numbers for width, height, weight and min_px")
    if not (type(outline) is type(shadow) is bool and plate in ("auto", "always", "never")):
        raise _wrong("outline and shadow as true or false, and plate as auto, always or never")
    unknown = [family for family in families if family not in webfont.font_names()]
    if unknown:
        raise InputError(
            "text.unknown_font", f"No font named '{unknown[0]}' is listed.", "Choose one of the list.", name=unknown[0]
        )
    plan = from_json(json.dumps({"texts": texts, "marks": marks}))
    return (
        plan,
        TextStyle(families[0], numbers[2], numbers[3], outline, shadow, plate, tuple(families[1:])),
        (width, height),
    )


def _refused(error: AdStudioError) -> web.Response:
    return web.json_response(error.told(), status=400)


def _wrong(expected: str) -> InputError:
    return InputError("typeset.bad_question", f"Expected {expected}.", "Send what the Layout Editor sends.")
