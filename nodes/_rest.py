"""The REST routes: read a request, call the library, answer. What they ask of ComfyUI stands in ``routes``."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from ..adstudio.counts import counted
from ..adstudio.errors import AdStudioError, InputError
from ..adstudio.run import catalogue
from ..adstudio.run.rest import body, pictures
from ..adstudio.run.rest.answers import problem
from ..adstudio.run.rest.limits import Limits, Meter
from ..adstudio.run.rest.line import ComeBack
from ..adstudio.run.rest.openapi import document
from ..adstudio.run.rest.queries import SizeQuery
from ..adstudio.run.rest.service import Service

logger = logging.getLogger("adstudio.rest")
_MOST_PARTS = 64
Answer = tuple[int, Mapping[str, Any]]
Work = Callable[[web.Request, Limits], Awaitable[Answer]]


class Routes:
    """Every route and what answers it.

    Args:
        health: what to say of this server; ``engines`` which models can draw on it.
        size: works a size query out.
        input_folder: ComfyUI's own.
    """

    def __init__(
        self,
        service: Service,
        health: Callable[[], dict[str, Any]],
        engines: Callable[[], dict[str, Any]],
        size: Callable[[SizeQuery], dict[str, Any]],
        input_folder: Callable[[], Path],
    ) -> None:
        self._service, self._size, self._input_folder = service, size, input_folder
        self._meter = Meter()
        self._lists: dict[str, Callable[[], dict[str, Any]]] = {
            "industries": lambda: {"industries": catalogue.list_industries()},
            "styles": lambda: {"styles": catalogue.list_styles()},
            "channels": lambda: {"channels": catalogue.list_channels()},
            "openapi.json": lambda: document([each["id"] for each in engines()["engines"] if each["ready"]]),
            "health": health,
            "engines": engines,
        }

    def add(self, table: web.RouteTableDef) -> None:
        """Put the routes on a server."""
        for task in ("generate", "edit", "composite"):
            table.post(f"/adstudio/{task}")(_answered(self._asker(task)))
        for name in self._lists:
            table.get(f"/adstudio/{name}")(_answered(self._lister(name)))
        table.get("/adstudio/size")(_answered(self._tell_size))
        table.get("/adstudio/jobs/{id}")(_answered(self._tell_job))
        table.delete("/adstudio/jobs/{id}")(_answered(self._cancel_job))

    def _asker(self, task: str) -> Work:
        async def ask(request: web.Request, limits: Limits) -> Answer:
            pause = self._meter.take(request.remote or "", limits.per_minute)
            if pause:
                most = f"The limit here is {counted(f'{limits.per_minute:g}', 'ad')} a minute."
                raise ComeBack("rest.too_many", most, math.ceil(pause))
            told = await _read_body(request, limits.max_bytes)
            read_input = lambda name: pictures.read_input(self._input_folder(), name)  # noqa: E731
            wanted = await asyncio.to_thread(body.read_ask, task, told, read_input)
            return await self._service.answer(await self._service.ask(wanted, limits))

        return ask

    def _lister(self, name: str) -> Work:
        async def tell(request: web.Request, limits: Limits) -> Answer:
            return 200, await asyncio.to_thread(self._lists[name])

        return tell

    async def _tell_size(self, request: web.Request, limits: Limits) -> Answer:
        return 200, await asyncio.to_thread(lambda: self._size(SizeQuery.read(request.query)))

    async def _tell_job(self, request: web.Request, limits: Limits) -> Answer:
        status, told = await self._service.answer(self._service.table.get(request.match_info["id"]))
        return (200 if status == 202 else status), told

    async def _cancel_job(self, request: web.Request, limits: Limits) -> Answer:
        return 200, self._service.cancel(request.match_info["id"]).to_dict()


def _answered(work: Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Check who asks, and answer with JSON, also where something is wrong."""

    async def answer(request: web.Request) -> web.StreamResponse:
        headers: dict[str, str] = {}
        try:
            limits = await asyncio.to_thread(Limits.read)
            limits.check_token(request.headers.get("Authorization", ""))
            status, told = await work(request, limits)
        except AdStudioError as error:
            status, told = problem(error)
            if isinstance(error, ComeBack):
                headers["Retry-After"] = str(error.seconds)
            elif status == 401:
                headers["WWW-Authenticate"] = "Bearer"
        except web.HTTPException:
            raise
        except Exception:
            logger.exception("%s %s", request.method, request.path)
            error = {"code": "rest.unexpected", "message": "The server failed.", "hint": "Its log says why."}
            status, told = 500, {"ok": False, "error": error}
        if status == 202:
            headers["Location"] = f"/adstudio/jobs/{told['job']}"
        data = await asyncio.to_thread(lambda: json.dumps(told, ensure_ascii=False).encode())
        return web.Response(body=data, status=status, headers=headers, content_type="application/json")

    return answer


async def _read_body(request: web.Request, most: int) -> dict[str, Any]:
    """Read a body of at most so many bytes: JSON, or the parts of a form."""
    if (request.content_length or 0) > most:
        raise _too_large(most)
    try:
        if request.content_type == "multipart/form-data":
            fields, files = await _read_parts(request, most)
            return await asyncio.to_thread(body.read_form, fields, files)
        if request.content_type == "application/json":
            data = await _read_limited(request.content.iter_chunked(65536), most)
            return await asyncio.to_thread(body.read_json, data)
    except AdStudioError:
        raise
    except web.HTTPException:
        raise
    except Exception as error:  # what aiohttp's parsers raise over a broken body is of many kinds
        raise InputError(
            "rest.bad_form", f"The body cannot be read ({type(error).__name__}).", "Send it anew."
        ) from error
    raise InputError(
        "rest.bad_kind", f"'{request.content_type:.80}' came.", "Send application/json or multipart/form-data."
    )


async def _read_parts(request: web.Request, most: int) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    fields: list[tuple[str, bytes]] = []
    files: list[tuple[str, bytes]] = []
    left = most
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name or len(fields) + len(files) >= _MOST_PARTS:
            raise InputError("rest.bad_form", "A form has up to 64 named parts, none within another.", "Send those.")
        data = await _read_limited(_chunks(part), left, most)
        left -= len(data)
        (fields if part.filename is None else files).append((part.name, data))
    return fields, files


async def _chunks(part: BodyPartReader) -> Any:
    while chunk := await part.read_chunk():
        yield part.decode(chunk)


async def _read_limited(chunks: Any, left: int, most: int | None = None) -> bytes:
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > left:
            raise _too_large(most or left)
    return bytes(data)


def _too_large(most: int) -> InputError:
    return InputError("rest.too_large", f"More than {most / 1e6:g} MB came.", "Send smaller photos.")
