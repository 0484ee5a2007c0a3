"""The layout editor's node and its routes in a real server, and what every node tells the page of its run."""

from __future__ import annotations

import http.client
import io
import json
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from comfy_server import ComfyServer, Rejected
from editor_graph import ANALYZER, EDITOR, graph
from PIL import Image

CASES = """
import folder_paths, tempfile, json
import numpy as np, torch
from pack.nodes.editor import LayoutEditor
from pack.adstudio.types import Box, Channel, CutOut, LayoutPlan, Placement, TextBlock

folder_paths.set_temp_directory(tempfile.mkdtemp())
image = torch.rand((1, 40, 60, 3))
layout = LayoutPlan((TextBlock("headline", "세일", Box(0.1, 0.1, 0.9, 0.3)),), provider="local")
products = LayoutPlan(products=(Placement(0.5, 0.9, 0.4),))
cut = CutOut(np.ones((20, 10, 4), np.float32), "mask")
channel = Channel("feed", "피드", "Feed", (1080, 1080), safe=Box(0.1, 0.1, 0.9, 0.9))
out = LayoutEditor.execute(image, "", "keep", layout, products, cut, channel=channel)
shown = out.ui["adstudio_editor"][0]
answer = {
    "shown": json.loads(json.dumps(shown)), "texts": len(out[0].texts), "products": len(out[0].products),
    "bound": [out[0].picture, out[0].channel, list(out[0].size_px)], "preview": list(out[1].shape),
    "alone": LayoutEditor.execute(image, "", "keep")[0].texts,
}
"""


def test_editor_hands_the_page_what_it_shows(inside: Any):
    seen = inside(CASES)
    shown = seen["shown"]
    assert (seen["texts"], seen["products"], seen["preview"]) == (1, 1, [1, 40, 60, 3])
    assert seen["bound"] == [shown["digest"], "feed", [60, 40]]
    assert shown["size_px"] == [60, 40]
    assert shown["channel"]["korean"] == "피드" and shown["channel"]["safe"]["x0"] == 0.1
    assert shown["proposal"]["texts"][0]["text"] == "세일" and shown["proposal"]["products"]
    assert shown["products"][0]["aspect"] == 0.5
    assert shown["picture"]["type"] == shown["products"][0]["picture"]["type"] == "temp"
    assert seen["alone"] == []


def test_a_run_tells_its_badges(server: ComfyServer):
    fresh = {"headline": "배지를 보는 세일", "folder": "editor/badges"}  # what comes from the cache tells nothing
    run = server.run(graph(**fresh))
    assert run.status == "success", run.error
    told = {
        node: output["adstudio_badges"] for node, output in run.entry["outputs"].items() if "adstudio_badges" in output
    }
    assert told[ANALYZER] == [{"kind": "provider", "value": "local"}]
    assert told[EDITOR] == [{"kind": "provider", "value": "local"}]
    edit = {"texts": [{"text": "손으로", "box": [0.1, 0.1, 0.9, 0.3]}], "provider": "user"}
    run = server.run(graph(json.dumps(edit), **fresh))
    assert run.entry["outputs"][EDITOR]["adstudio_badges"] == [{"kind": "provider", "value": "user"}]


def test_stale_layouts_stop_when_told_to(server: ComfyServer):
    edit = {"texts": [{"text": "옛 배치", "box": [0.1, 0.1, 0.9, 0.3]}], "picture": "0" * 16}
    run = server.run(graph(json.dumps(edit), when_stale="stop"))
    assert run.error is not None and run.error["exception_type"] == "adstudio.InputError"
    assert "another picture" in run.error["exception_message"]
    assert server.run(graph(json.dumps(edit), when_stale="use proposal")).status == "success"


QUESTION = {
    "texts": [{"role": "headline", "text": "여름 세일", "box": [0.1, 0.1, 0.9, 0.3]}],
    "width": 1000,
    "height": 800,
    "style": {"font": "Pretendard", "weight": 800, "min_px": 20},
}


def test_server_tells_how_copy_is_set(server: ComfyServer):
    (block,) = server.post("/adstudio/typeset", QUESTION)["blocks"]
    assert [line["text"] for line in block["lines"]] == ["여름 세일"]
    left, _, right, bottom = block["ink"]
    assert left == block["lines"][0]["x_px"] and left + right == pytest.approx(1000), "in the middle of its box"
    assert 80 < block["lines"][0]["y_px"] < bottom <= 240


def test_a_question_may_come_in_pieces(server: ComfyServer):
    data = json.dumps(QUESTION).encode()
    place = urlsplit(server.url)
    line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    line.putrequest("POST", "/adstudio/typeset")
    line.putheader("Content-Length", str(len(data)))
    line.endheaders(data[:40])
    time.sleep(0.5)  # the server begins to read
    line.send(data[40:])
    answer = line.getresponse()
    assert answer.status == 200, answer.read()
    line.close()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"width": 0}, "typeset.bad_question"),
        ({"width": "1000"}, "typeset.bad_question"),
        ({"style": {"font": "/etc/passwd"}}, "text.unknown_font"),
        ({"style": []}, "typeset.bad_question"),
        ({"texts": [{"text": 7}]}, "layout.bad_value"),
        ({"texts": [{"text": "가" * 3000, "box": [0, 0, 1, 1]}] * 40}, "typeset.bad_question"),
    ],
)
def test_bad_questions_are_refused_by_code(server: ComfyServer, change: dict[str, Any], code: str):
    with pytest.raises(Rejected) as refused:
        server.post("/adstudio/typeset", {**QUESTION, **change})
    assert (refused.value.status, refused.value.body["code"]) == (400, code)


def test_server_hands_out_listed_fonts_alone(server: ComfyServer):
    assert server.read("/adstudio/font?family=Pretendard&weight=800")[:4] == b"wOF2"
    for family in ("/etc/passwd", "../../data/PretendardVariable.woff2", ""):
        with pytest.raises(Rejected) as refused:
            server.read(f"/adstudio/font?family={family}")
        assert refused.value.status == 404


SHOWN = QUESTION | {
    "style": QUESTION["style"] | {"plate": "never", "shadow": False},
    "picture": {"filename": "example.png", "subfolder": "", "type": "input"},
    "marks": [
        {"kind": "qr", "content": "https://example.kr", "box": [0.6, 0.5, 0.9, 0.95]},
        {"kind": "logo", "box": [0, 0, 0.1, 0.1]},
    ],
}


def test_server_shows_the_copy_as_it_will_be_drawn(server: ComfyServer):
    request = urllib.request.Request(
        server.url + "/adstudio/lettering", json.dumps(SHOWN).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        left_out = json.loads(answer.headers["X-Adstudio-Left-Out"])
        copy = np.asarray(Image.open(io.BytesIO(answer.read())))
    assert copy.shape == (400, 600, 4)
    assert copy[40:120, 60:540, 3].any() and copy[200:380, 360:540, 3].any() and not copy[150:190, :, 3].any()
    assert {place: problem["code"] for place, problem in left_out.items()} == {"1": "text.logo_missing"}


@pytest.mark.parametrize(
    "picture",
    [
        {"filename": "../server.log", "subfolder": "", "type": "input"},
        {"filename": "server.log", "subfolder": "..", "type": "input"},
        {"filename": "/etc/hostname", "subfolder": "", "type": "temp"},
        {"filename": "example.png", "subfolder": "", "type": "models"},
        {"filename": "a\0b", "subfolder": "", "type": "input"},
    ],
)
def test_only_pictures_that_the_page_may_see_are_lettered(server: ComfyServer, picture: dict[str, str]):
    with pytest.raises(Rejected) as refused:
        server.post("/adstudio/lettering", SHOWN | {"picture": picture})
    assert (refused.value.status, refused.value.body["code"]) == (400, "photo.not_found")


@pytest.mark.parametrize(
    "change", [{"picture": None}, {"picture": {"filename": 7}}, {"style": {"plate": "x"}}, {"marks": 3}]
)
def test_bad_questions_for_a_look_are_refused(server: ComfyServer, change: dict[str, Any]):
    with pytest.raises(Rejected) as refused:
        server.post("/adstudio/lettering", SHOWN | change)
    assert refused.value.status == 400 and refused.value.body["code"] in ("typeset.bad_question", "layout.bad_value")
