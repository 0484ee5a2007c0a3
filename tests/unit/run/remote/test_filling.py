"""Every field of a request lands in the graph or is refused by name; nothing is lost silently."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from comfyui import PACK

from adstudio import InputError
from adstudio.run.remote.filling import fill
from adstudio.run.remote.graph import WORKFLOWS
from adstudio.run.remote.uploads import Photo, Photos
from adstudio.run.request import AdRequest, Lighting
from adstudio.types import Placement, TextStyle

PHOTO = Photo("a.png", b"")
NAMES = {"a.png": "adstudio/a.png", "b.png": "adstudio/b.png", "m.png": "adstudio/m.png"}
WORDS = AdRequest(brief="봄 딸기라떼, 대리석", seed=7)
EDIT = replace(WORDS, reference="a.png")
COMPOSITE = replace(WORDS, task="composite", products=("a.png",), contact=0.4)

# One other value for every field, in a request in which it means something.
OTHERS: dict[str, tuple[AdRequest, Any]] = {
    "brief": (WORDS, "가을 코코아"),
    "context": (COMPOSITE, "동네 카페"),
    "style": (WORDS, "watercolor"),
    "industry": (WORDS, "bakery"),
    "provider": (WORDS, "rules"),
    "fallback": (WORDS, True),
    "language_model": (WORDS, "tiny"),
    "base_url": (WORDS, "http://localhost:11434/v1"),
    "tone": (WORDS, "bold"),
    "channel": (WORDS, "auto"),
    "copy_space": (WORDS, "left"),
    "checkpoint": (WORDS, "z-image"),
    "text_encoder": (WORDS, "qwen.safetensors"),
    "vae": (WORDS, "ae.safetensors"),
    "precision": (WORDS, "fp8 weights"),
    "loras": (WORDS, (("ink.safetensors", 0.5),)),
    "aspect": (WORDS, "4:5"),
    "seed": (WORDS, 8),
    "steps": (WORDS, 4),
    "count": (WORDS, 3),
    "strength": (EDIT, 0.3),
    "cutout": (COMPOSITE, "geodesic"),
    "auto_layout": (COMPOSITE, False),
    "placements": (COMPOSITE, (Placement(0.3, 0.8, 0.4),)),
    "shadow": (COMPOSITE, 0.5),
    "harmonize": (COMPOSITE, 0.1),
    "detail": (COMPOSITE, 0.1),
    "reflection": (COMPOSITE, 0.2),
    "lighting": (COMPOSITE, Lighting("left")),
    "fidelity_limit": (COMPOSITE, 3.0),
    "contact": (COMPOSITE, 0.0),
    "lettering": (WORDS, "redraw"),
    "headline": (WORDS, "봄날"),
    "text_style": (WORDS, TextStyle(weight=500)),
    "format": (WORDS, "webp"),
    "quality": (WORDS, 60),
}
TOGETHER = {"task", "products", "reference", "width", "height", "sub"}  # change only with others; see below


def photos_of(request: AdRequest) -> Photos:
    return Photos(
        reference=None if request.reference is None else PHOTO,
        products=tuple(Photo(name, b"") for name in request.products),
    )


def graph_of(request: AdRequest, photos: Photos | None = None) -> dict[str, Any]:
    return fill(request, photos or photos_of(request), NAMES).graph.nodes


def node(graph: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = (each["inputs"] for each in graph.values() if each["class_type"] == kind)
    return found


def kinds(graph: dict[str, Any]) -> list[str]:
    return [each["class_type"] for each in graph.values()]


def test_this_list_has_every_field() -> None:
    assert set(OTHERS) | TOGETHER == {field.name for field in fields(AdRequest)}


@pytest.mark.parametrize("name", OTHERS)
def test_a_field_changes_the_graph_or_is_refused_by_name(name: str) -> None:
    request, value = OTHERS[name]
    try:
        changed = graph_of(replace(request, **{name: value}))
    except InputError as error:
        assert error.code == "request.not_on_server" and f"'{name}'" in error.message
    else:
        assert changed != graph_of(request)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (replace(WORDS, base_url="http://localhost:1/v1"), "base_url"),
        (replace(WORDS, seed=2**31), "seed"),
        (replace(WORDS, sub=""), "sub"),
        (replace(WORDS, text_style=TextStyle(fallback=("Noto",))), "text_style.fallback"),
        (replace(COMPOSITE, products=("a.png",) * 4), "products"),
        (replace(COMPOSITE, products=("a.png", "b.png"), auto_layout=False), "auto_layout"),
        (replace(COMPOSITE, placements=(Placement(0.5, 0.5, 0.5, anchor="top"),)), "placements"),
        (replace(COMPOSITE, fidelity_limit=0.0), "fidelity_limit"),
        (replace(COMPOSITE, lighting=Lighting(angle=30.0)), "lighting.angle"),
    ],
)
def test_what_no_node_does_is_refused(changed: AdRequest, name: str) -> None:
    with pytest.raises(InputError) as caught:
        graph_of(changed)
    assert caught.value.code == "request.not_on_server" and f"'{name}'" in caught.value.message


def test_sizes_and_line_below_the_headline_land() -> None:
    sized = node(graph_of(replace(WORDS, width=448, height=576)), "AdStudioText2Image")
    assert (sized["width"], sized["height"]) == (448, 576)
    assert node(graph_of(replace(WORDS, sub="오늘만")), "AdStudioTextLayoutAnalyzer")["sub"] == "오늘만"


def test_a_given_headline_needs_no_copywriter_and_no_text_no_letters() -> None:
    assert "AdStudioAdCopy" not in kinds(graph_of(replace(WORDS, headline="봄날")))
    bare = graph_of(replace(WORDS, headline=""))
    assert not {"AdStudioAdCopy", "AdStudioTextOverlay", "AdStudioTextLayoutAnalyzer"} & set(kinds(bare))
    assert "original" not in node(bare, "AdStudioSaveImage")


def test_pictures_get_seeds_and_rewrites_of_their_own() -> None:
    graph = graph_of(replace(WORDS, count=3))
    seeds = node(graph, "CreateList")
    assert list(seeds.values()) == [7, 8, 9]
    assert graph[node(graph, "AdStudioText2Image")["seed"][0]]["class_type"] == "CreateList"
    assert node(graph, "AdStudioPromptProcessor")["variants"] == 3
    over_photo = graph_of(replace(EDIT, count=3))
    assert node(over_photo, "AdStudioPromptProcessor")["variants"] == 1


def test_products_are_cut_out_each_and_clear_ones_keep_their_alpha() -> None:
    request = replace(COMPOSITE, products=("a.png", "b.png"))
    graph = graph_of(request, Photos(products=(Photo("a.png", b""), Photo("b.png", b"", has_alpha=True))))
    assert kinds(graph).count("AdStudioBackgroundRemoval") == 2
    joined = node(graph, "JoinImageWithAlpha")
    assert graph[joined["image"][0]]["inputs"]["image"] == "adstudio/b.png"
    assert {"cutout", "cutout_2"} <= node(graph, "AdStudioBackgroundComposite").keys()
    assert "PreviewImage" not in kinds(graph)


def test_adapters_are_chained_behind_the_style() -> None:
    graph = graph_of(replace(WORDS, loras=(("a", 0.5), ("b", 1.0))))
    drawn_with = graph[node(graph, "AdStudioText2Image")["zit"][0]]["inputs"]
    assert (drawn_with["lora"], drawn_with["weight"]) == ("b", 1.0)
    before = graph[drawn_with["zit"][0]]["inputs"]
    assert before["lora"] == "a" and graph[before["zit"][0]]["inputs"]["lora"] == "by style"


def test_copy_keeps_off_the_subject_of_a_photo() -> None:
    graph = graph_of(EDIT, Photos(reference=PHOTO, subject=Photo("m.png", b"")))
    layout = node(graph, "AdStudioTextLayoutAnalyzer")
    assert graph[layout["keep_clear"][0]]["inputs"]["image"] == "adstudio/m.png" and "prompt" not in layout


def test_the_graphs_are_those_of_the_workflows_folder() -> None:
    for path in WORKFLOWS.glob("*.json"):
        shown = json.loads((PACK / "workflows" / "api" / path.name).read_text("utf-8"))
        assert json.loads(path.read_text("utf-8")) == shown, "run: python tools/workflows.py"


def test_the_graphs_lie_where_a_wheel_takes_them() -> None:
    assert Path(PACK) / "adstudio" / "run" / "data" / "workflows" == WORKFLOWS
