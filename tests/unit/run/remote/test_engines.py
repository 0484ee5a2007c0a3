"""Other engines: a request lands in their workflow whole, or is refused by name; only those that are there draw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from comfy_double import ComfyDouble
from safetensors.torch import save_file

from adstudio import InputError
from adstudio.run.engines import ENGINES, check_ready, list_engines
from adstudio.run.local.runner import LocalRunner
from adstudio.run.remote.filling import fill
from adstudio.run.remote.uploads import Photo, Photos
from adstudio.run.request import AdRequest, EngineName

KLEIN = AdRequest(brief="가을 밤라떼", engine="flux2-klein", seed=7)
EDIT = replace(KLEIN, engine="qwen-edit", brief="커피를 딸기라떼로 바꿔 주세요", reference="a.png", aspect="auto")
SDXL = replace(KLEIN, engine="sdxl")
PHOTO = Photo("a.png", b"")
NAMES = {"a.png": "adstudio/a.png", "b.png": "adstudio/b.png"}


def nodes_of(request: AdRequest) -> dict[str, Any]:
    photos = Photos(
        reference=None if request.reference is None else PHOTO,
        products=tuple(Photo(name, b"") for name in request.products),
        size=None if request.reference is None else (640, 448),
    )
    return fill(request, photos, NAMES).graph.nodes


def inputs(nodes: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = (node["inputs"] for node in nodes.values() if node["class_type"] == kind)
    return found


def kinds(nodes: dict[str, Any]) -> set[str]:
    return {node["class_type"] for node in nodes.values()}


@pytest.mark.parametrize("engine", ["flux2-klein", "flux2-klein-9b", "flux2-klein-9b-fp8"])
def test_flux2_draws_from_words_in_its_own_steps(engine: EngineName) -> None:
    nodes = nodes_of(replace(KLEIN, engine=engine, aspect="4:5", style="watercolor", provider="rules"))
    size = inputs(nodes, "EmptyFlux2LatentImage")
    assert (size["width"] / size["height"]) == pytest.approx(0.8, abs=0.03)
    assert inputs(nodes, "Flux2Scheduler") == {"steps": 4, "width": size["width"], "height": size["height"]}
    assert inputs(nodes, "RandomNoise")["noise_seed"] == 7
    words = inputs(nodes, "AdStudioPromptProcessor")
    assert (words["brief"], words["style"]) == (KLEIN.brief, "watercolor")
    assert nodes[words["writer"][0]]["inputs"]["provider"] == "rules"
    assert inputs(nodes_of(replace(KLEIN, engine=engine, steps=6)), "Flux2Scheduler")["steps"] == 6


def test_several_pictures_get_seeds_of_their_own() -> None:
    nodes = nodes_of(replace(KLEIN, count=2))
    assert nodes[inputs(nodes, "RandomNoise")["noise_seed"][0]]["inputs"] == {"inputs.input0": 7, "inputs.input1": 8}


def test_flux2_draws_the_backdrop_of_a_product() -> None:
    nodes = nodes_of(replace(KLEIN, task="composite", products=("a.png", "b.png"), shadow=0.5))
    composite = inputs(nodes, "AdStudioBackgroundComposite")
    assert composite["shadow"] == 0.5 and {"cutout", "cutout_2"} <= composite.keys()
    assert nodes[composite["backdrop"][0]]["class_type"] == "VAEDecode"


def test_qwen_does_what_the_brief_says_in_the_photos_size() -> None:
    nodes = nodes_of(replace(EDIT, context="봄 신메뉴 딸기라떼"))
    asked = [n["inputs"] for n in nodes.values() if n["class_type"] == "TextEncodeQwenImageEditPlus"]
    assert {each["prompt"] for each in asked} == {EDIT.brief, ""}
    assert all(nodes[each["image1"][0]]["class_type"] == "LoadImage" for each in asked)
    assert "FluxKontextImageScale" not in kinds(nodes) and inputs(nodes, "LoadImage")["image"] == "adstudio/a.png"
    assert inputs(nodes, "AdStudioPromptProcessor")["brief"] == "봄 신메뉴 딸기라떼"
    assert inputs(nodes, "AdStudioAdCopy")["brief"] == "봄 신메뉴 딸기라떼"


def test_sdxl_follows_a_photo_where_there_is_one() -> None:
    bare = nodes_of(SDXL)
    assert not {"ControlNetApplyAdvanced", "ControlNetLoader", "LoadImage"} & kinds(bare)
    sampler = inputs(bare, "KSampler")
    assert {bare[sampler[name][0]]["class_type"] for name in ("positive", "negative")} == {"CLIPTextEncode"}
    assert sampler["positive"] != sampler["negative"] and sampler["steps"] == 25
    held = nodes_of(replace(SDXL, reference="a.png", aspect="auto"))
    assert held[inputs(held, "KSampler")["positive"][0]]["class_type"] == "ControlNetApplyAdvanced"
    assert (inputs(held, "EmptyLatentImage")["width"], inputs(held, "EmptyLatentImage")["height"]) == (640, 448)


@pytest.mark.parametrize(
    ("given", "checkpoint"),
    [
        ({}, "sd_xl_base_1.0.safetensors"),
        ({"style": "3d"}, "sd_xl_base_1.0.safetensors"),
        ({"style": "반실사"}, "dreamshaperXL.safetensors"),
        ({"style": "watercolor", "reference": "a.png", "aspect": "auto"}, "dreamshaperXL.safetensors"),
        ({"style": "anime"}, "animagine-xl-4.0.safetensors"),
        ({"style": "auto", "brief": "애니메이션 느낌의 밤라떼"}, "animagine-xl-4.0.safetensors"),
    ],
)
def test_sdxl_takes_the_checkpoint_of_the_style(given: dict[str, Any], checkpoint: str) -> None:
    nodes = nodes_of(replace(SDXL, **given))
    assert inputs(nodes, "CheckpointLoaderSimple")["ckpt_name"] == checkpoint
    assert ("ControlNetApplyAdvanced" in kinds(nodes)) is ("reference" in given)


def test_sdxl_is_ready_for_the_styles_whose_checkpoint_is_there(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, there := tmp_path / "there.safetensors")
    names = ("animagine-xl-4.0.safetensors", "diffusers_xl_canny_full.safetensors")
    listed = list_engines(lambda kind, name: there if name in names else None)
    told = next(each for each in listed if each["id"] == "sdxl")
    assert told["ready"] and told["workflows"] == ["21-sdxl-anime"]
    check_ready(replace(SDXL, style="anime"), listed)
    with pytest.raises(InputError) as caught:
        check_ready(SDXL, listed)
    assert caught.value.code == "request.engine_not_ready" and "'realistic'" in caught.value.message
    assert "sd_xl_base_1.0" in caught.value.message and "dreamshaper" not in caught.value.message


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (replace(KLEIN, checkpoint="z-image"), "checkpoint"),
        (replace(SDXL, loras=(("ink", 1.0),)), "loras"),
        (replace(KLEIN, lettering="redraw"), "lettering"),
        (replace(EDIT, strength=0.4), "strength"),
        (replace(SDXL, provider="local"), "provider"),
        (replace(KLEIN, reference="a.png"), "reference"),
        (replace(KLEIN, engine="flux2-klein-9b", task="composite", products=("a.png",)), "products"),
        (replace(KLEIN, task="composite", products=("a.png",), contact=0.4), "contact"),
    ],
)
def test_what_an_engine_cannot_do_is_refused_by_name(request_: AdRequest, name: str) -> None:
    with pytest.raises(InputError) as caught:
        nodes_of(request_)
    assert caught.value.code == "request.not_with_engine" and f"'{name}'" in caught.value.message
    assert request_.engine in caught.value.message


def test_an_instruction_needs_a_photo_and_an_engine_a_name() -> None:
    with pytest.raises(InputError) as caught:
        nodes_of(replace(EDIT, reference=None, aspect="1:1"))
    assert caught.value.code == "request.engine_needs_photo"
    with pytest.raises(InputError) as caught:
        AdRequest.from_dict({"engine": "dall-e"})
    assert caught.value.code == "request.bad_type"
    with pytest.raises(InputError) as caught:
        replace(KLEIN, engine="dall-e")  # type: ignore[arg-type]
    assert caught.value.code == "request.unknown_engine" and "sdxl" in caught.value.hint


def test_this_process_draws_with_z_image_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        LocalRunner(tmp_path).run(KLEIN)
    assert caught.value.code == "request.engine_needs_server"


def test_engines_without_their_files_are_told_with_what_is_missing(tmp_path: Path) -> None:
    told = {each["id"]: each for each in list_engines(lambda kind, name: None)}
    assert list(told) == list(ENGINES) and [name for name, each in told.items() if each["ready"]] == ["zit"]
    places = [file["place"] for file in told["flux2-klein"]["missing"]]
    assert "diffusion_models/flux-2-klein-4b.safetensors" in places and len(places) == 3
    assert told["qwen-edit"]["needs_photo"] and told["qwen-edit"]["draws"] == ["photo"]


def test_a_server_that_lacks_an_engine_is_not_sent_anything(double: ComfyDouble, make: Any) -> None:
    double.engines = list_engines(lambda kind, name: None)
    with pytest.raises(InputError) as caught:
        make(double).run(KLEIN)
    assert caught.value.code == "request.engine_not_ready" and not double.posts
    assert "models/diffusion_models/flux-2-klein-4b.safetensors (missing" in caught.value.message
    assert "zit" in caught.value.hint


def test_an_engine_that_an_older_server_cannot_draw_with_is_refused_with_the_reason(
    double: ComfyDouble, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    everything = lambda kind, name: tmp_path / "weights.safetensors"  # noqa: E731
    told = {each["id"]: each for each in list_engines(everything, {"flux2-klein": "It cannot read it."})}
    assert [told[name]["ready"] for name in ("flux2-klein", "sdxl")] == [False, True]
    assert "unable" not in told["sdxl"]
    double.engines = list(told.values())
    with pytest.raises(InputError, match="It cannot read it") as caught:
        make(double).run(KLEIN)
    assert caught.value.code == "request.engine_not_ready" and not double.posts


def test_a_server_that_has_an_engine_draws_with_it(
    double: ComfyDouble, make: Any, adstudio: Any, tmp_path: Path
) -> None:
    double.engines = [{"id": "flux2-klein", "ready": True}]
    result = make(double).run(KLEIN)
    assert result.report.model == "flux2-klein" and result.report.seeds == (7,)
    assert {"load", "generate", "save"} <= {step.name for step in result.report.steps}
    asked = ("generate", "가을 밤라떼", "--engine", "flux2-klein", "--seed", 7, "--out", tmp_path)
    assert adstudio(*asked, "--server", double.url).code == 0
    assert "Flux2Scheduler" in kinds(double.posts[-1]["prompt"])
    assert adstudio(*asked).code == 1
