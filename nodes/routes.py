"""What the REST routes ask of ComfyUI: its queue, its folders, its models."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import execution
from comfyui_version import __version__ as comfyui_version
from server import PromptServer

from ..adstudio import __version__, config
from ..adstudio.config import EMBEDDED
from ..adstudio.engine.forms.checkpoint import find_checkpoint, open_checkpoint
from ..adstudio.errors import InputError
from ..adstudio.run.engines import check_ready, list_engines
from ..adstudio.run.photos import target_size
from ..adstudio.run.remote.answers import first_problem
from ..adstudio.run.remote.graph import Graph
from ..adstudio.run.request import ZIT, AdRequest
from ..adstudio.run.rest.journal import FILE as JOURNAL
from ..adstudio.run.rest.journal import Journal
from ..adstudio.run.rest.once import Once
from ..adstudio.run.rest.queries import SizeQuery
from ..adstudio.run.rest.service import Service
from ..adstudio.run.target import channel_of
from . import _feedback, _folders, _host, _lacks
from ._rest import Routes

logger = logging.getLogger("adstudio.rest")


def add() -> None:
    """Put the routes on ComfyUI's server, before it starts; without one (nodes loaded to be looked at) do nothing."""
    server = getattr(PromptServer, "instance", None)
    if server is not None:
        server.add_on_prompt_handler(Once().sift)
        journal = Journal(config.home() / JOURNAL)
        service = Service(ComfyQueue(server), _input_and_output, _size_over, _check_models, journal)
        Routes(service, _health, _engines, _work_out_size, _folders.input_folder).add(server.routes)


class ComfyQueue:
    """ComfyUI's own queue: a job obeys its order, its model manager and its cancel button."""

    def __init__(self, server: PromptServer) -> None:
        self._server = server

    def strangers(self, ours: Callable[[str], bool]) -> int:
        """Count the jobs that are not ours."""
        running, waiting = self._server.prompt_queue.get_current_queue_volatile()
        return sum(not ours(item[1]) for item in (*running, *waiting))

    async def submit(self, number: str, graph: Graph) -> None:
        """Check a graph as ``POST /prompt`` does, and queue it."""
        valid, error, outputs, node_errors = await execution.validate_prompt(number, graph.nodes, None)
        if problem := first_problem({"node_errors": node_errors}, graph, {}):
            raise problem
        if not valid:
            raise InputError("comfyui.graph_refused", str(error.get("message", error)), "Update Ad Studio and ComfyUI.")
        about = {"create_time": int(time.time() * 1000)}
        # Nobody listens under this id; but of a run that was cached, older servers keep the pictures only for a client.
        listener = {"client_id": number}
        self._server.prompt_queue.put((self._server.number, number, graph.nodes, about | listener, outputs, {}))
        self._server.number += 1

    def state(self, number: str) -> str:
        """Where a job stands."""
        queue = self._server.prompt_queue
        with queue.mutex:  # all at once: between two questions it could move
            if number in queue.history:
                return "ended"
            if any(item[1] == number for item in queue.currently_running.values()):
                return "running"
            return "queued" if any(item[1] == number for item in queue.queue) else ""

    def entry(self, number: str) -> Mapping[str, Any]:
        """What the history holds of a job."""
        return self._server.prompt_queue.get_history(prompt_id=number)[number]

    def said(self, number: str) -> Mapping[str, Any] | None:
        """What one of our nodes said as it failed."""
        return _feedback.said_of(number)

    def cancel(self, number: str) -> None:
        """Drop this job and no other."""
        queue = self._server.prompt_queue
        if queue.delete_queue_item(lambda item: item[1] == number):
            return
        with queue.mutex:  # so that none but this job can be the one that runs
            if any(item[1] == number for item in queue.currently_running.values()):
                execution.nodes.interrupt_processing()


def _input_and_output() -> tuple[Path, Path]:
    return _folders.input_folder(), _folders.output_folder()


def _health() -> dict[str, Any]:
    left = PromptServer.instance.prompt_queue.get_tasks_remaining()
    about = {"adstudio": __version__, "comfyui": comfyui_version, "queue": left, "once": True}
    ready = [engine["id"] for engine in _engines()["engines"] if engine["ready"]]
    return {"ok": True, **about, "checkpoints": _folders.checkpoint_names(), "engines": ready}


def _engines() -> dict[str, Any]:
    return {"engines": list_engines(_host.host().model_file, _lacks.of_engines(_lacks.find()))}


def _work_out_size(query: SizeQuery) -> dict[str, Any]:
    _check_models(query.request)
    width, height = _size_over(query.request, query.photo)
    return {"width": width, "height": height}


def _size_over(request: AdRequest, photo: tuple[int, int] | None) -> tuple[int, int]:
    host = _host.host()
    path = find_checkpoint(request.checkpoint, host)
    found = open_checkpoint(path, host, text_encoder=request.text_encoder, vae=request.vae)
    return target_size(request, found.grid_px, found.base_px, photo, channel_of(request))


def _check_models(request: AdRequest) -> None:
    """Refuse files beyond those that the nodes' menus offer: a caller may not have the server look anywhere else.

    An engine other than Z-Image names its files itself; they have to be there.
    """
    if request.engine != ZIT:
        check_ready(request, _engines()["engines"])
        return
    offered = {
        "checkpoint": [EMBEDDED, *_folders.checkpoint_names()],
        "text_encoder": _folders.part_names("text_encoder"),
        "vae": _folders.part_names("vae"),
    }
    for name, choices in offered.items():
        if getattr(request, name) not in choices:
            shown = ", ".join(dict.fromkeys(choices))
            raise InputError(
                f"request.{name}", f"This server has no such {name.replace('_', ' ')}.", f"It has: {shown:.300}"
            )
