"""Every option of the commands that make an ad reaches the request under its own name, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from adstudio.run.commands import ads
from adstudio.run.request import AdRequest, Lighting
from adstudio.types import Placement, TextStyle

STARTS = {
    "generate": ("generate", "커피"),
    "edit": ("edit", "cup.png", "커피"),
    "composite": ("composite", "cup.png"),
}
SAID = {  # by the words with which each command starts
    "generate": {"brief": "커피"},
    "edit": {"brief": "커피", "reference": "cup.png", "aspect": "auto"},
    "composite": {"task": "composite", "products": ("cup.png",)},
}
OPTIONS: dict[str, tuple[tuple[str, ...], Any]] = {
    "context": (("--context", "동네 카페"), "동네 카페"),
    "style": (("--style", "anime"), "anime"),
    "industry": (("--industry", "bakery"), "bakery"),
    "aspect": (("--aspect", "4:5"), "4:5"),
    "seed": (("--seed", "7"), 7),
    "count": (("--count", "2"), 2),
    "copy_space": (("--copy-space", "left"), "left"),
    "lettering": (("--lettering", "redraw"), "redraw"),
    "headline": (("--headline", "봄"), "봄"),
    "sub": (("--sub", "오늘만"), "오늘만"),
    "price": (("--price", "9,900원"), "9,900원"),
    "badge": (("--badge", "1+1"), "1+1"),
    "call_to_action": (("--cta",), None),
    "legal": (("--legal", "재고 소진 시까지"), "재고 소진 시까지"),
    "hours": (("--hours", "8시-21시"), "8시-21시"),
    "link": (("--link", "https://a.kr"), "https://a.kr"),
    "logo": (("--logo", "logo.png"), "logo.png"),
    "text_style": (
        ("--font", "NanumGothic", "--second-font", "Noto Sans CJK KR", "--weight", "500", "--min-px", "30",
         "--ground", "always", "--outline", "--no-shadow"),
        TextStyle("NanumGothic", 500, 30, True, False, "always", ("Noto Sans CJK KR",)),
    ),
    "provider": (("--provider", "rules"), "rules"),
    "language_model": (("--language-model", "tiny"), "tiny"),
    "base_url": (("--base-url", "http://localhost:1/v1"), "http://localhost:1/v1"),
    "fallback": (("--fallback",), True),
    "tone": (("--tone", "bold"), "bold"),
    "layout_provider": (("--layout-provider", "auto"), "auto"),
    "layout_as_proposed": (("--layout-as-proposed",), True),
    "engine": (("--engine", "sdxl"), "sdxl"),
    "checkpoint": (("--checkpoint", "z-image"), "z-image"),
    "text_encoder": (("--text-encoder", "q.safetensors"), "q.safetensors"),
    "vae": (("--vae", "ae.safetensors"), "ae.safetensors"),
    "precision": (("--precision", "fp8 weights"), "fp8 weights"),
    "loras": (("--lora", "ink:0.5", "--lora", "warm"), (("ink", 0.5), ("warm", 1.0))),
    "steps": (("--steps", "4"), 4),
    "format": (("--format", "webp"), "webp"),
    "quality": (("--quality", "60"), 60),
    "max_kb": (("--max-kb", "300"), 300),
    "ai_label": (("--ai-label", "AI 생성 이미지"), "AI 생성 이미지"),
    "credentials": (("--credentials",), True),
    "override_channel": (("--override-channel",), True),
}  # fmt: skip
OVER_A_PHOTO: dict[str, tuple[tuple[str, ...], Any]] = {"strength": (("--strength", "0.3"), 0.3)}
OF_PRODUCTS: dict[str, tuple[tuple[str, ...], Any]] = {
    "cutout": (("--cutout", "geodesic"), "geodesic"),
    "auto_layout": (("--no-auto-layout",), False),
    "shadow": (("--shadow", "0.5"), 0.5),
    "harmonize": (("--harmonize", "0.1"), 0.1),
    "detail": (("--detail", "0.1"), 0.1),
    "reflection": (("--reflection", "0.2"), 0.2),
    "lighting": (("--light", "left", "--softness", "0.2"), Lighting("left", softness=0.2)),
    "fidelity_limit": (("--fidelity-limit", "3"), 3.0),
    "contact": (("--contact", "0.4"), 0.4),
}
ELSEWHERE = {"task", "brief", "reference", "products", "width", "height", "channel", "old_price", "placements"}
CASES = [
    pytest.param(command, name, id=f"{command}-{name}")
    for command in STARTS
    for name in (*OPTIONS, *(OF_PRODUCTS if command == "composite" else OVER_A_PHOTO))
]


@pytest.fixture
def asked(adstudio: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The request that a command line makes."""

    def ask(*arguments: str) -> AdRequest:
        seen: list[AdRequest] = []
        monkeypatch.setattr(ads, "_run", lambda _, request: seen.append(request) or {})
        said = adstudio(*arguments)
        assert said.code == 0, said.err
        return seen[0]

    return ask


def test_every_field_has_its_option() -> None:
    assert {field.name for field in fields(AdRequest)} == {*OPTIONS, *OVER_A_PHOTO, *OF_PRODUCTS, *ELSEWHERE}


@pytest.mark.parametrize("command", STARTS)
def test_what_is_not_said_is_the_requests_own_default(command: str, asked: Any) -> None:
    assert asked(*STARTS[command]) == AdRequest(**SAID[command])


@pytest.mark.parametrize(("command", "name"), CASES)
def test_an_option_changes_its_field_alone(command: str, name: str, asked: Any) -> None:
    option, value = (OPTIONS | OVER_A_PHOTO | OF_PRODUCTS)[name]
    plain, changed = asked(*STARTS[command]), asked(*STARTS[command], *option)
    assert getattr(changed, name) == value != getattr(plain, name)
    assert replace(changed, **{name: getattr(plain, name)}) == plain


def test_products_stand_where_a_plan_says(asked: Any, adstudio: Any, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"products": [{"x": 0.3, "base_y": 0.8, "height": 0.4}]}))
    assert asked("composite", "cup.png", "--layout", str(plan)).placements == (Placement(0.3, 0.8, 0.4),)
    assert adstudio("composite", "cup.png", "--layout", plan, "--no-auto-layout").code == 2


@pytest.mark.parametrize("command", STARTS)
def test_help_explains_every_option_and_shows_how_to_begin(command: str, adstudio: Any) -> None:
    said = adstudio(command, "--help")
    assert said.code == 0 and "examples:" in said.out
    options = said.out.split("options:", 1)[1].split("examples:")[0].splitlines()
    bare = [line for at, line in enumerate(options) if line.startswith("  -") and not _explained(options, at)]
    assert not bare


def test_what_options_may_say_can_be_listed(adstudio: Any) -> None:
    listed = adstudio("styles")
    assert "watercolor" in listed.out and "수채화" in listed.out
    assert {"id": "cafe"}.items() <= next(
        each for each in adstudio("industries", "--json").envelope["industries"] if each["id"] == "cafe"
    ).items()
    assert "adstudio generate" in adstudio("--help").out


def _explained(lines: list[str], at: int) -> bool:
    """Whether words follow an option, on its line or the next one."""
    if len(lines[at]) > 24 and lines[at][22:24] == "  " and lines[at][24:].strip():
        return True
    return at + 1 < len(lines) and lines[at + 1].startswith(" " * 24)
