"""Every argument of the two calls reaches the request under its own name, and nothing else does."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import adstudio
from adstudio.run import api
from adstudio.run.request import AdRequest, Lighting
from adstudio.types import Placement, TextStyle

HOW = {"output_dir", "on_event", "host", "server"}  # how it is run, not what is drawn
RENAMED = {
    "user_input": "brief",
    "background_prompt": "brief",
    "aspect_ratio": "aspect",
    "reference_image": "reference",
    "product_image": "products",
}
OTHER: dict[str, Any] = {  # than what holds when nothing is said
    "reference_image": "photo.png",
    "product_image": ["one.png", "two.png"],
    "logo": Path("logo.png"),
    "loras": [["warm", 1]],
    "placements": [Placement(0.5, 0.9, 0.4)],
    "lighting": Lighting("left"),
    "text_style": TextStyle(min_px=33),
    "checkpoint": Path("z-image"),
    "copy_space": "left",
    "tone": "bold",
    "lettering": "redraw",
    "engine": "sdxl",
    "format": "webp",
    "headline": "봄",
    "sub": "오늘만",
    "width": 256,
    "height": 256,
    "precision": "fp8 weights",
    "seed": 3,
    "max_kb": 500,
    "fidelity_limit": 2.0,
}
ARRIVES: dict[str, Any] = {
    "product_image": ("one.png", "two.png"),
    "logo": "logo.png",
    "loras": (("warm", 1.0),),
    "placements": (Placement(0.5, 0.9, 0.4),),
    "checkpoint": "z-image",
}
NEEDED: dict[Any, dict[str, Any]] = {
    adstudio.generate_and_save_image: {"user_input": "커피"},
    adstudio.generate_product_composite: {"product_image": "photo.png"},
}
BESIDE = {  # what an argument is refused without
    "width": {"width": 512, "height": 512},
    "height": {"width": 512, "height": 512},
    "old_price": {"price": "9,900원"},
}
CASES = [
    pytest.param(call, name, id=f"{call.__name__}-{name}")
    for call in NEEDED
    for name in inspect.signature(call).parameters
    if name not in HOW
]


def request_of(call: Any, monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> AdRequest:
    seen: list[AdRequest] = []
    monkeypatch.setattr(api, "_run", lambda request, *_: seen.append(request))
    call(**NEEDED[call] | arguments)
    return seen[0]


@pytest.mark.parametrize(("call", "name"), CASES)
def test_an_argument_changes_its_field_alone(call: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = BESIDE.get(name, {})
    before = request_of(call, monkeypatch, **beside)
    usual = inspect.signature(call).parameters[name].default
    value = OTHER[name] if name in OTHER else _another(usual)
    field = RENAMED.get(name, name)
    after = request_of(call, monkeypatch, **beside | {name: value})
    assert getattr(after, field) == ARRIVES.get(name, value) != getattr(before, field)
    assert replace(after, **{field: getattr(before, field)}) == before


def test_every_field_can_be_said_in_python() -> None:
    names = {RENAMED.get(name, name) for call in NEEDED for name in inspect.signature(call).parameters}
    assert {field.name for field in fields(AdRequest)} <= names | {"task"}


@pytest.mark.parametrize("call", NEEDED, ids=lambda call: call.__name__)
def test_what_is_not_said_is_the_requests_own_default(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    request, usual = request_of(call, monkeypatch), AdRequest()
    said = {"task", "brief", "products"}
    assert {f.name for f in fields(AdRequest) if getattr(request, f.name) != getattr(usual, f.name)} <= said


def _another(usual: Any) -> Any:
    if isinstance(usual, bool):
        return not usual
    if isinstance(usual, float):
        return usual / 2 or 0.25
    return usual + 1 if isinstance(usual, int) else "other"
