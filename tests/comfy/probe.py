"""Copied into the test server's custom nodes: lets a test look at the model manager and at a run's progress."""

import gc

import comfy.model_management
import comfy.model_patcher
from aiohttp import web
from comfy_execution.progress import get_progress_state
from server import PromptServer

NODE_CLASS_MAPPINGS = {}


@PromptServer.instance.routes.get("/adstudio_probe")
async def look(request: web.Request) -> web.Response:
    """Bytes that each patcher keeps loaded, the loaded models, and each running node's step."""
    patchers = [thing for thing in gc.get_objects() if isinstance(thing, comfy.model_patcher.ModelPatcher)]
    nodes = get_progress_state().nodes
    return web.json_response(
        {
            "loaded": [
                type(entry.model.model).__name__
                for entry in comfy.model_management.current_loaded_models
                if entry.model
            ],
            "patcher_bytes": [int(patcher.loaded_size()) for patcher in patchers],
            "steps": {node: [state["value"], state["max"], str(state["state"].value)] for node, state in nodes.items()},
        }
    )
