"""The command line: what a person sees, what a program reads, and the exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adstudio.engine.drawing.options import FP8_PRODUCTS, Options
from adstudio.run.commands import progress
from adstudio.run.request import AdRequest
from adstudio.run.rest.openapi import body_schema
from adstudio.types import RunEvent

ROOT = Path(__file__).resolve().parents[3]
GENERATE = ("generate", "창가의 딸기 라떼", "--steps", 1, "--seed", 7, "--no-text")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_person_gets_the_path_and_sees_progress_on_the_side(adstudio: Any, checkpoint: Path, tmp_path: Path) -> None:
    said = adstudio(*GENERATE, "--checkpoint", checkpoint, "--out", tmp_path)
    assert said.code == 0
    path = Path(said.out.strip())
    assert path.parent.parent == tmp_path and Image.open(path).size == (192, 192)
    assert "writing the prompt" in said.err and "1 evaluation," in said.err and "seed 7" in said.err


def test_a_program_gets_one_envelope(adstudio: Any, checkpoint: Path, tmp_path: Path) -> None:
    said = adstudio(*GENERATE, "--checkpoint", checkpoint, "--out", tmp_path, "--json", "--quiet")
    assert said.code == 0 and said.err == ""
    envelope = said.envelope
    assert envelope["ok"] is True
    (path,) = (Path(picture["path"]) for picture in envelope["pictures"])
    assert files(tmp_path) == [str(path.relative_to(tmp_path).with_suffix(ending)) for ending in (".json", ".png")]
    assert envelope["pictures"][0]["seed"] == 7
    assert envelope["report"]["status"] == "done"


def test_a_failure_is_an_envelope_too_with_the_report_so_far(adstudio: Any, checkpoint: Path, tmp_path: Path) -> None:
    said = adstudio("generate", "  ", "--checkpoint", checkpoint, "--out", tmp_path, "--json", "--quiet")
    assert said.code == 1
    envelope = said.envelope
    assert envelope["ok"] is False
    assert envelope["error"]["code"].startswith("prompt.") and envelope["error"]["hint"]
    assert [(step["name"], step["status"]) for step in envelope["report"]["steps"]] == [
        ("check", "failed"),
    ]


@pytest.mark.parametrize(
    "arguments",
    [(), ("paint",), ("generate",), ("generate", "딸기", "--size", "big"), ("generate", "딸기", "--steps", "x")],
)
def test_wrong_use_is_told_with_exit_code_2(adstudio: Any, arguments: tuple[str, ...]) -> None:
    said = adstudio(*arguments)
    assert said.code == 2 and "usage: adstudio" in said.err and said.out == ""


def test_a_bare_call_shows_every_command_and_the_first_steps(adstudio: Any) -> None:
    told = adstudio().err
    assert "first steps:" in told and all(f"\n    {name}" in told for name in ("demo", "composite", "doctor", "serve"))


def test_an_interrupt_ends_with_130_and_leaves_nothing(
    adstudio: Any, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = progress.Progress.__call__

    def press_ctrl_c(self: progress.Progress, event: RunEvent) -> None:
        show(self, event)
        if event.step == "generate" and event.kind in ("progress", "preview"):
            signal.raise_signal(signal.SIGINT)  # to this very thread; a process-wide one may arrive too late

    monkeypatch.setattr(progress.Progress, "__call__", press_ctrl_c)
    said = adstudio(*GENERATE, "--checkpoint", checkpoint, "--out", tmp_path)
    assert said.code == 130
    assert said.err.splitlines()[-1].startswith("error: Interrupted")
    assert "Traceback" not in said.err
    assert files(tmp_path) == []
    monkeypatch.undo()
    assert adstudio(*GENERATE, "--checkpoint", checkpoint, "--out", tmp_path).code == 0, "the next run is fine"


def test_closed_streams_are_no_reason_to_fail() -> None:
    code = "import sys; sys.stdout = sys.stderr = None; from adstudio.run.cli import main; sys.exit(main(['channels']))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_options_reach_the_picture(adstudio: Any, checkpoint: Path, tmp_path: Path) -> None:
    said = adstudio(
        *("generate", "딸기 라떼", "--checkpoint", checkpoint, "--out", tmp_path, "--json", "--steps", 2),
        *("--headline", "봄", "--sub", "신메뉴", "--size", "256x160", "--count", 2, "--seed", 11),
        *("--format", "webp", "--quality", 80),
    )
    assert said.code == 0, said.err
    report = said.envelope["report"]
    assert report["size"] == [256, 160] and report["seeds"] == [11, 12] and report["evaluations"] == 2
    for picture in said.envelope["pictures"]:
        assert picture["path"].endswith(".webp") and Image.open(picture["path"]).size == (256, 160)
        lettered, plain = (np.asarray(Image.open(p), np.int16) for p in (picture["path"], picture["origin"]))
        assert np.abs(lettered - plain).max() > 60


def test_a_composite_from_the_command_line(adstudio: Any, checkpoint: Path, box: Path, tmp_path: Path) -> None:
    said = adstudio(
        *("composite", box, "--background", "대리석", "--context", "갓 볶은 커피", "--no-text", "--json"),
        *("--checkpoint", checkpoint, "--out", tmp_path, "--steps", 1, "--shadow", 0.5, "--harmonize", 0),
    )
    assert said.code == 0, said.err
    assert [step["name"] for step in said.envelope["report"]["steps"]][-2:] == ["compose", "save"]


def test_a_composite_is_finished_as_the_command_line_says(
    adstudio: Any, checkpoint: Path, box: Path, tmp_path: Path
) -> None:
    given = ("composite", box, "--background", "대리석", "--no-text", "--json", "--seed", 3)
    given = (*given, "--checkpoint", checkpoint, "--out", tmp_path, "--steps", 4)
    said = adstudio(*given, "--light-angle", 60, "--light-height", 30, "--reflection", 0.4, "--contact", 0.5)
    assert said.code == 0, said.err
    (receipt,) = said.envelope["report"]["receipts"]
    assert (receipt["light_angle"], receipt["light_height"]) == (60, 30)
    assert receipt["contact_change"] == 0 and receipt["contact_evaluations"] == 2
    plain = adstudio(*given, "--light-angle", 60, "--light-height", 30)
    one, other = (np.asarray(Image.open(each.envelope["pictures"][0]["path"]), np.int16) for each in (said, plain))
    assert np.abs(one - other).max() > 10
    refused = adstudio(*given, "--harmonize", 1, "--fidelity-limit", 0.01)
    assert refused.code == 1 and refused.envelope["error"]["code"] == "composite.fidelity"


def test_the_command_is_there_as_a_module_and_starts_fast() -> None:
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "adstudio", "--version"], capture_output=True, text=True
    )
    assert said.returncode == 0 and said.stdout.startswith("adstudio 0.")
    loaded = {line.rsplit("|", 1)[-1].strip() for line in said.stderr.splitlines()}
    assert not loaded & {"torch", "diffusers", "transformers", "skimage", "scipy", "peft"}


def test_products_in_eight_bits_are_known_and_offered_nowhere(adstudio: Any) -> None:
    """Nobody has measured that they are faster: whoever asks the library gets them, and no list names them."""
    assert Options(precision=FP8_PRODUCTS).precision == FP8_PRODUCTS
    assert AdRequest.from_dict({"brief": "봄", "precision": FP8_PRODUCTS}).precision == FP8_PRODUCTS
    assert FP8_PRODUCTS not in json.dumps(body_schema("generate"))
    refused = adstudio("generate", "봄", "--precision", FP8_PRODUCTS)
    assert refused.code == 2 and "'bf16', 'fp8 weights'" in refused.err


@pytest.mark.parametrize("arguments", [["--help"], ["generate", "--help"], []])
def test_the_help_is_told_where_a_terminal_knows_no_hangul(arguments: list[str]) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    said = subprocess.run(
        [sys.executable, "-m", "adstudio", *arguments], capture_output=True, env=environment, cwd=ROOT
    )
    assert b"usage: adstudio" in said.stdout + said.stderr and b"Traceback" not in said.stderr
