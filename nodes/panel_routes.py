"""What the panel in the page asks for: engines that are ready here, checkpoints that will open, what is lacking."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web
from server import PromptServer

from ..adstudio.engine.forms.checkpoint import find_checkpoint, open_checkpoint
from ..adstudio.run.panel import tell_checkpoints, tell_engines, tell_locked, tell_wordless
from . import _folders, _host, _lacks

_TOLD = ("code", "sentence", "values")


def register(server: Any = None) -> None:
    """Add the routes to ComfyUI's server, which has none while its Python is used without one."""
    server = server or getattr(PromptServer, "instance", None)
    if server is not None:
        server.routes.get("/adstudio/panel")(panel)
        server.routes.get("/adstudio/lacks")(lacks)


async def panel(request: web.Request) -> web.Response:
    """Answer with ``engines``, ``checkpoints``, ``locked`` and ``wordless`` channels.

    It looks into many files, and the server's loop serves everyone.
    """
    return web.json_response(await asyncio.to_thread(_offers))


async def lacks(request: web.Request) -> web.Response:
    """Answer with what this ComfyUI lacks, now that every pack is loaded."""
    found = await asyncio.to_thread(_lacks.find)
    return web.json_response({"lacks": [{name: asdict(lack)[name] for name in _TOLD} for lack in found]})


def _offers() -> dict[str, Any]:
    host = _host.host()
    return {
        "engines": tell_engines(host.model_file, _lacks.of_engines(_lacks.find())),
        "checkpoints": tell_checkpoints(
            _folders.checkpoint_names(), lambda name: open_checkpoint(find_checkpoint(name, host), host)
        ),
        "locked": tell_locked(),
        "wordless": tell_wordless(),
    }
