"""REST on ComfyUI's own server. A route reads, calls and answers; what it answers is worked out by the library."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from comfyui_version import __version__ as comfyui_version
from server import PromptServer

from ..adstudio import __version__
from ..adstudio.engine.checkpoint import find_checkpoint, open_checkpoint
from ..adstudio.errors import AdStudioError
from ..adstudio.run import catalogue
from ..adstudio.run.photos import target_size
from ..adstudio.run.rest.answers import problem
from ..adstudio.run.rest.queries import SizeQuery
from . import _host

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add() -> None:
    """Put the routes on ComfyUI's server, before it starts; without one (nodes loaded to be looked at) do nothing."""
    server = getattr(PromptServer, "instance", None)
    if server is not None:
        for path, handler in _READ.items():
            server.routes.get(path)(_answered(handler))


def _answered(handler: Callable[[web.Request], Awaitable[dict[str, Any]]]) -> Handler:
    """Answer with JSON, also where something is wrong."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await handler(request))
        except AdStudioError as error:
            status, body = problem(error)
            return web.json_response(body, status=status)

    return answer


async def _health(_: web.Request) -> dict[str, Any]:
    checkpoints = await asyncio.to_thread(_host.checkpoint_names)
    left = PromptServer.instance.prompt_queue.get_tasks_remaining()
    return {"ok": True, "adstudio": __version__, "comfyui": comfyui_version, "checkpoints": checkpoints, "queue": left}


async def _industries(_: web.Request) -> dict[str, Any]:
    return {"industries": await asyncio.to_thread(catalogue.list_industries)}


async def _styles(_: web.Request) -> dict[str, Any]:
    return {"styles": await asyncio.to_thread(catalogue.list_styles)}


async def _channels(_: web.Request) -> dict[str, Any]:
    return {"channels": await asyncio.to_thread(catalogue.list_channels)}


async def _size(request: web.Request) -> dict[str, Any]:
    query = SizeQuery.read(request.query)
    return await asyncio.to_thread(_work_out_size, query)


def _work_out_size(query: SizeQuery) -> dict[str, Any]:
    host = _host.host()
    path = find_checkpoint(query.request.checkpoint, host)
    found = open_checkpoint(path, host, text_encoder=query.request.text_encoder, vae=query.request.vae)
    width, height = target_size(query.request, found.grid_px, found.base_px, query.photo)
    return {"width": width, "height": height}


_READ = {
    "/adstudio/health": _health,
    "/adstudio/industries": _industries,
    "/adstudio/styles": _styles,
    "/adstudio/channels": _channels,
    "/adstudio/size": _size,
}
