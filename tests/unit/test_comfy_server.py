"""What the tests' own ComfyUI tells of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from comfy_server import ComfyServer, Run
from comfyui import PACK


class Files:
    def read(self, path: str) -> bytes:
        return path.encode()


def ended(*nodes: str) -> Run:
    """A run whose nodes ended in that order."""
    saved = {node: {"images": [{"filename": f"{node}.png", "type": "output"}]} for node in nodes}
    graph = {node: {} for node in ("2", "9", "10")}
    entry: dict[str, Any] = {
        "prompt": [1, "id", graph, {}, []],
        "outputs": {"2": {"images": [{"filename": "seen.png", "type": "temp"}]}, **saved},
        "status": {"status_str": "success", "messages": []},
    }
    return Run(cast(ComfyServer, Files()), entry)


def test_pictures_come_in_the_order_of_the_graph_whichever_node_ended_first():
    assert [name for name, _ in ended("10", "9").pictures()] == ["9.png", "10.png"]
    assert ended("10", "9").pictures() == ended("9", "10").pictures()


@pytest.mark.parametrize(
    ("place", "is_ours"),
    [
        ("/base/custom_nodes/{folder}/nodes/cutout.py", True),
        (f"{PACK}/adstudio/errors.py", True),
        ("/venv/site-packages/sqlalchemy/pool/base.py", False),
        ("/base/custom_nodes/another/nodes.py", False),
    ],
)
def test_a_traceback_is_a_fault_where_it_leads_through_the_pack(tmp_path: Path, place: str, is_ours: bool):
    server = ComfyServer(tmp_path)
    before = "   0.4 seconds: /base/custom_nodes/{folder}\n"
    said = f'Traceback (most recent call last):\n  File "{place}", line 7, in run\n    run()\n'
    server.log_path.write_text((before + said).format(folder=server.folder), encoding="utf-8")
    assert server.has_faults() is is_ours
    assert not server.has_faults(since=len(server.log()))
