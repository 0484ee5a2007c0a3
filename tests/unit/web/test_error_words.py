"""Errors that a node can end with are told in Korean, too."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROOMS = (
    "adstudio/chat", "adstudio/engine", "adstudio/imaging", "adstudio/layout", "adstudio/output",
    "adstudio/prompt", "adstudio/text", "nodes",
)  # fmt: skip
CODE = re.compile(r"[a-z_]+\.[a-z_0-9]+")
# Their own sentence says which file, line or name is wrong: words without that would say less.
NAMING = {
    "channel.refused", "channels.bad_table", "channels.unknown_size", "layout.unknown_name",
    "layout.unknown_provider", "prompt.bad_table", "prompt.unknown_tone", "template.unknown", "text.bad_roles",
}  # fmt: skip
# What only programs can get wrong: a widget or a node before it would have refused it.
CALLED = {
    "batch.out_of_range", "checkpoint.bad_scale", "comfyui.graph_refused", "convert.nothing_to_do",
    "cutout.mask_shape", "device.missing", "device.unknown", "image.wrong_shape", "lettering.wrong_shape",
    "options.no_such_attention", "options.not_compiled", "options.unknown_attention", "output.bad_quality",
    "output.bad_shape", "output.not_a_picture", "photo.wrong_numbers", "photo.wrong_shape", "prompt.brief_not_text", "prompt.count",
    "reframe.bad_size", "rest.bad_form", "rest.bad_kind", "rest.too_large", "text.font_is_a_path",
    "typeset.bad_question",
}  # fmt: skip


def raised() -> Iterator[str]:
    """The codes of all errors that are made in these rooms."""
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or len(call.args) < 2 or not isinstance(call.args[0], ast.Constant):
                continue
            code, maker = call.args[0].value, ast.unparse(call.func)
            if isinstance(code, str) and CODE.fullmatch(code) and (maker.endswith("Error") or maker.startswith("_")):
                yield code


def test_every_error_of_a_node_has_korean_words():
    words = json.loads((ROOT / "locales" / "ko" / "main.json").read_text(encoding="utf-8"))["adStudio"]["errors"]
    told = {f"{area}.{reason}" for area, reasons in words.items() for reason in reasons}
    assert set(raised()) - told == NAMING | CALLED
