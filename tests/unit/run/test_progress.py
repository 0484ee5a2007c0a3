"""A run's steps in words: every step that a runner knows has some, and a server's numbers stay with them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from adstudio.run.commands.progress import Progress
from adstudio.run.remote.graph import STEPS
from adstudio.types import RunEvent

LOCAL = Path(__file__).resolve().parents[3] / "adstudio" / "run" / "local"
HERE = {name for path in LOCAL.glob("*.py") for name in re.findall(r'recorder\.step\("([^"]+)"\)', path.read_text())}


def said(step: str) -> str:
    stream = io.StringIO()
    Progress(stream)(RunEvent("finish", step, seconds=1.0))
    return stream.getvalue()


def test_the_steps_are_found() -> None:
    assert {"check", "generate", "contact", "label", "save"} <= HERE


@pytest.mark.parametrize("step", sorted({*HERE, *STEPS.values()} - {"lettering"}))
def test_a_step_is_said_in_words(step: str) -> None:
    assert said(step) not in (f"  {step}: 1.0 s\n", "")


def test_a_number_stays_and_two_words_are_one_name() -> None:
    assert said("generate 2") == "  drawing 2: 1.0 s\n"
    assert "checking" not in said("channel size")
    assert said("text encoder 2").startswith("  loading the text encoder 2:")


def test_a_note_that_a_node_lists_with_a_dash_has_one_mark() -> None:
    stream = io.StringIO()
    show = Progress(stream)
    for event in (
        RunEvent("start", "layout"),
        RunEvent("note", "layout", message="- 아래쪽이 비어 있습니다."),
        RunEvent("finish", "layout"),
    ):
        show(event)
    assert stream.getvalue().splitlines()[-1] == "    · 아래쪽이 비어 있습니다."
