"""What the tests' own ComfyUI tells of a run."""

from __future__ import annotations

from typing import Any, cast

from comfy_server import ComfyServer, Run


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
