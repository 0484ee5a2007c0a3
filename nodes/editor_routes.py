"""What the editor in the page asks the server for: how copy will be set, and the font that sets it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any

from aiohttp import web
from server import PromptServer

from ..adstudio.errors import AdStudioError, InputError
from ..adstudio.layout.plan import from_json
from ..adstudio.text import proof, webfont
from ..adstudio.types import TextStyle

LARGEST_BODY = 200_000
LARGEST_SIDE_PX = 16_384


def register(server: Any = None) -> None:
    """Add the routes to ComfyUI's server, which has none while its Python is used without one."""
    server = server or getattr(PromptServer, "instance", None)
    if server is not None:
        server.routes.post("/adstudio/typeset")(typeset)
        server.routes.get("/adstudio/font")(font)


async def typeset(request: web.Request) -> web.Response:
    """Answer with every block's lines in pixels, in the order of the question."""
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LARGEST_BODY:
            break
    try:
        # Looking for fonts and measuring letters takes a processor, and the server's loop serves everyone.
        answers = await asyncio.to_thread(lambda: proof.set_blocks(*_question(bytes(body))))
    except AdStudioError as error:
        return web.json_response({"code": error.code, "message": error.message, "hint": error.hint}, status=400)
    return web.json_response({"blocks": [asdict(answer) for answer in answers]})


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


def _question(body: bytes) -> tuple[Any, TextStyle, tuple[int, int]]:
    if len(body) > LARGEST_BODY:
        raise _wrong(f"at most {LARGEST_BODY} bytes")
    try:
        asked = json.loads(body)
        width, height, style = asked["width"], asked["height"], asked.get("style", {})
        texts = asked["texts"]
        numbers = [width, height, style.get("weight", 700), style.get("min_px", 20)]
        families = [style.get("font", "Pretendard"), *style.get("fallback", [])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _wrong("an object with texts, width, height and style") from error
    if not all(type(number) is int and 0 < number <= LARGEST_SIDE_PX for number in numbers):
        raise _wrong("whole numbers for width, height, weight and min_px")
    unknown = [family for family in families if family not in webfont.font_names()]
    if unknown:
        raise InputError("text.unknown_font", f"No font named '{unknown[0]}' is listed.", "Choose one of the list.")
    blocks = from_json(json.dumps({"texts": texts})).texts
    return blocks, TextStyle(families[0], numbers[2], numbers[3], fallback=tuple(families[1:])), (width, height)


def _wrong(expected: str) -> InputError:
    return InputError("typeset.bad_question", f"Expected {expected}.", "Send what the Layout Editor sends.")
