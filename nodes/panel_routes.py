"""What the panel in the page asks the server for: which engines are ready here, and which checkpoints will open."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from server import PromptServer

from ..adstudio.engine.checkpoint import find_checkpoint, open_checkpoint
from ..adstudio.run.panel import tell_checkpoints, tell_engines
from . import _host


def register(server: Any = None) -> None:
    """Add the route to ComfyUI's server, which has none while its Python is used without one."""
    server = server or getattr(PromptServer, "instance", None)
    if server is not None:
        server.routes.get("/adstudio/panel")(panel)


async def panel(request: web.Request) -> web.Response:
    """Answer with ``engines`` and ``checkpoints``; it looks into many files, and the server's loop serves everyone."""
    return web.json_response(await asyncio.to_thread(_offers))


def _offers() -> dict[str, Any]:
    host = _host.host()
    return {
        "engines": tell_engines(host.model_file),
        "checkpoints": tell_checkpoints(
            _host.checkpoint_names(), lambda name: open_checkpoint(find_checkpoint(name, host), host)
        ),
    }
