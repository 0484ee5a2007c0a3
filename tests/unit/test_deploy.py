"""What the deployment page says exists, and systemd takes the unit as it is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adstudio.run.comfyui import ALLOCATORS

DOCS = Path(__file__).resolve().parents[2] / "docs"
UNIT = DOCS / "deploy" / "adstudio.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze")
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    # The program of a machine where everything is installed is not here; any program that is will do.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("ExecStart=/opt/adstudio/venv/bin/python", f"ExecStart={sys.executable}"))
    run = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr.strip()) == (0, "")


def test_the_unit_binds_this_machine_only_and_has_no_swap() -> None:
    text = UNIT.read_text()
    assert "--listen 127.0.0.1" in text and "MemorySwapMax=0" in text and "NoNewPrivileges=yes" in text
    started = re.search(r"zit-ad-studio/(\S+) serve", text)
    assert started is not None and (DOCS.parent / started[1]).is_file()


def test_every_allocator_is_explained() -> None:
    text = (DOCS / "deploy-l4.md").read_text(encoding="utf-8")
    assert all(f"| `{name}`" in text for name in ALLOCATORS)
