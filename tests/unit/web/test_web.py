"""The page's JavaScript: its pure parts under Node.js, and what of it a browser would be handed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WEB = ROOT / "web"
NODE = shutil.which("node")
SOURCES = sorted((WEB / "js").rglob("*.js"))


@pytest.mark.skipif(NODE is None, reason="no node found; install Node.js 20 or newer (Debian: apt install nodejs)")
@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_pure_parts(name: str):
    run = subprocess.run([str(NODE), "--test", HERE / name], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


def test_sources_are_small_and_lead_nowhere_else():
    assert SOURCES
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 350, f"split {path.name}"
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), f"{path.name} names an address of another machine"
        assert not re.search(r"innerHTML|insertAdjacentHTML|outerHTML|\beval\(", text), path.name


def test_nothing_but_the_packs_own_files_is_handed_to_the_page():
    # ComfyUI imports every .js below web/, at any depth.
    assert {path.relative_to(WEB).parts[0] for path in WEB.rglob("*.js")} == {"js"}


def test_errors_are_told_in_korean_by_codes_that_exist():
    told = json.loads((ROOT / "locales" / "ko" / "main.json").read_text(encoding="utf-8"))["adStudio"]["errors"]
    sources = "\n".join(
        path.read_text(encoding="utf-8") for room in ("adstudio", "nodes") for path in (ROOT / room).rglob("*.py")
    )
    # `mask.count` and its like are put together from the name of what came.
    ends = set(re.findall(r'f"\{what\}(\.[a-z_]+)"', sources))
    for area, reasons in told.items():
        for reason, text in reasons.items():
            assert f'"{area}.{reason}"' in sources or f".{reason}" in ends, f"{area}.{reason} is no code"
            assert re.search("[가-힣]", text)
            assert text.endswith(("요.", "다.")), text
