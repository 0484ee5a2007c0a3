"""The words of the panel: there for everything that it offers, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adstudio.prompt.copy_limits import channel_choices
from adstudio.prompt.industries import industry_choices
from adstudio.prompt.providers import writer_names
from adstudio.prompt.styles import style_choices
from adstudio.run.engines import ENGINES

ROOT = Path(__file__).parents[3]
OFFERED = {
    "industries": industry_choices(),
    "styles": style_choices(),
    "providers": writer_names(),
    "engines": list(ENGINES),
    "channels": [name for name in channel_choices() if name != "auto"],
}


def table(language: str, file: str = "main") -> Any:
    return json.loads((ROOT / "locales" / language / f"{file}.json").read_text(encoding="utf-8"))


def leaves(words: dict[str, Any], *above: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in words.items():
        found |= leaves(value, *above, key) if isinstance(value, dict) else {".".join((*above, key)): value}
    return found


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("kind", OFFERED)
def test_whatever_the_panel_offers_has_a_name(language: str, kind: str):
    named = table(language)["adStudio"]["panel"][kind]
    assert set(OFFERED[kind]) <= set(named)
    assert all(named.values())


def test_the_page_asks_for_no_word_that_is_not_there():
    words = leaves(table("en")["adStudio"])
    folders = {".".join(key.split(".")[:count]) for key in words for count in range(1, key.count(".") + 1)}
    for path in (ROOT / "web" / "js" / "panel").glob("*.js"):
        for key in re.findall(r"say\(\s*[\"`](panel\.[\w.]+)[\"`,]", path.read_text(encoding="utf-8")):
            assert key in words or key in folders, f"{path.name}: {key}"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_step_of_every_engine_has_a_name(language: str):
    steps = table(language)["adStudio"]["panel"]["step"]
    apps = ("Create ad.app", "Edit ad.app", "Product ad.app", "Bizboard ad.app")
    for name in (*apps, *(each for engine in ENGINES.values() for each in engine.workflows)):
        graph = json.loads((ROOT / "workflows" / "api" / f"{name}.json").read_text(encoding="utf-8"))
        assert {node["class_type"] for node in graph.values()} - {"AdStudioShadow"} <= set(steps), name


@pytest.mark.parametrize("file", ["settings", "commands"])
def test_settings_and_commands_are_named_by_the_ids_of_the_page(file: str):
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "web" / "js").rglob("*.js"))
    ids = {name.replace(".", "_") for name in re.findall(r'id: "(AdStudio\.[\w.]+)"', sources)}
    wanted = {name for name in ids if name.startswith("AdStudio_Panel_") == (file == "settings")}
    assert set(table("en", file)) == set(table("ko", file)) == wanted
