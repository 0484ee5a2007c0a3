"""Copied into the test server's custom nodes: lets a test look at the model manager and at a run's progress."""

import asyncio
import contextlib
import ctypes
import gc
import sys
import threading
from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.model_patcher
import execution
import torch
from aiohttp import web
from comfy_execution.progress import get_progress_state
from server import PromptServer


class RunsOutOfMemory:
    """Stands for any other pack's node that asks for more than there is."""

    CATEGORY = "test"
    FUNCTION = "run"
    RETURN_TYPES = ("IMAGE",)
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict:
        return {"required": {"image": ("IMAGE",)}}

    def run(self, image: torch.Tensor) -> tuple:
        raise torch.OutOfMemoryError("another node took too much")


class Waits:
    """Hands a picture on once the test says so; other nodes work meanwhile."""

    CATEGORY = "test"
    FUNCTION = "run"
    RETURN_TYPES = ("IMAGE",)
    gate = threading.Event()

    @classmethod
    def INPUT_TYPES(cls) -> dict:
        return {"required": {"image": ("IMAGE",)}}

    async def run(self, image: torch.Tensor) -> tuple:
        while not self.gate.is_set():
            comfy.model_management.throw_exception_if_processing_interrupted()
            await asyncio.sleep(0.02)
        self.gate.clear()
        return (image,)


NODE_CLASS_MAPPINGS = {"ProbeRunsOutOfMemory": RunsOutOfMemory, "ProbeWaits": Waits}


@PromptServer.instance.routes.get("/adstudio_probe/memory")
async def look_at_memory(request: web.Request) -> web.Response:
    """The manager's state, the models that it holds, and the bytes that each patcher keeps loaded."""
    # By their type: what stands for something that is gone (weakref.proxy) raises where its class is asked for.
    patchers = [thing for thing in gc.get_objects() if issubclass(type(thing), comfy.model_patcher.ModelPatcher)]
    held = [patcher.model for entry in [*comfy.model_management.current_loaded_models] if (patcher := entry.model)]
    return web.json_response(
        {
            "vram_state": comfy.model_management.vram_state.name,
            "loaded": [type(module).__name__ for module in held],
            "patcher_bytes": [int(patcher.loaded_size()) for patcher in patchers],
            "mapped": {type(patcher.model).__name__: _mapped_share(patcher.model) for patcher in patchers},
            "anonymous_bytes": _anonymous_bytes(),
        }
    )


@PromptServer.instance.routes.get("/adstudio_probe/steps")
async def look_at_steps(request: web.Request) -> web.Response:
    """How far each node of a run has come; nothing before it begins, when ComfyUI still tells of the run before."""
    told = get_progress_state()
    nodes = dict(told.nodes) if told.prompt_id == request.query["prompt_id"] else {}  # at once: the run adds to them
    return web.json_response({node: state["value"] for node, state in nodes.items()})


@PromptServer.instance.routes.get("/adstudio_probe/packages")
async def look_at_packages(request: web.Request) -> web.Response:
    """The packages that were imported so far, by anybody."""
    return web.json_response(sorted({name.partition(".")[0] for name in sys.modules}))


@PromptServer.instance.routes.post("/adstudio_probe/go_on")
async def go_on(request: web.Request) -> web.Response:
    """Have the node that waits for it hand its picture on."""
    Waits.gate.set()
    return web.json_response({})


_may_start = threading.Event()


@PromptServer.instance.routes.post("/adstudio_probe/late_start")
async def start_late(request: web.Request) -> web.Response:
    """Have the next graph stand for so many seconds between the queue and its run, as on a busy machine."""
    wait_s, execute = (await request.json())["wait_s"], execution.PromptExecutor.execute
    _may_start.clear()

    def late(*given: Any) -> None:
        execution.PromptExecutor.execute = execute
        _may_start.wait(wait_s)
        execute(*given)

    execution.PromptExecutor.execute = late
    return web.json_response({})


@PromptServer.instance.routes.post("/adstudio_probe/start")
async def start_now(request: web.Request) -> web.Response:
    """Let it wait no longer."""
    _may_start.set()
    return web.json_response({})


def _mapped_share(module: torch.nn.Module) -> float:
    """How much of a module's weights is the mapped file itself."""
    spans = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5].endswith(".safetensors"):
            spans.append([int(end, 16) for end in fields[0].split("-")])
    sizes = [
        (tensor.nbytes, any(first <= tensor.data_ptr() < last for first, last in spans))
        for tensor in module.parameters()
        if tensor.device.type == "cpu"
    ]
    return sum(size for size, is_mapped in sizes if is_mapped) / max(1, sum(size for size, _ in sizes))


def _anonymous_bytes() -> int:
    """The process' own memory, without what its allocator keeps of what it was given back."""
    with contextlib.suppress(AttributeError):  # a libc that keeps nothing
        ctypes.CDLL(None).malloc_trim(0)
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("RssAnon"))) * 1024
