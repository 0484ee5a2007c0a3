"""The engine and the checkpoint of the settings draw wherever nobody names one, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import adstudio as library
from adstudio.config import EMBEDDED_NAME
from adstudio.errors import InputError
from adstudio.run import api
from adstudio.run.batch.photo_paths import PhotoFolder
from adstudio.run.batch.rows import check_rows
from adstudio.run.batch.table import Record
from adstudio.run.commands import ads
from adstudio.run.request import AdRequest
from adstudio.run.rest.body import read_ask
from adstudio.run.rest.queries import SizeQuery
from adstudio.run.usual import usual_checkpoint

Draws = tuple[str, str]
SAID = {  # what a caller names, what the settings name, who draws
    "nobody": ({}, {}, ("zit", "demo")),
    "checkpoint of the settings": ({}, {"checkpoint": "z-image"}, ("zit", "z-image")),
    "engine of the settings": ({}, {"engine": "flux2-klein"}, ("flux2-klein", "demo")),
    "another engine takes no checkpoint": (
        *({}, {"engine": "flux2-klein", "checkpoint": "z-image"}, ("flux2-klein", "demo")),
    ),
    "engine of the caller": (
        *({"engine": "zit"}, {"engine": "flux2-klein", "checkpoint": "z-image"}, ("zit", "z-image")),
    ),
    "checkpoint of the caller": (
        *({"checkpoint": "mine"}, {"engine": "flux2-klein", "checkpoint": "z-image"}, ("zit", "mine")),
    ),
    "an empty checkpoint names none": ({"checkpoint": ""}, {"checkpoint": "z-image"}, ("zit", "z-image")),
    "nor does an empty one name the engine": (
        *({"checkpoint": " "}, {"engine": "flux2-klein", "checkpoint": "z-image"}, ("flux2-klein", "demo")),
    ),
    "the embedded one, by name": ({"checkpoint": "demo"}, {"checkpoint": "z-image"}, ("zit", "demo")),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    return tmp_path


def put(home: Path, values: dict[str, str]) -> None:
    (home / "settings.yaml").write_text("".join(f"{name}: {value}\n" for name, value in values.items()))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[AdRequest]:
    found: list[AdRequest] = []
    monkeypatch.setattr(api, "_run", lambda request, *_: found.append(request))
    monkeypatch.setattr(ads, "_run", lambda _, request: found.append(request) or {})
    return found


def drawing(request: AdRequest) -> Draws:
    return request.engine, request.checkpoint


@pytest.mark.parametrize(("said", "set_", "drawn"), SAID.values(), ids=SAID)
def test_every_way_in_asks_the_settings_for_what_was_not_named(
    said: dict[str, str], set_: dict[str, str], drawn: Draws, home: Path, seen: list[AdRequest], adstudio: Any
) -> None:
    put(home, set_)
    call: Any = library.generate_and_save_image
    call(user_input="커피", **said)
    options = [part for name, value in said.items() for part in (f"--{name}", value)]
    assert adstudio("generate", "커피", *options).code == 0
    body: dict[str, Any] = {"brief": "커피", **said}
    (row,) = check_rows([Record(2, body)], PhotoFolder(home)).rows
    asked = read_ask("generate", body, lambda name: name.encode()).request
    assert [*map(drawing, seen), drawing(row.request), drawing(asked)] == [drawn] * 4


def test_the_environment_wins_over_the_file(home: Path, seen: list[AdRequest], monkeypatch: pytest.MonkeyPatch) -> None:
    put(home, {"engine": "sdxl", "checkpoint": "of-the-file"})
    monkeypatch.setenv("ADSTUDIO_ENGINE", "zit")
    monkeypatch.setenv("ADSTUDIO_CHECKPOINT", "of-the-environment")
    library.generate_and_save_image(user_input="커피")
    assert drawing(seen[0]) == ("zit", "of-the-environment")


def test_the_size_of_an_edit_is_that_of_the_usual_checkpoint(home: Path) -> None:
    put(home, {"checkpoint": "z-image"})
    assert SizeQuery.read({}).request.checkpoint == "z-image"
    assert SizeQuery.read({"checkpoint": "mine"}).request.checkpoint == "mine"
    assert SizeQuery.read({"checkpoint": ""}).request.checkpoint == "z-image"


def test_an_engine_that_is_none_is_refused_only_where_it_would_draw(home: Path, seen: list[AdRequest]) -> None:
    put(home, {"engine": "flux3"})
    with pytest.raises(InputError) as refused:
        library.generate_and_save_image(user_input="커피")
    assert refused.value.code == "settings.unknown_engine"
    assert "'flux3'" in refused.value.message and "flux2-klein-9b" in refused.value.hint
    library.generate_and_save_image(user_input="커피", engine="sdxl")
    assert [request.engine for request in seen] == ["sdxl"]


def test_a_menu_begins_with_the_usual_checkpoint_that_it_offers(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = [EMBEDDED_NAME, "z-image", "z-image-fp8"]
    assert usual_checkpoint(names) == EMBEDDED_NAME
    put(home, {"checkpoint": "z-image-fp8"})
    assert usual_checkpoint(names) == "z-image-fp8"
    assert usual_checkpoint(names[:2]) == EMBEDDED_NAME
    put(home, {"checkpoint": "[", "cache": "maybe"})
    assert usual_checkpoint(names) == EMBEDDED_NAME  # and the nodes load
    assert "settings.yaml" in caplog.text
