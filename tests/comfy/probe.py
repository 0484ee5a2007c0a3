"""Copied into the test server's custom nodes: lets a test look at the model manager and at a run's progress."""

import gc

import comfy.model_management
import comfy.model_patcher
from aiohttp import web
from comfy_execution.progress import get_progress_state
from server import PromptServer

NODE_CLASS_MAPPINGS = {}


@PromptServer.instance.routes.get("/adstudio_probe/memory")
async def look_at_memory(request: web.Request) -> web.Response:
    """The models that the manager holds, and the bytes that each patcher keeps loaded."""
    patchers = [thing for thing in gc.get_objects() if isinstance(thing, comfy.model_patcher.ModelPatcher)]
    held = [entry.model.model for entry in comfy.model_management.current_loaded_models if entry.model]
    return web.json_response(
        {
            "loaded": [type(module).__name__ for module in held],
            "patcher_bytes": [int(patcher.loaded_size()) for patcher in patchers],
        }
    )


@PromptServer.instance.routes.get("/adstudio_probe/steps")
async def look_at_steps(request: web.Request) -> web.Response:
    """How far each node of the running graph has come."""
    return web.json_response({node: state["value"] for node, state in get_progress_state().nodes.items()})
