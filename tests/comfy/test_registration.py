"""The pack in a real ComfyUI: every node is there, described, in its place, and nothing slow is loaded for it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from comfy_server import ComfyServer, running
from shipped import NODES, WIDGETS, inputs, ours

MOST_WIDGETS = 8
SLOW_TO_IMPORT = {"diffusers", "peft", "rembg", "onnxruntime", "numba", "openai", "skimage", "sklearn", "ray", "c2pa"}


def test_every_node_is_registered(server: ComfyServer):
    assert set(ours(server)) == set(NODES)
    assert "IMPORT FAILED" not in server.log()


def test_this_comfyui_lacks_nothing(server: ComfyServer):
    assert server.get("/adstudio/lacks") == {"lacks": []}
    assert "lacks something" not in server.log()
    assert all("unable" not in engine for engine in server.get("/adstudio/engines")["engines"])


def test_nodes_work_under_any_folder_name(tmp_path: Path):
    """People clone into whatever they like. (Templates and help pages of a name with spaces or Hangul are beyond us:
    ComfyUI's web server does not find such paths.)"""
    name, base = "zit ad.studio-메인", tmp_path / "내 컴퓨터.v2"
    (base / "custom_nodes").mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "probe.py", base / "custom_nodes" / "adstudio_probe.py")
    with running(base, folder=name) as other:
        assert set(ours(other)) == set(NODES)
        assert "IMPORT FAILED" not in other.log()
        assert other.get("/api/workflow_templates")[name]
        # ComfyUI starts as fast as without the pack: what takes seconds to import waits for the node that needs it.
        assert not SLOW_TO_IMPORT & set(other.get("/adstudio_probe/packages"))


@pytest.mark.parametrize("node", NODES)
class TestSchema:
    def test_place_and_words(self, server: ComfyServer, node: str):
        info = ours(server)[node]
        assert info["category"] == f"Ad Studio/{NODES[node]}"
        assert info["display_name"] == info["display_name"].strip() != node
        assert info["description"].endswith(".")
        aliases = info["search_aliases"]
        assert any(re.search("[가-힣]", alias) for alias in aliases), aliases
        assert any(re.search("[a-z]", alias) for alias in aliases), aliases

    def test_form_stays_short_and_explained(self, server: ComfyServer, node: str):
        fields = inputs(ours(server)[node])
        shown = {
            name: options
            for name, (kind, options) in fields.items()
            if (kind in WIDGETS or isinstance(kind, list)) and not options.get("forceInput")
        }
        # What is advanced is folded away until someone asks for it, and must not grow without end either.
        folded = {name for name, options in shown.items() if options.get("advanced")}
        assert max(len(folded), len(shown) - len(folded)) <= MOST_WIDGETS
        assert not [name for name, options in shown.items() if not options.get("tooltip")]
        assert not [name for name in fields if not re.fullmatch("[a-z][a-z0-9_]*", name)]

    def test_defaults_are_valid_choices(self, server: ComfyServer, node: str):
        for name, (kind, options) in inputs(ours(server)[node]).items():
            choices = kind if isinstance(kind, list) else options.get("options")
            if choices is not None:
                assert choices, f"{name} offers nothing"
                assert len(set(choices)) == len(choices)
                assert options.get("default", choices[0]) in choices
            if kind in ("INT", "FLOAT"):
                assert options["min"] <= options["default"] <= options["max"]


def test_only_saving_ends_a_graph(server: ComfyServer):
    assert [name for name, info in ours(server).items() if info["output_node"]] == ["AdStudioSaveImage"]


def test_nothing_asks_for_a_comfy_account(server: ComfyServer):
    assert not [name for name, info in ours(server).items() if info["api_node"]]
