"""``ComfyRunner`` on a real ComfyUI: the same request gives the same ad as in this process."""

from __future__ import annotations

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comfy_server import ComfyServer, Rejected
from PIL import Image
from skimage import data
from warm_python import Popen

from adstudio import InputError, ServerError
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.ports import Cancelled
from adstudio.run.cli import main
from adstudio.run.local.runner import LocalRunner
from adstudio.run.remote.filling import fill
from adstudio.run.remote.job import Patience
from adstudio.run.remote.runner import ComfyRunner
from adstudio.run.remote.uploads import Photos
from adstudio.run.request import MAX_STEPS, AdRequest, AdResult, Lighting
from adstudio.run.rest.once import ONCE, is_repeat
from adstudio.types import Array, Mark, RunEvent, TextBlock, TextStyle

WORDS = AdRequest(
    brief="봄맞이 딸기라떼 출시, 분홍빛 대리석 위",
    provider="rules",
    style="watercolor",
    seed=7,
    steps=2,
    width=256,
    height=256,
)


@pytest.fixture(scope="module")
def coffee(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("photos") / "coffee.png"
    Image.fromarray(data.coffee()).save(path)
    return str(path)


def difference(one: Array, other: Array) -> float:
    """The mean difference of two pictures, in steps of 8 bits."""
    assert one.shape == other.shape
    return float(np.abs(one - other).mean() * 255)


def edges(part: TextBlock | Mark) -> tuple[float, ...]:
    return (part.box.x0, part.box.y0, part.box.x1, part.box.y1)


def stands(ad: AdResult) -> list[float]:
    return [
        number for plan in ad.layouts for place in plan.products for number in (place.x, place.base_y, place.height)
    ]


def requests(coffee: str) -> dict[str, AdRequest]:
    composite = replace(WORDS, task="composite", context="가을 커피", products=(coffee,), style="realistic")
    parts = {
        "price": "4,900원",
        "old_price": "5,900원",
        "badge": "신메뉴",
        "legal": "재고 소진 시까지",
        "hours": "8-21시",
    }
    return {
        "every part": replace(
            WORDS, width=512, height=512, steps=1, call_to_action=None, link="https://a.kr", logo=coffee, **parts
        ),
        "two from words": replace(WORDS, count=2),
        "over a photo": replace(WORDS, reference=coffee, strength=0.5, aspect="4:5", width=None, height=None),
        "composite": replace(composite, contact=0.4, lighting=Lighting("left", softness=0.3)),
        "no words": replace(composite, headline=""),
        "placed by hand": replace(
            composite, auto_layout=False, lighting=Lighting("left", angle=-30.0), headline="커피"
        ),
    }


@pytest.mark.parametrize(
    "name", ["every part", "two from words", "over a photo", "composite", "no words", "placed by hand"]
)
def test_a_request_gives_the_same_ad_there_and_here(
    server: ComfyServer, coffee: str, tmp_path: Path, name: str
) -> None:
    request = requests(coffee)[name]
    there = ComfyRunner(server.url, tmp_path / "there").run(request)
    here = LocalRunner(tmp_path / "here", host=TorchHost("cpu")).run(request)
    assert [prompt.positive for prompt in there.prompts] == [prompt.positive for prompt in here.prompts]
    assert there.report.seeds == here.report.seeds
    # Not to the bit: ComfyUI's Python may bring another torch, whose bf16 rounds otherwise.
    assert all(difference(*pair) < 1 for pair in zip(there.originals, here.originals, strict=True))
    for one, other in zip(there.layouts[0].texts, here.layouts[0].texts, strict=True):
        assert (one.role, one.text, one.was) == (other.role, other.text, other.was)
        assert edges(one) == pytest.approx(edges(other), abs=0.01)
    assert stands(there) == pytest.approx(stands(here), abs=1e-6), "the server's record knows where products stand"
    for one, other in zip(there.layouts[0].marks, here.layouts[0].marks, strict=True):
        assert (one.kind, one.content) == (other.kind, other.content)
        assert edges(one) == pytest.approx(edges(other), abs=0.01)
    assert all(difference(*pair) < 2 for pair in zip(there.pictures, here.pictures, strict=True))
    written = ("headline", "sub", "price", "old_price", "badge", "legal", "hours", "link")
    assert [getattr(there.copy, name) for name in written] == [getattr(here.copy, name) for name in written]
    assert {step.status for step in there.report.steps} == {"done"}


def channel_requests(coffee: str) -> dict[str, AdRequest]:
    small = replace(WORDS, width=None, height=None, aspect="channel", channel="cashwalk", steps=1, headline="봄날")
    composite = replace(small, task="composite", products=(coffee,), cutout="geodesic", channel="naver_gfa:342x228")
    return {
        "words": replace(small, channel="cashwalk", ai_label="AI 생성 이미지"),
        # Where two places for the copy are nearly as good, another torch may choose the other one.
        "photo": replace(small, channel="kakao_native:profile", reference=coffee, strength=0.3, copy_space="bottom"),
        "product": replace(composite, text_style=TextStyle(min_px=8)),
        "no copy": replace(small, channel="google_merchant", logo=coffee),
        "template": replace(composite, channel="coupang"),
    }


@pytest.mark.parametrize("name", ["words", "photo", "product", "no copy", "template"])
def test_an_ad_for_a_channel_is_the_same_there_and_here(
    server: ComfyServer, coffee: str, tmp_path: Path, name: str
) -> None:
    request = channel_requests(coffee)[name]
    there = ComfyRunner(server.url, tmp_path / "there").run(request)
    here = LocalRunner(tmp_path / "here", host=TorchHost("cpu")).run(request)
    assert there.path.suffix == here.path.suffix and there.report.size == here.report.size
    assert there.report.channel == here.report.channel != ""
    assert [found.code for found in there.report.findings[0]] == [found.code for found in here.report.findings[0]]
    assert difference(there.originals[0], here.originals[0][..., :3]) < 2
    assert difference(there.pictures[0], here.pictures[0][..., :3]) < 4, "its bytes are limited, so it is a JPEG"
    words = [(block.role, block.text, edges(block)) for block in here.layouts[0].texts]
    for one, (role, text, where) in zip(there.layouts[0].texts, words, strict=True):
        assert (one.role, one.text) == (role, text) and edges(one) == pytest.approx(where, abs=0.01)
    assert stands(there) == pytest.approx(stands(here), abs=1e-6)


def test_what_a_channel_would_refuse_is_refused_there_unless_overridden(server: ComfyServer, tmp_path: Path) -> None:
    small = replace(WORDS, width=None, height=None, aspect="channel", channel="naver_place", steps=1)
    crowded = replace(small, headline="봄날", sub="오늘만", price="4,900원", hours="8-21시")
    with pytest.raises(InputError) as caught:
        ComfyRunner(server.url, tmp_path / "no").run(crowded)
    assert caught.value.code == "channel.refused" and not (tmp_path / "no").exists()
    made = ComfyRunner(server.url, tmp_path / "yes").run(replace(crowded, override_channel=True))
    assert made.report.size == (1200, 750)
    assert any(found.code == "channel.text_lines" for found in made.report.findings[0])


def test_a_run_again_is_cached_and_brings_the_same_file(server: ComfyServer, tmp_path: Path) -> None:
    runner = ComfyRunner(server.url, tmp_path)
    first, second = runner.run(replace(WORDS, seed=21)), runner.run(replace(WORDS, seed=21))
    step = second.report.step("generate")
    assert first.path == second.path and step is not None and any("unchanged" in note for note in step.notes)


def test_a_job_that_is_sent_twice_is_run_once(server: ComfyServer) -> None:
    number, graph = str(uuid.uuid4()), fill(replace(WORDS, seed=22), Photos(), {}).graph
    body = {"prompt": graph.nodes, "prompt_id": number, "extra_data": {ONCE: True}}
    assert server.get("/adstudio/health")["once"]
    assert server.post("/prompt", body)["prompt_id"] == number
    with pytest.raises(Rejected) as caught:
        server.post("/prompt", body)
    assert caught.value.status == 400 and is_repeat(caught.value.body)
    assert server.wait(number).status == "success" and server.get("/prompt")["exec_info"]["queue_remaining"] == 0


def test_cancelling_frees_the_server_for_others(server: ComfyServer, tmp_path: Path) -> None:
    runner = ComfyRunner(server.url, tmp_path)
    long = replace(WORDS, steps=MAX_STEPS, width=512, height=512, seed=31)
    with pytest.raises(Cancelled):
        runner.run(long, lambda event: runner.cancel() if event.step == "generate" else None)
    server.wait_idle()
    (entry,) = server.get("/history?max_items=1").values()
    assert "execution_interrupted" in [kind for kind, _ in entry["status"]["messages"]]
    assert runner.run(WORDS).path.is_file()


def test_a_job_is_cancelled_before_its_run_begins(server: ComfyServer, tmp_path: Path) -> None:
    server.post("/adstudio_probe/late_start", {"wait_s": 0.5})  # ComfyUI forgets a cancel that comes meanwhile
    runner, long = ComfyRunner(server.url, tmp_path), replace(WORDS, steps=MAX_STEPS, width=512, height=512, seed=32)

    def cancel_at_once() -> str:
        until = time.monotonic() + 120
        while not (running := server.get("/queue")["queue_running"]):
            assert time.monotonic() < until
        runner.cancel()
        return running[0][1]

    with ThreadPoolExecutor(1) as pool:
        number = pool.submit(cancel_at_once)
        with pytest.raises(Cancelled):
            runner.run(long)
    # The runner does not wait for a step that takes its time.
    assert "execution_interrupted" in server.wait(number.result()).messages


def test_a_refusal_names_the_field_and_what_there_is(server: ComfyServer, tmp_path: Path) -> None:
    runner = ComfyRunner(server.url, tmp_path)
    with pytest.raises(InputError) as caught:
        runner.run(replace(WORDS, checkpoint="z-image"))
    assert caught.value.code == "request.checkpoint" and "demo (embedded)" in caught.value.hint
    with pytest.raises(InputError) as caught:
        runner.run(replace(WORDS, steps=MAX_STEPS + 1))
    assert caught.value.code == "request.steps" and str(MAX_STEPS) in caught.value.message


def test_a_killed_server_that_comes_back_finishes_the_job(tmp_path: Path, warm_comfyui: Popen) -> None:
    server = ComfyServer(tmp_path / "base", popen=warm_comfyui)
    server.start()
    patience = Patience(silent_s=500)  # ComfyUI may take long to start on a busy machine
    runner, made, killed = ComfyRunner(server.url, tmp_path / "ads", patience=patience), list[Any](), threading.Event()

    def kill(event: RunEvent) -> None:  # where the client hears of it, which then cannot have heard of more
        if event.step == "generate" and not killed.is_set():
            assert server._process is not None
            server._process.kill()
            server._process.wait()
            killed.set()

    work = threading.Thread(target=lambda: made.append(runner.run(replace(WORDS, steps=20), kill)))
    try:
        work.start()
        assert killed.wait(300)
        server.start()
        work.join(500)
        assert made and made[0].path.is_file()
        assert any("sent again" in note for step in made[0].report.steps for note in step.notes)
    finally:
        server.stop()


def test_the_command_line_draws_there(
    server: ComfyServer, coffee: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--steps", "1", "--seed", "3", "--provider", "rules", "--out", str(tmp_path), "--server", server.url]
    assert main(["edit", coffee, "따뜻한 커피", "--strength", "0.4", "--json", "--quiet", *small]) == 0
    assert json.loads(capsys.readouterr().out)["report"]["server"] == server.url
    assert main(["doctor", "--server", server.url]) == 0
    assert "Ready." in capsys.readouterr().out
    assert main(["industries", "--server", server.url]) == 0
    assert "cafe" in capsys.readouterr().out


def test_a_nodes_error_comes_with_its_code_and_hint(server: ComfyServer, tmp_path: Path) -> None:
    runner = ComfyRunner(server.url, tmp_path)
    with pytest.raises(InputError) as caught:
        runner.run(
            replace(WORDS, headline="봄", text_style=TextStyle(min_px=200), sub="오늘 하루만 드리는 특별한 할인")
        )
    assert caught.value.code.startswith(("layout.", "text.")) and caught.value.hint
    with pytest.raises(InputError) as caught:
        runner.run(replace(WORDS, engine="flux2-klein"))
    assert caught.value.code == "request.engine_not_ready"


def test_nobody_there_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(ServerError) as caught:
        ComfyRunner("http://127.0.0.1:9", tmp_path).run(WORDS)
    assert caught.value.code == "comfyui.unreachable" and "adstudio serve" in caught.value.hint
