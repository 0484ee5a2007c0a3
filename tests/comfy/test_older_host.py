"""In an older ComfyUI every node is there, an ad is made, and what is lacking is said instead of failing on it."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from comfy_server import ComfyServer, Rejected
from PIL import Image
from shipped import NODES, api_graph, inputs, node_of, ours
from test_rest import call, settle

from adstudio.run.request import MAX_STEPS

LISTS = "06-catalogue-batch"  # on core's CreateList, which is newer


@pytest.fixture(scope="module")
def lacks(older_server: ComfyServer) -> dict[str, dict[str, Any]]:
    return {lack["code"]: lack for lack in older_server.get("/adstudio/lacks")["lacks"]}


def short(name: str, node: str) -> dict[str, Any]:
    """A shipped workflow in two steps."""
    graph = api_graph(name)
    graph[node_of(graph, node)]["inputs"]["steps"] = 2
    return graph


def test_every_node_is_there_and_folds_its_advanced_widgets(older_server: ComfyServer):
    schemas = ours(older_server)
    assert set(schemas) == set(NODES)
    folded = {name for name, (_, options) in inputs(schemas["AdStudioZitLoader"]).items() if options.get("advanced")}
    assert folded == {"text_encoder", "vae", "hub_id", "precision", "to_bf16"}


def test_what_is_lacking_is_said_in_a_line_each(older_server: ComfyServer, lacks: dict[str, dict[str, Any]]):
    lines = [line for line in older_server.log().splitlines() if "this ComfyUI lacks something" in line]
    assert len(lines) == len(set(lines)) == len(lacks) > 0
    for lack in lacks.values():
        assert sum(line.endswith(lack["sentence"]) for line in lines) == 1
    assert "Error while calling" not in older_server.log()
    assert not older_server.has_faults()


def test_a_workflow_that_cannot_run_is_named_before_it_is_tried(older_server: ComfyServer, lacks: dict[str, Any]):
    missing = {step["class_type"] for step in api_graph(LISTS).values()} - set(older_server.get("/object_info"))
    if not missing:
        pytest.skip("this older ComfyUI has every node of the shipped workflows")
    assert lacks["node"]["values"] == {"workflow": LISTS, "nodes": ", ".join(sorted(missing))}
    with pytest.raises(Rejected, match=f"{missing.pop()} does not exist"):
        older_server.queue(api_graph(LISTS))


def test_an_engine_that_cannot_draw_is_refused_with_the_reason(older_server: ComfyServer, lacks: dict[str, Any]):
    if "klein" not in lacks:
        pytest.skip("this older ComfyUI reads FLUX.2 Klein")
    told = {engine["id"]: engine for engine in older_server.get("/adstudio/engines")["engines"]}
    assert told["flux2-klein"]["unable"] == lacks["klein"]["sentence"] and not told["flux2-klein"]["ready"]
    assert "unable" not in told["sdxl"] and told["zit"]["ready"]
    with pytest.raises(Rejected) as caught:
        older_server.post("/adstudio/generate", {"brief": "카페 라떼", "engine": "flux2-klein"})
    assert caught.value.body["error"]["code"] == "request.engine_not_ready"
    assert lacks["klein"]["sentence"] in caught.value.body["error"]["message"]


def test_an_ad_asked_for_twice_is_given_twice(older_server: ComfyServer):
    asked = {"brief": "카페 라떼", "provider": "rules", "seed": 7, "steps": 1}
    jobs = [older_server.post("/adstudio/generate", asked | {"wait_s": 0})["job"] for _ in range(2)]
    for job in jobs:
        assert older_server.wait(job).status == "success"  # a job's number is the id of its run
    first, again = (settle(older_server, job) for job in jobs)
    ((one,), (other,)) = first["pictures"], again["pictures"]
    assert one["sha256"] == other["sha256"] and first["job"] != again["job"]  # the second is in ComfyUI's cache alone


@pytest.mark.parametrize(
    "name, sampler", [("01-text-to-image-ad", "AdStudioText2Image"), ("04-native-bridge", "KSampler")]
)
def test_an_ad_is_made(older_server: ComfyServer, name: str, sampler: str):
    run = older_server.run(short(name, sampler))
    assert run.status == "success", run.error
    ((_, content),) = run.pictures()
    with Image.open(io.BytesIO(content)) as picture:
        assert min(picture.size) >= 256


def test_an_ad_that_is_being_drawn_can_be_taken_back(older_server: ComfyServer):
    asked = {"brief": "카페 라떼", "provider": "rules", "seed": 11, "steps": MAX_STEPS, "wait_s": 0}
    job = older_server.post("/adstudio/generate", asked)["job"]
    until = time.monotonic() + 300
    while older_server.get(f"/adstudio/jobs/{job}")["state"] == "queued":
        assert time.monotonic() < until
        time.sleep(0.05)
    status, _, _ = call(older_server, "DELETE", f"/adstudio/jobs/{job}")
    assert status == 200 and settle(older_server, job)["state"] == "cancelled"
