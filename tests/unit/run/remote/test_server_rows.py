"""Rows on servers: one drawing per row for all of its channels, and one backdrop for all rows that name it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comfy_double import ComfyDouble
from PIL import Image

from adstudio import __version__
from adstudio.errors import InputError
from adstudio.layout.plan.reading import to_json
from adstudio.prompt.processor import write
from adstudio.run.batch.catalogue import Summary, draw_catalogue
from adstudio.run.batch.kept_words import from_json as from_words
from adstudio.run.batch.kept_words import to_json as to_words
from adstudio.run.batch.manifest import read_entries
from adstudio.run.batch.ray_workers import Engine, Parcel
from adstudio.run.batch.rows import Row
from adstudio.run.batch.server_lane import RunnerLane
from adstudio.run.batch.server_rows import check_for_server
from adstudio.run.remote.filling import fill
from adstudio.run.remote.runner import ComfyRunner
from adstudio.run.remote.scene import Scene
from adstudio.run.remote.uploads import Photo, Photos
from adstudio.run.request import AdRequest
from adstudio.types import Box, LayoutPlan, TextBlock, TextStyle

CHANNELS = ("naver_gfa:342x228", "cashwalk")
Draw = Callable[..., Summary]


@pytest.fixture
def draw(double: ComfyDouble, make: Callable[..., ComfyRunner], tmp_path: Path) -> Draw:
    """Draw rows on the double, one after the other."""

    def draw(*rows: Row, at_once: int = 1) -> Summary:
        runner = make(double)
        return draw_catalogue(rows, RunnerLane(runner, runner.output_dir, at_once), tmp_path)

    return draw


@pytest.fixture
def cup(box: Path) -> AdRequest:
    return AdRequest(
        task="composite", products=(str(box),), brief="나무 탁자", context="컵", headline="봄", seed=7, steps=2,
        provider="rules", text_style=TextStyle(min_px=8),
    )  # fmt: skip


def group(cup: AdRequest, **more: Any) -> list[Row]:
    lead = Row(2, "컵-1", replace(cup, **more), "1", backdrop="나무")
    others = [
        Row(n, f"컵-{n - 1}", replace(lead.request, context=f"{n}번 접시", headline=f"{n}번"), str(n), (), "나무", lead)
        for n in (3, 4)
    ]
    return [lead, *others]


def inputs(post: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = (node["inputs"] for node in post["prompt"].values() if node["class_type"] == kind)
    return found


def test_a_row_is_drawn_once_and_laid_out_for_each_of_its_channels(
    double: ComfyDouble, draw: Draw, cup: AdRequest, tmp_path: Path
) -> None:
    plan = LayoutPlan(texts=(TextBlock("headline", "봄", Box(0.1, 0.1, 0.5, 0.3)),), size_px=(64, 48))
    double.layout = json.loads(to_json(plan))
    done = draw(Row(2, "컵", cup, "1", channels=CHANNELS))
    (entry,) = done.entries
    names = ("ads/컵.png", "ads/컵~naver_gfa-342x228.png", "ads/컵~cashwalk.png")
    assert tuple(str(Path(name).with_suffix(".png")) for name in entry.files) == names
    assert [Image.open(tmp_path / name).size for name in entry.files] == [(64, 48), (342, 228), (600, 500)]
    assert list(entry.sha256) == [hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in entry.files]
    (post,) = double.posts
    graph = post["prompt"]
    composite = next(number for number, node in graph.items() if node["class_type"] == "AdStudioBackgroundComposite")
    assert inputs(post, "MaskToImage") == {"mask": [composite, 1]}
    small = np.asarray(Image.open(tmp_path / entry.files[1]).convert("L"))
    assert small.max() > 100, "the letters stand on it: the double's originals are black"


def test_the_mask_of_the_picture_is_fetched_where_it_is_asked_for(
    double: ComfyDouble, make: Callable[..., ComfyRunner], cup: AdRequest
) -> None:
    (mask,) = make(double).run(cup, masks=True).masks
    assert mask is not None and mask.shape == (48, 64)
    assert mask[20, 50] == 1 and mask[5, 5] == 0


def test_a_mask_is_fetched_neither_unasked_nor_where_there_is_none(
    double: ComfyDouble, make: Callable[..., ComfyRunner], cup: AdRequest
) -> None:
    runner = make(double)
    assert runner.run(cup).masks == ()
    assert runner.run(AdRequest(brief="봄", seed=1), masks=True).masks == (None,)
    assert not any(node["class_type"] == "PreviewImage" for post in double.posts for node in post["prompt"].values())


def test_a_mask_that_does_not_fit_its_picture_fails_the_row(double: ComfyDouble, draw: Draw, cup: AdRequest) -> None:
    double.mask_size = (100, 100)
    done = draw(Row(2, "컵", cup, "1", channels=CHANNELS))
    assert [failure.code for failure in done.failures] == ["comfyui.damaged_picture"] and not done.entries


def test_an_engine_of_a_cluster_brings_the_channels_of_its_server_s_row(double: ComfyDouble, cup: AdRequest) -> None:
    drawn = Engine(double.url, __version__).draw(Parcel(Row(2, "컵", cup, "1", channels=CHANNELS)))
    assert drawn.error is None and drawn.made is not None
    assert [end for end, _ in drawn.names] == ["", "~naver_gfa-342x228", "~cashwalk"]
    assert {name for _, name in drawn.names} <= drawn.files.keys()


def test_rows_that_share_a_backdrop_have_the_same_one_drawn(double: ComfyDouble, draw: Draw, cup: AdRequest) -> None:
    assert len(draw(*group(cup)).entries) == 3
    drawn = ["AdStudioText2Image", "AdStudioLoraStyle", "AdStudioPromptProcessor", "AdStudioZitLoader"]
    first = {kind: inputs(double.posts[0], kind) for kind in drawn}
    for number, post in enumerate(double.posts):
        assert {kind: inputs(post, kind) for kind in drawn} == first
        assert inputs(post, "AdStudioTextLayoutAnalyzer")["headline"] == ("봄", "3번", "4번")[number]
    assert "컵" in first["AdStudioPromptProcessor"]["brief"]


def test_a_copy_on_a_shared_backdrop_is_written_from_its_own_row(
    double: ComfyDouble, draw: Draw, cup: AdRequest
) -> None:
    lead, follower, _ = group(cup, headline=None)
    follower = replace(follower, request=replace(follower.request, headline=None), leader=lead)
    draw(lead, follower)
    own = inputs(double.posts[1], "AdStudioAdCopy")
    assert own["brief"] == "3번 접시" and "prompt" not in own and own["industry"] != "auto"


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_model_wrote_for_a_backdrop_is_drawn_for_all(
    double: ComfyDouble, draw: Draw, cup: AdRequest, count: int
) -> None:
    double.writer = "openai"
    rows = group(cup, provider="auto", count=count)
    done = draw(*rows, at_once=2)
    assert len(done.entries) == 3
    first, *others = double.posts
    assert inputs(first, "AdStudioText2Image")["text"] == ""
    for post in others:
        said = inputs(post, "AdStudioText2Image")["text"]
        assert said == "a cup, 1"
        assert inputs(post, "AdStudioPromptProcessor")["provider"] == "rules"
        assert "ad_prompt" not in inputs(post, "AdStudioSaveImage")


def test_a_follower_for_another_channel_is_drawn_in_the_size_of_the_first(cup: AdRequest) -> None:
    lead = replace(cup, channel="kakao_native:2x1", aspect="channel")
    own = replace(lead, channel="instagram_feed", context="접시")
    photos = Photos(products=(Photo("a.png", b""),))
    graph = fill(own, photos, {"a.png": "a.png"}, scene=Scene(lead)).graph.nodes
    drawn, _ = inputs({"prompt": graph}, "AdStudioText2Image")["width"]
    fitted, _ = inputs({"prompt": graph}, "AdStudioFitToChannel")["channel"]
    assert graph[drawn]["inputs"]["channel"] == "kakao_native:2x1"
    assert graph[fitted]["inputs"]["channel"] == "instagram_feed"


@pytest.mark.parametrize("subject", [None, Photo("m.png", b"")])
def test_the_mask_of_a_photo_is_that_of_its_subject_as_fitted(subject: Photo | None) -> None:
    edit = AdRequest(brief="봄", headline="봄", reference="a.png", seed=1)
    photos, names = Photos(reference=Photo("a.png", b""), subject=subject), {"a.png": "a.png", "m.png": "m.png"}
    unlettered = replace(edit, headline="", aspect="channel", channel="instagram_story")
    for request, source in ((edit, "LoadImageMask"), (unlettered, "AdStudioFitToChannel")):
        graph = fill(request, photos, names, masks=True).graph.nodes
        shown = [graph[node["inputs"]["mask"][0]]["class_type"] for node in graph.values()
                 if node["class_type"] == "MaskToImage"]  # fmt: skip
        assert shown == ([] if subject is None else [source])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"backdrop": "나무", "engine": "flux2-klein"}, "batch.not_on_server"),
        ({"channels": ("kakao_bizboard",)}, "reflow.locked_channel"),
    ],
)
def test_a_row_that_no_server_draws_is_refused_before_anything_is(
    cup: AdRequest, row: dict[str, Any], code: str
) -> None:
    asked = replace(cup, engine=row.pop("engine", "zit"))
    with pytest.raises(InputError) as refused:
        check_for_server(Row(2, "컵", asked, "1", **row))
    assert refused.value.code == code
    check_for_server(Row(2, "컵", cup, "1", ("instagram_feed",), "나무"))


def test_a_group_that_is_resumed_has_the_words_that_a_model_wrote_before(
    double: ComfyDouble, make: Callable[..., ComfyRunner], cup: AdRequest, tmp_path: Path
) -> None:
    double.writer = "openai"
    rows = group(cup, provider="openai")

    def go_on(**how: bool) -> Summary:
        runner = make(double)
        return draw_catalogue(rows, RunnerLane(runner, runner.output_dir, 1), tmp_path, **how)

    assert go_on(first=True).left == 2
    written = read_entries((tmp_path / "manifest.jsonl").read_bytes())[0].prompts[0]["positive"]
    assert go_on(resume=True).kept == 1
    assert [inputs(post, "AdStudioText2Image").get("text") for post in double.posts] == ["", written, written]


def test_words_are_kept_only_where_others_share_them_and_a_model_wrote_them(cup: AdRequest) -> None:
    prompts = (write(cup.brief, provider="rules"),)
    by_model = (replace(prompts[0], provider="openai", model="tiny"),)
    lead = group(cup)[0]
    assert to_words(lead, prompts) == () == to_words(replace(lead, backdrop=""), by_model)
    told = json.loads(json.dumps(to_words(lead, by_model), ensure_ascii=False))
    assert from_words(told) == by_model
