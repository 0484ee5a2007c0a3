"""Errors that a node can end with, and notes on what it did, are told in Korean, too."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROOMS = (
    "adstudio/chat", "adstudio/engine", "adstudio/imaging", "adstudio/layout", "adstudio/output",
    "adstudio/prompt", "adstudio/run/templates.py", "adstudio/text", "nodes",
)  # fmt: skip
CODE = re.compile(r"[a-z_]+\.[a-z_0-9]+")
# Their own sentence says which file, line or name is wrong: words without that would say less.
NAMING = {
    "channels.bad_table", "channels.unknown_size", "layout.unknown_name",
    "layout.unknown_provider", "prompt.bad_table", "prompt.unknown_tone", "template.unknown", "text.bad_roles",
}  # fmt: skip
# What only programs can get wrong: a widget or a node before it would have refused it.
CALLED = {
    "batch.out_of_range", "checkpoint.bad_scale", "comfyui.graph_refused", "convert.nothing_to_do",
    "cutout.mask_shape", "device.missing", "device.unknown", "image.wrong_shape", "lettering.wrong_shape",
    "options.no_such_attention", "options.not_compiled", "options.unknown_attention", "output.bad_quality",
    "output.bad_shape", "output.not_a_picture", "photo.wrong_numbers", "photo.wrong_shape", "prompt.brief_not_text",
    "prompt.count",
    "reframe.bad_size", "rest.bad_form", "rest.bad_kind", "rest.too_large", "text.font_is_a_path",
    "typeset.bad_question",
}  # fmt: skip


WRITTEN_IN_KOREAN = {"channel", "chat", "copy", "layout", "lettering", "prompt", "reading", "reflow", "template"}  # areas of notes that stand among other Korean lines
PLACE = re.compile(r"\{(\w+)")


def calls(rooms: tuple[str, ...] = ROOMS) -> Iterator[tuple[str, ast.Call]]:
    """Every call in these rooms whose first argument is a code, with its code."""
    for path in (path for room in rooms for path in _files(ROOT / room)):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or len(call.args) < 2 or not isinstance(call.args[0], ast.Constant):
                continue
            code = call.args[0].value
            if isinstance(code, str) and CODE.fullmatch(code):
                yield code, call


def _files(room: Path) -> list[Path]:
    return sorted(room.rglob("*.py")) if room.is_dir() else [room]


def raised() -> Iterator[str]:
    """The codes of all errors that are made in these rooms."""
    for code, call in calls():
        maker = ast.unparse(call.func)
        if maker.endswith("Error") or maker.startswith("_"):
            yield code


def noted() -> Iterator[str]:
    """The codes of all notes that are made anywhere."""
    yield from (code for code, call in calls(("adstudio", "nodes")) if ast.unparse(call.func) == "Note")


def korean(table: str, language: str = "ko") -> dict[str, str]:
    words = json.loads((ROOT / "locales" / language / "main.json").read_text(encoding="utf-8"))["adStudio"][table]
    return {f"{area}.{reason}": text for area, reasons in words.items() for reason, text in reasons.items()}


def test_every_error_of_a_node_has_korean_words():
    assert set(raised()) - set(korean("errors")) == NAMING | CALLED


def test_every_note_has_korean_words_and_no_other_has():
    chosen = {"cutout.may_sell", "cutout.may_not_sell"}  # where they are made
    assert set(noted()) | chosen == set(korean("notes"))


def test_every_note_that_is_written_in_korean_has_english_words_and_no_other_has():
    written = {code for code in noted() if code.partition(".")[0] in WRITTEN_IN_KOREAN}
    assert written == set(korean("notes", "en"))


def test_english_words_are_english():
    assert not {code for code, text in korean("notes", "en").items() if re.search("[ㄱ-힣]", text)}


def test_every_figure_of_a_korean_sentence_is_given_wherever_it_is_said():
    for words in (korean("errors"), korean("notes"), korean("notes", "en")):
        wanted = {code: set(PLACE.findall(text)) for code, text in words.items()}
        for code, call in calls(("adstudio", "nodes")):
            # What cannot be mended is told with its part and its rule, whichever saw it.
            given = {"part", "rule"} if code.startswith("doctor.") else set[str | None]()
            given |= {"why" if keyword.arg == "because" else keyword.arg for keyword in call.keywords}
            assert wanted.get(code, set()) <= given, f"{code} in line {call.lineno} lacks {wanted[code] - given}"
