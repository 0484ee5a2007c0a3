"""Every field of a request lands in the graph or is refused by name; nothing is lost silently."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from comfyui import PACK

from adstudio import InputError
from adstudio.run.remote.channel_filling import barred_notes, without_barred
from adstudio.run.remote.filling import PLACED, fill
from adstudio.run.remote.graph import WORKFLOWS
from adstudio.run.remote.uploads import Photo, Photos
from adstudio.run.request import AdRequest, Lighting
from adstudio.types import Placement, TextStyle

PHOTO = Photo("a.png", b"")
NAMES = {name: f"adstudio/{name}" for name in ("a.png", "b.png", "l.png", "m.png")}
WORDS = AdRequest(brief="봄 딸기라떼, 대리석", seed=7)
EDIT = replace(WORDS, reference="a.png")
STORY = replace(WORDS, aspect="channel", channel="instagram_story")
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
    "override_channel": (STORY, True),
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
    "price": (WORDS, "9,900원"),
    "badge": (WORDS, "1+1"),
    "call_to_action": (WORDS, "지금 주문하기"),
    "legal": (WORDS, "재고 소진 시까지"),
    "hours": (WORDS, "매일 8시-21시"),
    "link": (WORDS, "https://example.com"),
    "logo": (WORDS, "l.png"),
    "layout_provider": (WORDS, "auto"),
    "layout_as_proposed": (WORDS, True),
    "text_style": (WORDS, TextStyle(weight=500)),
    "format": (WORDS, "webp"),
    "quality": (WORDS, 60),
    "max_kb": (WORDS, 300),
    "ai_label": (WORDS, "AI 생성 이미지"),
    "credentials": (WORDS, True),
}
TOGETHER = {"engine"} | {
    "task",
    "products",
    "reference",
    "width",
    "height",
    "sub",
    "old_price",
}  # change only with others; see below


def photos_of(request: AdRequest) -> Photos:
    return Photos(
        reference=None if request.reference is None else PHOTO,
        products=tuple(Photo(name, b"") for name in request.products),
        logo=None if request.logo is None else Photo(request.logo, b""),
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
        (replace(WORDS, ai_label="기계가 그림"), "ai_label"),
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


LINES = ("headline", "sub", "call_to_action")


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({}, {"headline", "sub"}),
        ({"sub": ""}, {"headline"}),
        ({"headline": "봄날"}, set()),
        ({"headline": "봄날", "call_to_action": None}, {"call_to_action"}),
        ({"call_to_action": None}, {"headline", "sub", "call_to_action"}),
    ],
)
def test_only_the_lines_that_are_asked_for_are_written(given: dict[str, Any], written: set[str]) -> None:
    graph = graph_of(replace(WORDS, **given))
    layout = node(graph, "AdStudioTextLayoutAnalyzer")
    outputs = {name: layout[name][1] for name in LINES if isinstance(layout[name], list)}
    assert outputs == {name: 3 + LINES.index(name) for name in written}
    assert all(graph[layout[name][0]]["class_type"] == "AdStudioAdCopy" for name in written)
    assert all(layout[name] == given.get(name, "") for name in LINES if name not in written)


def test_every_part_of_an_ad_lands_where_it_is_drawn() -> None:
    parts = {"price": "9,900원", "old_price": "12,000원", "badge": "1+1", "legal": "소진 시까지", "hours": "8-21시"}
    style = TextStyle(min_px=30, fallback=("Noto Sans CJK KR", "Segoe UI Emoji"))
    graph = graph_of(replace(WORDS, headline="", link="https://a.kr", logo="l.png", text_style=style, **parts))
    layout, overlay = node(graph, "AdStudioTextLayoutAnalyzer"), node(graph, "AdStudioTextOverlay")
    assert {name: layout[name] for name in parts} == parts and layout["link"] == "https://a.kr"
    assert layout["logo_slot"] is True and layout["min_px"] == overlay["min_px"] == 30
    assert overlay["fallback"] == "Noto Sans CJK KR, Segoe UI Emoji"
    assert graph[overlay["logo"][0]]["inputs"]["image"] == "adstudio/l.png"
    assert [overlay["logo"][1], overlay["logo_mask"][1]] == [0, 1]
    alone = graph_of(replace(WORDS, headline="", logo="l.png"))
    assert node(alone, "AdStudioTextLayoutAnalyzer")["logo_slot"] is True


def test_a_model_that_lays_out_is_asked_through_the_writer() -> None:
    graph = graph_of(replace(COMPOSITE, layout_provider="openai", fallback=True, language_model="eyes"))
    for kind in ("AdStudioTextLayoutAnalyzer", "AdStudioProductLayoutAnalyzer"):
        assert node(graph, kind)["provider"] == "openai"
        assert graph[node(graph, kind)["writer"][0]]["class_type"] == "AdStudioLanguageModel"


def test_nobody_edits_a_layout_on_the_way() -> None:
    for request in (WORDS, COMPOSITE):
        graph = graph_of(request)
        assert "AdStudioLayoutEditor" not in kinds(graph)
        assert graph[node(graph, "AdStudioTextOverlay")["layout"][0]]["class_type"] == "AdStudioTextLayoutAnalyzer"


def test_the_file_is_kept_as_it_is_asked_for() -> None:
    saved = node(graph_of(replace(WORDS, max_kb=300, ai_label="AI 생성 이미지", credentials=True)), "AdStudioSaveImage")
    assert (saved["max_kb"], saved["ai_label"], saved["credentials"]) == (300, "AI 생성 이미지", True)
    plain = node(graph_of(WORDS), "AdStudioSaveImage")
    assert (plain["max_kb"], plain["ai_label"], plain["credentials"]) == (0, "none", False)


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
    (where,) = (number for number, step in graph.items() if step["class_type"] == "JoinImageWithAlpha")
    cut = [step["inputs"]["image"] for step in graph.values() if step["class_type"] == "AdStudioBackgroundRemoval"]
    assert [where, 0] in cut  # its only output
    assert {"cutout", "cutout_2"} <= node(graph, "AdStudioBackgroundComposite").keys()
    assert "PreviewImage" not in kinds(graph)


def test_adapters_are_chained_behind_the_style() -> None:
    graph = graph_of(replace(WORDS, loras=(("a", 0.5), ("b", 1.0))))
    drawn_with = graph[node(graph, "AdStudioText2Image")["zit"][0]]["inputs"]
    assert (drawn_with["lora"], drawn_with["weight"]) == ("b", 1.0)
    before = graph[drawn_with["zit"][0]]["inputs"]
    assert before["lora"] == "a" and graph[before["zit"][0]]["inputs"]["lora"] == "by style"


def linked(graph: dict[str, Any], kind: str, name: str) -> tuple[str, int]:
    number, slot = node(graph, kind)[name]
    return graph[number]["class_type"], slot


def test_a_picture_for_a_channel_is_fitted_checked_and_saved_as_it_takes_it() -> None:
    graph = graph_of(replace(STORY, channel="kakao_native:2x1", logo="l.png"))
    assert node(graph, "AdStudioChannelPreset")["channel"] == "kakao_native:2x1"
    assert linked(graph, "AdStudioChannelPreset", "zit") == ("AdStudioLoraStyle", 0)
    for slot, name in enumerate(("width", "height")):
        assert linked(graph, "AdStudioText2Image", name) == ("AdStudioChannelPreset", slot)
    assert linked(graph, "AdStudioFitToChannel", "image") == ("AdStudioText2Image", 0)
    for kind, name in (("AdStudioTextLayoutAnalyzer", "image"), ("AdStudioTextOverlay", "image")):
        assert linked(graph, kind, name) == ("AdStudioFitToChannel", 0)
    assert linked(graph, "AdStudioSaveImage", "original") == ("AdStudioFitToChannel", 0)
    assert linked(graph, "AdStudioChannelCheck", "image") == ("AdStudioTextOverlay", 0)
    assert linked(graph, "AdStudioSaveImage", "image") == ("AdStudioChannelCheck", 0)
    for kind in ("AdStudioTextLayoutAnalyzer", "AdStudioFitToChannel", "AdStudioChannelCheck", "AdStudioSaveImage"):
        assert linked(graph, kind, "channel") == ("AdStudioChannelPreset", 4)
    assert node(graph, "AdStudioChannelCheck")["override"] is False


def test_overriding_a_channel_keeps_its_format_and_bytes_alone() -> None:
    graph = graph_of(replace(STORY, channel="cashwalk", override_channel=True))
    saved = node(graph, "AdStudioSaveImage")
    assert node(graph, "AdStudioChannelCheck")["override"] is True and "channel" not in saved
    assert (saved["format"], saved["max_kb"]) == ("jpeg", 150)
    tighter = node(graph_of(replace(STORY, channel="cashwalk", override_channel=True, max_kb=90)), "AdStudioSaveImage")
    assert tighter["max_kb"] == 90


def test_a_photo_and_a_product_are_fitted_before_anything_comes_on_them() -> None:
    over = replace(STORY, reference="a.png", headline="")
    graph = graph_of(over, Photos(reference=PHOTO, subject=Photo("m.png", b"")))
    assert graph[node(graph, "AdStudioFitToChannel")["keep"][0]]["inputs"]["image"] == "adstudio/m.png"
    assert linked(graph, "AdStudioChannelCheck", "image") == ("AdStudioFitToChannel", 0)
    lettered = graph_of(replace(over, headline="봄"), Photos(reference=PHOTO, subject=Photo("m.png", b"")))
    assert linked(lettered, "AdStudioTextLayoutAnalyzer", "keep_clear") == ("AdStudioFitToChannel", 1)
    graph = graph_of(replace(COMPOSITE, aspect="channel", channel="naver_gfa"))
    for kind in ("AdStudioProductLayoutAnalyzer", "AdStudioBackgroundComposite"):
        assert linked(graph, kind, "backdrop") == ("AdStudioFitToChannel", 0)
    assert linked(graph, "AdStudioChannelCheck", "product") == ("AdStudioBackgroundComposite", 1)
    assert linked(graph, "AdStudioSaveImage", "product_layout") == ("AdStudioBackgroundComposite", PLACED)


def test_a_template_is_set_without_a_model() -> None:
    banner = replace(COMPOSITE, aspect="channel", channel="kakao_bizboard", price="9,900원", old_price="12,000원")
    graph = graph_of(banner)
    assert not {"AdStudioZitLoader", "AdStudioText2Image", "AdStudioTextOverlay"} & set(kinds(graph))
    assert linked(graph, "AdStudioChannelTemplate", "cutout") == ("AdStudioBackgroundRemoval", 0)
    assert linked(graph, "AdStudioChannelTemplate", "headline") == ("AdStudioAdCopy", 3)
    assert linked(graph, "AdStudioChannelTemplate", "sub") == ("StringConcatenate", 0)
    assert node(graph, "StringConcatenate")["string_a"] == "9,900원"
    for slot, name in enumerate(("image", "layout", "channel")):
        assert linked(graph, "AdStudioSaveImage", name) == ("AdStudioChannelTemplate", slot)
    given = node(graph_of(replace(banner, headline="봄", sub="오늘만")), "AdStudioChannelTemplate")
    assert (given["headline"], given["sub"], given["old_price"]) == ("봄", "9,900원 오늘만", "12,000원")
    white = graph_of(replace(COMPOSITE, aspect="channel", channel="coupang", headline="봄"))
    assert node(white, "AdStudioChannelTemplate")["headline"] == "" and "AdStudioAdCopy" not in kinds(white)


def test_what_a_channel_does_not_take_is_left_out_and_said_or_refused() -> None:
    merchant = replace(STORY, channel="google_merchant", logo="l.png", price="9,900원")
    bare = without_barred(merchant)
    assert (bare.headline, bare.price, bare.logo) == ("", "", None) and len(barred_notes(merchant)) == 2
    assert "AdStudioTextOverlay" not in kinds(graph_of(bare))
    assert without_barred(STORY) == STORY and not barred_notes(STORY) and not barred_notes(WORDS)
    with pytest.raises(InputError) as caught:
        graph_of(replace(STORY, channel="coupang"))
    assert caught.value.code == "channel.locked_template"
    long = replace(STORY, channel="kakao_search_custom", headline="봄" * 200)
    with pytest.raises(InputError) as caught:
        graph_of(long)
    assert caught.value.code == "channel.refused"
    assert graph_of(replace(long, override_channel=True))


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


def test_copy_for_a_channel_of_ones_own_has_no_limits_there_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    (tmp_path / "channels.yaml").write_text("danggeun_own: {korean: 우리 동네, english: Our street}\n")
    own = node(graph_of(replace(WORDS, channel="danggeun_own")), "AdStudioAdCopy")
    assert own["channel"] == "none" == node(graph_of(WORDS), "AdStudioAdCopy")["channel"]
    assert node(graph_of(replace(WORDS, channel=" Auto")), "AdStudioAdCopy")["channel"] == "auto"
