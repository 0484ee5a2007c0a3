"""A runner and a server that does everything wrong: each ad comes once, or an error says why not."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comfy_double import ComfyDouble, running_double
from PIL import Image

from adstudio import InputError, ServerError, generate_and_save_image, generate_product_composite
from adstudio.ports import Cancelled
from adstudio.run.remote.runner import _evaluations
from adstudio.run.request import AdRequest
from adstudio.types import RunEvent

WORDS = AdRequest(brief="봄 딸기라떼", seed=7, steps=2)
FOR_EVER_S = 3600  # at a node, for jobs that must not be done before somebody has cancelled them


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_ad_comes_back_whole(double: ComfyDouble, make: Any, tmp_path: Path) -> None:
    events: list[RunEvent] = []
    result = make(double).run(WORDS, events.append)
    name = result.path.name
    assert result.path.read_bytes() == (double.folder / "ads" / name[:2] / name).read_bytes()
    assert files(tmp_path / "ads") == files(double.folder / "ads")
    assert result.path.with_suffix(".json").is_file() and result.origin_paths[0] is not None
    assert result.origin_paths[0].parent.parent == tmp_path / "ads" / "origin"
    assert np.array_equal(np.rint(result.pictures[0] * 255), np.asarray(Image.open(result.path)))
    assert result.originals[0].max() == 0
    assert result.report.status == "done" and result.report.server == double.url
    steps = {step.name: step.status for step in result.report.steps}
    assert {"check", "queue", "load", "prompt", "generate", "lettering", "save", "fetch"} <= set(steps)
    assert set(steps.values()) == {"done"}
    generate = result.report.step("generate")
    assert generate is not None and generate.seconds > 0
    assert [event.message for event in events if event.kind == "progress" and event.step == "generate"] == ["1/4"]
    assert len(double.posts) == 1


@pytest.mark.parametrize(
    ("said", "count"),
    [("256x256 · 1 evaluation · seed 3", 1), ("256x256 · 1 evaluations · seed 3", 1), ("8 evaluations", 8), ("", 0)],
)
def test_evaluations_are_read_from_servers_of_every_age(said: str, count: int) -> None:
    assert _evaluations({"4": {"text": [said]}, "5": {"images": []}}) == count


def test_a_cut_socket_costs_nothing_but_times(double: ComfyDouble, make: Any) -> None:
    double.cuts_socket_after, double.node_pause_s = 2, 0.02
    result = make(double).run(WORDS)
    assert result.report.status == "done" and len(double.posts) == 1
    assert {step.status for step in result.report.steps} == {"done"}


def test_without_any_socket_the_job_is_asked_after(double: ComfyDouble, make: Any) -> None:
    double.refuses_sockets = True
    result = make(double).run(WORDS)
    step = result.report.step("generate")
    assert step is not None and step.status == "done" and "time is unknown" in step.notes[0]


def test_a_wholly_cached_run_still_brings_the_ad(double: ComfyDouble, make: Any) -> None:
    double.is_cached = True
    result = make(double).run(WORDS)
    step = result.report.step("generate")
    assert result.path.is_file() and step is not None and "unchanged" in step.notes[0]


def test_a_job_whose_answer_is_lost_is_not_sent_again(double: ComfyDouble, make: Any) -> None:
    double.answers_lost = 1
    result = make(double).run(WORDS)
    step = result.report.step("queue")
    assert len(double.posts) == 1 and result.path.is_file()
    assert step is not None and any("answer was lost" in note for note in step.notes)


def test_a_job_that_never_arrived_is_sent_again_under_its_number(double: ComfyDouble, make: Any) -> None:
    double.posts_lost = 1
    result = make(double).run(WORDS)
    first, second = double.posts
    assert first["prompt_id"] == second["prompt_id"]
    assert any("sent again" in note for step in result.report.steps for note in step.notes)


def test_a_job_that_is_taken_late_is_run_once(double: ComfyDouble, make: Any) -> None:
    double.answers_lost, double.takes_late_at = 1, "/prompt"  # once the client has given it up and sends it again
    result = make(double).run(WORDS)
    assert result.path.is_file()
    assert double.runs == [double.posts[0]["prompt_id"]]
    assert len(double.posts) > 1, "it was sent again, and the server took it once"


def test_a_job_that_a_proxy_gives_up_on_is_run_once(double: ComfyDouble, make: Any) -> None:
    double.gateway_errors, double.takes_late_at = 1, "/prompt"
    assert make(double).run(WORDS).path.is_file()
    assert double.runs == [double.posts[0]["prompt_id"]]


def test_a_server_that_cannot_tell_is_not_sent_it_again(double: ComfyDouble, make: Any, tmp_path: Path) -> None:
    double.once, double.answers_lost, double.takes_late_at = None, 1, "/adstudio/health"
    with running_double(tmp_path / "second") as other:
        other.other_jobs = 5
        assert make(double, other).run(WORDS).path.is_file()
        assert len(double.posts) == 1 == len(double.runs) and not other.posts
        double.posts_lost = 1
        with pytest.raises(ServerError) as caught:
            make(double, other, silent_s=0.3).run(WORDS)
        assert caught.value.code == "comfyui.unknown" and double.posts[-1]["prompt_id"] in caught.value.message
        assert len(double.posts) == 2 and not other.posts, "nor is another one"


def test_a_job_that_somebody_takes_out_of_the_queue_stays_out(double: ComfyDouble, make: Any) -> None:
    double.waits.clear()
    double.refuses_sockets = True  # so that it is asked after at once
    raised: list[ServerError] = []

    def work() -> None:
        with pytest.raises(ServerError) as caught:
            make(double).run(WORDS)
        raised.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(lambda: double.jobs)
    double.jobs.clear()
    thread.join()
    double.waits.set()
    assert raised[0].code == "comfyui.interrupted" and not double.runs


def test_a_restarted_server_gets_the_job_again(double: ComfyDouble, make: Any) -> None:
    double.waits.clear()
    done: list[Any] = []
    work = threading.Thread(target=lambda: done.append(make(double).run(WORDS)))
    work.start()
    wait_for(lambda: double.posts)
    double.kill()
    time.sleep(0.3)
    double.start()
    double.waits.set()
    work.join()
    assert done and done[0].path.is_file()
    assert len({post["prompt_id"] for post in double.posts}) == 1 < len(double.posts)


def test_a_server_that_stays_away_is_given_up(double: ComfyDouble, make: Any) -> None:
    double.waits.clear()
    raised: list[ServerError] = []

    def work() -> None:
        with pytest.raises(ServerError) as caught:
            make(double, silent_s=0.5).run(WORDS)
        raised.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(lambda: double.told)
    double.kill()
    thread.join()
    assert raised[0].code in ("comfyui.gone", "comfyui.unreachable") and raised[0].hint


def test_cancelling_drops_this_job_and_no_other(double: ComfyDouble, make: Any, tmp_path: Path) -> None:
    double.node_pause_s = FOR_EVER_S
    runner = make(double)
    with pytest.raises(Cancelled):
        runner.run(WORDS, lambda event: runner.cancel() if event.step == "load" else None)
    assert double.cancelled == [double.posts[0]["prompt_id"]]
    assert runner.report.status == "cancelled"
    assert [step.status for step in runner.report.steps if step.name == "load"] == ["cancelled"]
    assert not (tmp_path / "ads").exists()
    double.node_pause_s = 0
    assert runner.run(WORDS).path.is_file()


def test_a_hiccup_and_a_torn_picture_are_fetched_again_or_told(double: ComfyDouble, make: Any, tmp_path: Path) -> None:
    double.failing_views = 2
    assert make(double).run(WORDS).path.is_file()
    double.damaged_views = 1
    with pytest.raises(ServerError) as caught:
        make(double).run(WORDS)
    assert caught.value.code == "comfyui.damaged_picture"


def test_a_failing_node_is_named_and_typed(double: ComfyDouble, make: Any) -> None:
    double.fails_at = "AdStudioTextOverlay"
    runner = make(double)
    with pytest.raises(InputError) as caught:
        runner.run(WORDS)
    assert caught.value.message == "The box is too small."
    step = runner.report.step("lettering")
    assert step is not None and step.status == "failed" and "too small" in step.error


def test_a_nodes_error_keeps_its_code_and_hint(double: ComfyDouble, make: Any) -> None:
    double.fails_at = "AdStudioTextOverlay"
    double.fails_with = {"code": "text.does_not_fit", "message": "The box is too small.", "hint": "Write less."}
    runner = make(double)
    with pytest.raises(InputError) as caught:
        runner.run(WORDS)
    assert (caught.value.code, caught.value.hint) == ("text.does_not_fit", "Write less.")
    assert runner.report.error is not None and runner.report.error.code == "text.does_not_fit"
    double.refuses_sockets = True
    with pytest.raises(InputError) as caught:
        runner.run(WORDS)
    assert (caught.value.code, caught.value.message) == ("comfyui.input_refused", "The box is too small.")


@pytest.mark.parametrize(
    ("kind", "extra", "said"),
    [
        ("value_bigger_than_max", {"input_name": "steps", "received_value": 90}, "'steps' may be at most 8"),
        ("value_smaller_than_min", {"input_name": "steps", "received_value": 0}, "'steps' must be at least 1"),
        ("value_not_in_list", {"input_name": "steps", "received_value": "x"}, "has no 'x' for 'steps'"),
    ],
)
def test_a_refused_graph_speaks_of_the_request(
    double: ComfyDouble, make: Any, kind: str, extra: dict[str, Any], said: str
) -> None:
    problem = {"type": kind, "extra_info": extra}
    double.rejects = {"error": {}, "node_errors": {"6": {"class_type": "AdStudioText2Image", "errors": [problem]}}}
    with pytest.raises(InputError) as caught:
        make(double).run(WORDS)
    assert caught.value.code == "request.steps" and said in caught.value.message


def test_a_server_without_the_pack_is_told_before_anything_is_sent(double: ComfyDouble, make: Any) -> None:
    double.lacks_nodes = ("AdStudioText2Image",)
    with pytest.raises(ServerError) as caught:
        make(double).run(WORDS)
    assert caught.value.code == "comfyui.no_node" and not double.posts


def test_slow_uploads_show_how_far_they_are(double: ComfyDouble, make: Any, coffee: Path) -> None:
    double.upload_pause_s = 0.01
    events: list[RunEvent] = []
    request = AdRequest(brief="커피", reference=str(coffee), seed=1, strength=0.9)
    make(double).run(request, events.append)
    shares = [event.value for event in events if event.step == "upload" and event.kind == "progress"]
    assert shares and shares == sorted(shares) and shares[-1] == 1.0
    (data,) = double.uploads.values()
    (node,) = (n for n in double.posts[0]["prompt"].values() if n["class_type"] == "LoadImage")
    assert node["inputs"]["image"] == f"adstudio/{next(iter(double.uploads))}"
    assert data.startswith(b"\x89PNG")


def test_the_async_face_cancels_too(double: ComfyDouble, make: Any) -> None:
    double.node_pause_s = FOR_EVER_S

    async def ask() -> None:
        work = asyncio.create_task(make(double).run_async(WORDS))
        while not double.runs and not work.done():
            await asyncio.sleep(0.01)
        work.cancel()
        await work

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ask())
    assert double.cancelled == double.runs


def test_the_python_call_takes_a_server(double: ComfyDouble, tmp_path: Path) -> None:
    made = generate_and_save_image(user_input="봄 딸기라떼", seed=7, server=double.url, output_dir=tmp_path)
    assert made.path.is_file() and made.report.server == double.url
    request = {"product_image": np.full((40, 40, 3), 200, np.uint8), "server": [double.url], "output_dir": tmp_path}
    assert generate_product_composite(background_prompt="대리석", seed=7, **request).path.is_file()
    assert len(double.posts) == 2


def test_the_command_draws_on_a_server_and_tells_a_program_line_by_line(
    double: ComfyDouble, adstudio: Any, tmp_path: Path
) -> None:
    said = adstudio("generate", "봄 딸기라떼", "--seed", 7, "--server", double.url, "--out", tmp_path, "--json")
    *events, envelope = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 0 and envelope["ok"] and Path(envelope["pictures"][0]["path"]).is_file()
    assert all("event" in event for event in events) and envelope["report"]["server"] == double.url
    assert {"start", "finish"} <= {event["event"] for event in events if event["step"] == "generate"}
    double.fails_at = "AdStudioText2Image"
    said = adstudio("generate", "봄 딸기라떼", "--seed", 7, "--server", double.url, "--out", tmp_path, "--json")
    assert said.code == 1 and said.envelope["error"]["message"] == "The box is too small."
    assert adstudio("generate", "봄", "--server", "http://127.0.0.1:9", "--out", tmp_path).code == 1


def wait_for(condition: Any) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_one_of_two_async_runs_is_cancelled_and_the_other_goes_on(double: ComfyDouble, make: Any) -> None:
    double.node_pause_s = FOR_EVER_S
    runner = make(double)

    async def ask() -> Any:
        stays = asyncio.create_task(runner.run_async(WORDS))
        goes = asyncio.create_task(runner.run_async(replace(WORDS, seed=8)))
        while len(double.runs) < 2 and not (stays.done() or goes.done()):
            await asyncio.sleep(0.01)
        goes.cancel()
        await asyncio.wait([goes])
        double.node_pause_s = 0
        return goes.cancelled(), await stays

    was_cancelled, made = asyncio.run(ask())
    assert was_cancelled and made.path.is_file() and len(double.cancelled) == 1


def test_the_report_says_why_the_copy_stands_there(double: ComfyDouble, make: Any) -> None:
    double.layout = {"provider": "local", "reasons": ["왼쪽 위가 비어 있습니다."]}
    assert make(double).run(WORDS).report.layout_reasons == (("왼쪽 위가 비어 있습니다.",),)
