"""The request: plain JSON both ways, refused in one sentence where it cannot be meant."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.errors import InputError
from adstudio.run import api
from adstudio.run.request import AdRequest, Lighting
from adstudio.run.wire import open_source, to_data_url, to_record
from adstudio.types import Placement, TextStyle

FULL = AdRequest(
    task="composite",
    brief="대리석 위",
    context="봄 신메뉴",
    products=("a.png", "b.png"),
    placements=(Placement(0.3, 0.9, 0.5), Placement(0.7, 0.9, 0.4, 1, 15.0, "center", "flat_lay")),
    reflection=0.3,
    detail=0.0,
    lighting=Lighting("auto", -45.0, 30.0, 0.2),
    fidelity_limit=3.5,
    contact=0.4,
    loras=(("ink", 0.8),),
    text_style=TextStyle(weight=900, plate="always", fallback=("Noto Sans CJK KR",)),
    seed=2**63,
    width=768,
    height=512,
    auto_layout=False,
    headline="",
    price="4,900원",
    old_price="6,500원",
    badge="1+1",
    call_to_action=None,
    legal="일부 매장 제외",
    hours="09–21",
    link="https://a.kr",
    logo="logo.png",
)


@pytest.mark.parametrize("request_", [AdRequest(), FULL, AdRequest(brief="딸기", reference="cup.jpg", strength=1.0)])
def test_a_request_comes_back_from_json_as_it_was(request_: AdRequest) -> None:
    assert AdRequest.from_dict(json.loads(json.dumps(request_.to_dict()))) == request_


def test_a_missing_field_has_its_default() -> None:
    assert AdRequest.from_dict({"brief": "딸기"}) == AdRequest(brief="딸기")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"task": "edit"}, "request.unknown_task"),
        ({"task": "composite"}, "request.no_product"),
        ({"task": "composite", "products": ["a.png"], "reference": "b.png"}, "request.reference_in_composite"),
        ({"products": ["a.png"]}, "request.product_without_composite"),
        (
            {"task": "composite", "products": ["a.png"], "placements": FULL.to_dict()["placements"]},
            "request.placements",
        ),
        ({"strength": 0}, "request.strength"),
        ({"strength": 1.01}, "request.strength"),
        ({"strength": float("nan")}, "request.strength"),
        ({"width": 512}, "request.half_a_size"),
        ({"steps": 0}, "request.steps"),
        ({"count": 17}, "request.count"),
        ({"seed": -1}, "request.seed"),
        ({"old_price": "9,900원"}, "request.old_price_alone"),
        ({"price": 9900}, "request.bad_type"),
        ({"call_to_action": False}, "request.bad_type"),
        ({"seed": 2**64}, "request.seed"),
        ({"quality": 101}, "request.quality"),
        ({"shadow": float("inf")}, "request.shadow"),
        ({"harmonize": -0.1}, "request.harmonize"),
        ({"detail": 1.5}, "request.detail"),
        ({"reflection": float("nan")}, "request.reflection"),
        ({"contact": 1.01}, "request.contact"),
        ({"contact": True}, "request.bad_type"),
        ({"fidelity_limit": -1}, "request.fidelity_limit"),
        ({"fidelity_limit": "low"}, "request.bad_type"),
        ({"lighting": {"side": "below"}}, "composite.light"),
        ({"lighting": {"height": 2}}, "composite.light"),
        ({"lighting": {"softness": float("nan")}}, "composite.light"),
        ({"lighting": {"lamp": "left"}}, "request.bad_type"),
        ({"lighting": "left"}, "request.bad_type"),
        ({"format": "bmp"}, "output.unknown_format"),
        ({"loras": [["ink", 9]]}, "request.weight"),
        ({"loras": [["ink"]]}, "request.bad_type"),
        ({"colour": "red"}, "request.unknown_field"),
        ({"brief": 3}, "request.bad_type"),
        ({"brief": None}, "request.bad_type"),
        ({"seed": 1.5}, "request.bad_type"),
        ({"seed": True}, "request.bad_type"),
        ({"auto_layout": "no"}, "request.bad_type"),
        ({"products": "a.png"}, "request.bad_type"),
        ({"placements": [{"x": 0.5}]}, "request.bad_type"),
        ({"placements": [{"x": float("inf"), "base_y": 0.5, "height": 0.5}]}, "request.bad_type"),
        ({"text_style": {"plate": "maybe"}}, "request.bad_type"),
        ({"text_style": {"size": 4}}, "request.bad_type"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict, code: str) -> None:
    with pytest.raises(InputError) as refused:
        AdRequest.from_dict(change)
    assert refused.value.code == code
    assert refused.value.hint, "it must say what to do"


def test_only_the_owner_of_the_machine_chooses_where_a_language_model_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    url = "http://192.168.0.7:8000/v1"
    with pytest.raises(InputError) as refused:
        AdRequest.from_dict({"base_url": url})
    assert refused.value.code == "request.base_url_not_allowed" and "allowed" in refused.value.hint
    assert AdRequest(base_url=url).base_url == url  # in Python it is the owner who asks
    (tmp_path / "settings.yaml").write_text(f"openai:\n  allowed: [{url}]\n")
    assert AdRequest.from_dict({"base_url": url}).base_url == url
    assert AdRequest.from_dict({"base_url": "https://api.openai.com/v1"}).base_url


@pytest.mark.parametrize("data", [None, [], "brief", 3, {1: 2}])
def test_what_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(InputError):
        AdRequest.from_dict(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from([field.name for field in fields(AdRequest)]), JSON, max_size=4))
def test_any_json_gives_a_request_or_our_own_error(data: dict) -> None:
    try:
        request = AdRequest.from_dict(data)
    except InputError:
        return
    assert AdRequest.from_dict(request.to_dict()) == request


def test_a_seed_is_drawn_only_where_none_was_given() -> None:
    assert AdRequest(seed=0).seeded().seed == 0
    drawn = {AdRequest().seeded().seed for _ in range(4)}
    assert None not in drawn and len(drawn) == 4


def test_a_picture_may_be_held_in_the_request() -> None:
    url = to_data_url(b"\x89PNG...", "image/png")
    assert open_source(url) == b"\x89PNG..."
    assert open_source("cup.png") == Path("cup.png")
    for broken in ("data:image/png;base64", "data:image/png,abc", "data:;base64,a$b="):
        with pytest.raises(InputError):
            open_source(broken)


def test_the_record_for_the_file_gives_away_no_photo_and_no_folder(tmp_path: Path) -> None:
    photo = tmp_path / "고객 사진.jpg"
    photo.write_bytes(b"pixels")
    request = AdRequest(
        task="composite",
        products=(str(photo), to_data_url(b"secret pixels")),
        checkpoint=str(tmp_path / "z-image"),
        loras=((str(tmp_path / "ink.safetensors"), 0.5),),
        text_style=TextStyle(font=str(tmp_path / "손글씨.ttf"), fallback=(str(tmp_path / "b.otf"), "Noto Sans CJK KR")),
    )
    over = AdRequest(reference=to_data_url(b"secret pixels"), logo=str(photo))
    text = json.dumps([to_record(request), to_record(over)], ensure_ascii=False)
    assert str(tmp_path) not in text and "base64" not in text
    assert "고객 사진.jpg" in text and "z-image" in text and "ink.safetensors" in text
    assert "손글씨.ttf" in text and "Noto Sans CJK KR" in text


def test_the_record_holds_only_what_was_chosen() -> None:
    assert to_record(AdRequest(brief="딸기", seed=3)) == {"brief": "딸기", "seed": 3}


def test_a_channels_ad_has_the_same_format_however_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[AdRequest] = []
    monkeypatch.setattr(api, "_run", lambda request, *_: seen.append(request))
    api.generate_and_save_image(user_input="커피", channel="kakao_native:2x1", aspect_ratio="channel")
    told = {"brief": "커피", "channel": "kakao_native:2x1", "aspect": "channel"}
    assert AdRequest.from_dict(told) == seen[0] and seen[0].format == "jpeg"
    assert AdRequest.from_dict(told | {"format": "webp"}).format == "webp"
    assert AdRequest.from_dict({"brief": "커피", "channel": "kakao_native:2x1"}).format == "png"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("tone", {"tone": "loud"}),
        ("lettering", {"lettering": "twice"}),
        ("copy_space", {"copy_space": "up"}),
        ("text_style.plate", {"text_style": TextStyle(plate="sometimes")}),  # type: ignore[arg-type]
    ],
)
def test_a_word_that_nobody_knows_is_refused_in_python_too(name: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        AdRequest(brief="커피", **wrong)
    assert refused.value.code == f"request.{name}" and "Use one of" in refused.value.hint
