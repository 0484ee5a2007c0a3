"""ZIT Loader downloads from a hub: progress on the page, cancel, taking it up again, and then the picture."""

from __future__ import annotations

import copy
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comfyui
import pytest
from comfy_server import ComfyServer, Run, running
from comfyui import PACK
from hub_server import Hub, serving
from shipped import api_graph, node_of

REPO = "org/z-image-demo"
EMBEDDED = PACK / "adstudio" / "demo" / "checkpoint"
LISTEN = """
import asyncio, sys
import aiohttp

async def listen():
    async with aiohttp.ClientSession() as session, session.ws_connect(sys.argv[1]) as socket:
        print("connected", flush=True)
        async for message in socket:
            if message.type == aiohttp.WSMsgType.TEXT:
                print(message.data, flush=True)

asyncio.run(listen())
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with serving(REPO, EMBEDDED) as hub:
        yield hub


@pytest.fixture(scope="module")
def comfy(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """A ComfyUI of its own, for which that hub is the hub."""
    base = tmp_path_factory.mktemp("comfyui-hub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_HOME", str(base / "hf-home"))
        patch.delenv("HF_HUB_OFFLINE", raising=False)
        patch.delenv("HF_TOKEN", raising=False)
        with running(base) as server:
            yield server


class Page:
    """What ComfyUI's page is sent over its websocket."""

    def __init__(self, server: ComfyServer, folder: Path) -> None:
        root = comfyui.find()
        python = comfyui.python(root) if root else None
        assert python is not None
        self._log = folder / "page.log"
        address = f"{server.url.replace('http', 'ws')}/ws?clientId=page"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([str(python), "-c", LISTEN, address], stdout=log)
        wait_until(lambda: self._log.read_text().startswith("connected"))

    def progress_of(self, node: str) -> list[tuple[float, float]]:
        """``(value, maximum)`` of every progress event of a node, as they came."""
        lines = self._log.read_text("utf-8").splitlines(keepends=True)[1:]
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        states = [event["data"]["nodes"].get(node) for event in events if event["type"] == "progress_state"]
        return [(state["value"], state["max"]) for state in states if state]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def page(comfy: ComfyServer, tmp_path: Path) -> Iterator[Page]:
    page = Page(comfy, tmp_path)
    yield page
    page.close()


def wait_until(condition: Callable[[], object], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def graph(**loader: str) -> dict[str, Any]:
    graph = copy.deepcopy(api_graph("01-text-to-image-ad"))
    graph[node_of(graph, "AdStudioZitLoader")]["inputs"] |= loader
    graph[node_of(graph, "AdStudioText2Image")]["inputs"] |= {"steps": 1, "seed": 5, "width": 256, "height": 256}
    return graph


def queue(server: ComfyServer, graph: dict[str, Any]) -> str:
    return str(server.post("/prompt", {"prompt": graph, "client_id": "page"})["prompt_id"])


def saved(run: Run) -> list[str]:
    """The names of the saved pictures, which are hashes of their pixels."""
    assert run.status == "success", run.error
    return sorted(name for name, _ in run.pictures())


def test_a_download_in_the_node(comfy: ComfyServer, hub: Hub, page: Page) -> None:
    asked = graph(hub_id=REPO)
    loader = node_of(asked, "AdStudioZitLoader")
    folder = comfy.base / "models" / "diffusers" / "org" / "z-image-demo"
    total = sum(path.stat().st_size for path in EMBEDDED.rglob("*") if path.is_file())

    hub.faults.trickle_after = total // 10  # held there: it cannot end before it is cancelled
    prompt_id = queue(comfy, asked)
    for tenths in range(1, 6):
        hub.faults.trickle_after = tenths * total // 10
        least = 0.09 * tenths * total  # ComfyUI tells of half a per cent and more
        wait_until(lambda least=least: any(value > least and whole > 1 for value, whole in page.progress_of(loader)))
    comfy.post("/interrupt")
    run = comfy.wait(prompt_id)
    assert run.messages["execution_interrupted"]["node_id"] == loader and run.error is None
    values = [value for value, whole in page.progress_of(loader) if whole == total]
    assert len(values) > 3 and values == sorted(values) and values[-1] < total
    assert not folder.exists()
    offered = comfy.get("/object_info/AdStudioZitLoader")["AdStudioZitLoader"]["input"]["required"]["checkpoint"]
    assert "z-image-demo" not in json.dumps(offered), "half a download must not be offered"

    hub.settle()
    kept = sum(path.stat().st_size for path in folder.parent.rglob("*") if path.is_file())
    hub.reset()
    fetched = saved(comfy.wait(queue(comfy, asked)))
    assert kept > 0 and hub.total_sent == total - kept, "only the rest may travel"
    assert page.progress_of(loader)

    hub.reset()
    changed = graph(hub_id=REPO)
    changed[node_of(changed, "AdStudioText2Image")]["inputs"]["seed"] = 6
    assert saved(comfy.run(changed)) != fetched
    assert hub.requests == [], "what is whole is not asked for again"
    assert saved(comfy.run(graph())) == fetched, "the embedded checkpoint is the original"
    assert "secret-of-the-store" not in comfy.log(), "whoever has a signed address may read the file"


def test_a_model_that_is_not_there_is_told_in_a_sentence(comfy: ComfyServer, hub: Hub) -> None:
    run = comfy.run(graph(hub_id="org/nothing"))
    assert run.status == "error" and run.error is not None
    assert run.error["exception_type"] == "adstudio.ModelError"
    assert "'org/nothing'" in run.error["exception_message"] and "not found" in run.error["exception_message"]
    assert not (comfy.base / "models" / "diffusers" / "org" / "nothing").exists()
