"""What happens around a run: cancel, unload, and what a user reads when something is wrong."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from comfy_server import ComfyServer
from shipped import api_graph, node_of

from adstudio.run.request import MAX_STEPS

GENERATE = "01-text-to-image-ad"


@pytest.fixture
def graph() -> dict[str, Any]:
    """A shipped workflow in two steps: what is tried around a run does not depend on how many it takes."""
    graph = copy.deepcopy(api_graph(GENERATE))
    values(graph, "AdStudioText2Image")["steps"] = 2
    return graph


def values(graph: dict[str, Any], node: str) -> dict[str, Any]:
    return graph[node_of(graph, node)]["inputs"]


def memory(server: ComfyServer) -> dict[str, Any]:
    return server.get("/adstudio_probe/memory")


def step_of(server: ComfyServer, prompt_id: str, node: str) -> int:
    return server.get(f"/adstudio_probe/steps?prompt_id={prompt_id}").get(node, 0)


def wait_until(condition: Any, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_cancel_stops_between_steps_and_leaves_the_server_fine(server: ComfyServer, graph: dict[str, Any]):
    drawing = node_of(graph, "AdStudioText2Image")
    graph[drawing]["inputs"] |= {"steps": MAX_STEPS, "seed": 1}
    server.post("/adstudio_probe/late_start", {"wait_s": 0.5})  # until then ComfyUI forgets an interrupt
    prompt_id = server.queue(graph)
    wait_until(lambda: step_of(server, prompt_id, drawing) >= 2)
    server.post("/interrupt")
    run = server.wait(prompt_id)
    assert "execution_interrupted" in run.messages
    assert run.messages["execution_interrupted"]["node_id"] == drawing
    assert run.error is None
    assert not run.pictures()
    assert step_of(server, prompt_id, drawing) < MAX_STEPS

    graph[drawing]["inputs"]["steps"] = 8
    after = server.run(graph)
    assert after.status == "success", after.error
    assert drawing not in after.cached


def test_unload_gives_the_memory_back_and_the_next_run_draws_the_same(server: ComfyServer, graph: dict[str, Any]):
    values(graph, "AdStudioText2Image")["seed"] = 2
    values(graph, "AdStudioPromptProcessor")["brief"] = "창가에 놓인 유자차"  # no test before has had it read
    before = server.run(graph)
    assert before.status == "success", before.error
    seen = memory(server)
    assert {"Qwen3Model", "ZImageTransformer2DModel", "AutoencoderKL"} <= set(seen["loaded"])
    assert sum(seen["patcher_bytes"]) > 0

    server.free()
    seen = memory(server)
    assert not seen["loaded"] and not sum(seen["patcher_bytes"])

    again = server.run(graph)
    assert again.status == "success", again.error
    assert node_of(graph, "AdStudioText2Image") not in again.cached
    assert again.pictures() == before.pictures()


def test_another_nodes_lack_of_memory_sends_all_home_and_the_next_run_draws_the_same(
    server: ComfyServer, graph: dict[str, Any]
):
    drawing = node_of(graph, "AdStudioText2Image")
    graph[drawing]["inputs"]["seed"] = 3
    before = server.run(graph)
    assert before.status == "success", before.error
    greedy = copy.deepcopy(graph)
    greedy["greedy"] = {"class_type": "ProbeRunsOutOfMemory", "inputs": {"image": [drawing, 0]}}
    greedy[drawing]["inputs"]["seed"] = 4
    failed = server.run(greedy)
    assert failed.error is not None
    assert failed.error["exception_type"].endswith("OutOfMemoryError")
    seen = memory(server)  # ComfyUI sends them home as the node fails
    assert not seen["loaded"] and not sum(seen["patcher_bytes"])
    server.free()
    again = server.run(graph)
    assert again.status == "success", again.error
    assert again.pictures() == before.pictures()


def test_weights_stay_on_disk_and_memory_stays_flat(server: ComfyServer, graph: dict[str, Any]):
    ours = {"Qwen3Model", "ZImageTransformer2DModel", "AutoencoderKL"}
    anonymous = []
    for seed in (5, 6, 7, 8):
        values(graph, "AdStudioText2Image")["seed"] = seed
        assert server.run(graph).status == "success"
        seen = memory(server)
        assert {name: share for name, share in seen["mapped"].items() if name in ours} == dict.fromkeys(ours, 1.0)
        server.free()
        seen = memory(server)
        assert not seen["loaded"]
        anonymous.append(seen["anonymous_bytes"])
    assert anonymous[-1] - anonymous[1] < 0.1 * 2**30, "each round keeps some memory"


# node, what is set on it, what the sentence must speak of, the family of the error
BAD = {
    "empty brief": ("AdStudioPromptProcessor", {"brief": "  "}, "brief", "InputError"),
    "emoji only": ("AdStudioPromptProcessor", {"brief": "🎉🎉"}, "brief", "InputError"),
    "endless brief": ("AdStudioPromptProcessor", {"brief": "딸기" * 5000}, "2,000", "InputError"),
    "size off the grid": ("AdStudioText2Image", {"width": 500, "height": 501}, "500x501", "InputError"),
    "headline too long": ("AdStudioTextLayoutAnalyzer", {"headline": "가나다라마바사" * 60}, "copy", "InputError"),
    "folder outside": ("AdStudioSaveImage", {"folder": "../../elsewhere"}, "../../elsewhere", "StorageError"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_in_a_sentence_and_the_next_run_is_fine(
    server: ComfyServer, graph: dict[str, Any], case: str
):
    node, bad, subject, family = BAD[case]
    good = copy.deepcopy(graph)
    values(graph, node).update(bad)
    run = server.run(graph)
    assert run.status == "error"
    assert run.error is not None
    sentence = run.error["exception_message"].strip()
    assert run.error["exception_type"] == f"adstudio.{family}", sentence
    assert subject in sentence
    assert len(sentence.split(". ")) >= 2, f"says what is wrong but not what to do: {sentence}"
    assert not run.pictures()
    assert server.run(good).status == "success"
