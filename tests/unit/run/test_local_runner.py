"""The local runner over every real part, on a tiny checkpoint: what it makes, records and leaves behind."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import adstudio
from adstudio.errors import AdStudioError, InputError, ModelError
from adstudio.output.metadata import read_metadata
from adstudio.ports import Cancelled
from adstudio.run.local.runner import LocalRunner
from adstudio.run.request import AdRequest
from adstudio.types import Placement, RunEvent, TextStyle

SMALL = TextStyle(min_px=8)


def words(checkpoint: Path, **more: object) -> AdRequest:
    fields = {
        "brief": "창가의 딸기 라떼, 봄 신메뉴",
        "headline": "봄을 한 모금",
        "seed": 7,
        "steps": 2,
        "checkpoint": str(checkpoint),
        "text_style": SMALL,
    }
    return AdRequest(**(fields | more))  # type: ignore[arg-type]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_words_become_a_lettered_ad_with_its_original(checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(words(checkpoint, aspect="4:5"))
    picture, original = result.pictures[0], result.originals[0]
    assert picture.shape == original.shape and picture.dtype == np.float32
    width, height = result.report.size or (0, 0)
    assert width < height and width % 16 == height % 16 == 0
    box = result.layouts[0].texts[0].box.pixels(width, height)
    changed = np.argwhere(np.abs(picture - original).max(axis=-1) > 0.02)
    assert len(changed) > 50, "the headline must be on the picture"
    assert result.layouts[0].texts[0].text == "봄을 한 모금"
    assert box[0] < np.median(changed[:, 1]) < box[2], "and in its box"
    for path, array in ((result.path, picture), (result.origin_paths[0], original)):
        assert path is not None
        assert np.array_equal(np.asarray(Image.open(path)), np.rint(array * 255).astype(np.uint8))


def test_the_report_names_every_step_and_fact(checkpoint: Path, tmp_path: Path) -> None:
    seen: list[RunEvent] = []
    report = LocalRunner(tmp_path).run(words(checkpoint), seen.append).report
    names = [step.name for step in report.steps]
    assert names == ["check", "prompt", "copy", "load", "style", "generate", "layout", "lettering", "save"]
    assert {step.status for step in report.steps} == {"done"}
    assert report.status == "done" and report.error is None
    assert report.seeds == (7,) and report.evaluations == 2
    assert report.model == "z-image-tiny"
    assert report.providers == {"prompt": "rules", "copy": "user", "layout": "local"}
    score = report.layout_scores[0]
    assert score is not None and 0 <= score.total <= 1
    assert any("구성" in reason for reason in report.layout_reasons[0])
    assert report.peak_rss_bytes > 50e6
    assert 0 < sum(step.seconds for step in report.steps) <= report.seconds
    assert report.versions["adstudio"] == adstudio.__version__ and "torch" in report.versions
    steps = [event for event in seen if event.kind in ("progress", "preview") and event.step == "generate"]
    assert [event.value for event in steps] == [0.5, 1.0]


def test_the_file_tells_how_it_was_made_and_can_be_made_again(checkpoint: Path, tmp_path: Path) -> None:
    request = words(checkpoint, seed=None)
    first = LocalRunner(tmp_path / "a").run(request)
    about = read_metadata(first.path)["adstudio"]
    assert isinstance(about, dict)
    assert about["report"]["status"] == "done"
    assert [step["name"] for step in about["report"]["steps"]][-1] == "lettering"
    assert about["seed"] == first.report.seeds[0]
    assert str(checkpoint.parent) not in str(about), "no folder of the user's"
    # The record, with the checkpoint named anew, is a request again.
    again = AdRequest.from_dict(about["request"] | {"checkpoint": str(checkpoint)})
    assert LocalRunner(tmp_path / "b").run(again).path.name == first.path.name


def test_the_same_request_is_stored_once_and_another_seed_beside_it(checkpoint: Path, tmp_path: Path) -> None:
    runner = LocalRunner(tmp_path)
    first, second = runner.run(words(checkpoint)), runner.run(words(checkpoint))
    other = runner.run(words(checkpoint, seed=8))
    assert first.path == second.path != other.path
    wanted = [path for n in (first, other) for path in (n.path, n.path.with_suffix(".json"), n.origin_paths[0])]
    assert files(tmp_path) == {str(path.relative_to(tmp_path)) for path in wanted if path is not None}
    step = second.report.step("save")
    assert step is not None and "already" in step.notes[0]


def test_a_batch_has_one_seed_layout_and_file_each(checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(words(checkpoint, count=3))
    assert result.report.seeds == (7, 8, 9)
    assert len(set(result.paths)) == len(result.layouts) == len(result.report.layout_scores) == 3
    assert [read_metadata(path)["adstudio"]["seed"] for path in result.paths] == [7, 8, 9]  # type: ignore[index]


def test_without_copy_the_picture_is_its_own_original(checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(words(checkpoint, headline="", sub=""))
    assert result.origin_paths == (None,)
    assert files(tmp_path) == {str(result.path.relative_to(tmp_path).with_suffix(end)) for end in (".png", ".json")}
    assert result.report.step("lettering") is None


def test_without_a_headline_one_is_written_from_the_brief(checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(words(checkpoint, headline=None))
    assert result.copy.headline and result.copy.provider == "rules"
    assert result.layouts[0].texts[0].text == result.copy.headline


def test_a_photo_is_drawn_over_in_its_own_shape(checkpoint: Path, coffee: Path, tmp_path: Path) -> None:
    request = words(checkpoint, reference=str(coffee), aspect="auto", headline="")
    results = {
        strength: LocalRunner(tmp_path).run(replace(request, strength=strength, steps=4)) for strength in (0.25, 1.0)
    }
    width, height = results[0.25].report.size or (0, 0)
    assert width / height == pytest.approx(1.5, rel=0.12)
    assert results[0.25].report.evaluations < results[1.0].report.evaluations == 4
    assert results[0.25].report.step("photo") is not None
    photo = np.asarray(Image.open(coffee).resize((width, height)), np.float32) / 255
    near, far = (np.abs(result.pictures[0] - photo).mean() for result in results.values())
    assert near < far


def test_the_copy_keeps_off_the_subject_of_a_photo(checkpoint: Path, tmp_path: Path) -> None:
    photo = np.full((192, 192, 3), (170, 180, 190), np.uint8)
    photo[14:124, 14:178] = (190, 30, 40)  # leaves room below it alone
    Image.fromarray(photo).save(tmp_path / "sign.png")
    request = words(
        checkpoint,
        headline="봄이 왔어요",
        reference=str(tmp_path / "sign.png"),
        strength=0.5,
        text_style=replace(SMALL, plate="never", shadow=False),
    )
    result = LocalRunner(tmp_path).run(request)
    rows, _ = np.nonzero(np.abs(result.pictures[0] - result.originals[0]).max(axis=-1) > 0.02)
    assert len(rows) > 100
    assert (rows < 120).mean() < 0.02


def test_a_product_is_cut_out_and_stands_where_the_report_says(checkpoint: Path, coffee: Path, tmp_path: Path) -> None:
    place = Placement(x=0.3, base_y=0.95, height=0.5)
    request = AdRequest(
        task="composite",
        context="동네 카페의 갓 볶은 커피",
        products=(str(coffee),),
        placements=(place,),
        headline="갓 볶은 아침",
        seed=3,
        steps=2,
        checkpoint=str(checkpoint),
        text_style=SMALL,
        harmonize=0.0,
    )
    result = LocalRunner(tmp_path).run(request)
    report = result.report
    assert [step.name for step in report.steps] == [
        *("check", "cutout", "prompt", "copy", "load", "style"),
        *("generate", "place", "compose", "layout", "lettering", "save"),
    ]
    assert result.layouts[0].products == (place,)
    assert report.receipts[0]["products"] == 1 and report.receipts[0]["mean_delta_e"] < 0.5
    assert report.providers["cutout"].startswith(("geodesic", "rembg:"))
    assert "Empty" in result.prompt.positive, "the backdrop is drawn without a product of its own"


def test_the_copy_keeps_off_the_product(checkpoint: Path, box: Path, tmp_path: Path) -> None:
    """The calmest ground of a noisy picture is the product itself, and it stands where copy likes to be: at the top."""
    request = AdRequest(
        task="composite",
        brief="대리석",
        products=(str(box),),
        placements=(Placement(x=0.5, base_y=0.62, height=0.58),),
        headline="갓 구운 아침",
        seed=3,
        steps=1,
        checkpoint=str(checkpoint),
        text_style=replace(SMALL, plate="never", shadow=False),
    )
    result = LocalRunner(tmp_path).run(request)
    rows, columns = np.nonzero(np.abs(result.pictures[0] - result.originals[0]).max(axis=-1) > 0.02)
    assert len(rows) > 100
    on_product = (rows < 0.62 * 192) & (np.abs(columns / 192 - 0.5) < 0.2)
    assert on_product.mean() < 0.02


def test_automatic_and_plain_places_differ_only_where_asked(checkpoint: Path, box: Path, tmp_path: Path) -> None:
    request = AdRequest(task="composite", brief="대리석", products=(str(box),) * 2, headline="", seed=3, steps=1)
    request = replace(request, checkpoint=str(checkpoint))
    auto = LocalRunner(tmp_path).run(request)
    plain = LocalRunner(tmp_path).run(replace(request, auto_layout=False))
    assert len(auto.layouts[0].products) == len(plain.layouts[0].products) == 2
    assert auto.layouts[0].reasons != plain.layouts[0].reasons
    first, second = plain.layouts[0].products
    assert (first.x, second.x) == (0.25, 0.75)
    for place in (first, second):  # the red box really stands there
        pixel = plain.originals[0][round(place.base_y * 192) - 20, round(place.x * 192)]
        assert pixel[0] > 2 * pixel[1]


def test_a_failed_run_reports_how_far_it_came_and_leaves_nothing(checkpoint: Path, tmp_path: Path) -> None:
    runner = LocalRunner(tmp_path)
    with pytest.raises(ModelError):
        runner.run(words(tmp_path / "nowhere"))
    assert runner.report.status == "failed" and runner.report.error is not None
    assert runner.report.error.code == "checkpoint.missing" and runner.report.error.hint
    assert [step.status for step in runner.report.steps] == ["failed"]
    assert files(tmp_path) == set()
    assert runner.run(words(checkpoint)).report.status == "done", "the next run is fine"


def test_cheap_mistakes_are_found_before_the_model_is_loaded(checkpoint: Path, tmp_path: Path) -> None:
    for change in ({"brief": " "}, {"style": "no such style"}, {"aspect": "5:7"}, {"reference": "no-photo.png"}):
        runner = LocalRunner(tmp_path)
        with pytest.raises(InputError):
            runner.run(words(checkpoint, **change))
        assert "load" not in [step.name for step in runner.report.steps]


def test_a_photo_that_is_not_there_is_told_before_words_are_written(
    checkpoint: Path, coffee: Path, tmp_path: Path
) -> None:
    runner = LocalRunner(tmp_path / "out")
    photos = (str(coffee), str(tmp_path / "no.jpg"))
    with pytest.raises(InputError) as refused:
        runner.run(words(checkpoint, task="composite", products=photos, headline=""))
    assert refused.value.code == "photo.not_found" and refused.value.message.startswith("Product 2 of 2: ")
    assert [step.name for step in runner.report.steps] == ["check", "cutout"]


def test_cancelling_stops_between_steps_and_leaves_nothing(checkpoint: Path, tmp_path: Path) -> None:
    runner = LocalRunner(tmp_path)
    seen: list[RunEvent] = []

    def cancel_at_the_second_step(event: RunEvent) -> None:
        seen.append(event)
        if event.kind in ("progress", "preview") and event.message.startswith("2/"):
            threading.Thread(target=runner.cancel).run()

    with pytest.raises(Cancelled):
        runner.run(words(checkpoint, steps=6), cancel_at_the_second_step)
    assert runner.report.status == "cancelled"
    assert runner.report.steps[-1].name == "generate" and runner.report.steps[-1].status == "cancelled"
    assert not any(event.message.startswith("4/") for event in seen)
    assert files(tmp_path) == set()
    assert runner.run(words(checkpoint)).report.status == "done", "the next run is fine"


def test_an_adapter_that_is_not_there_is_named(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(AdStudioError) as raised:
        LocalRunner(tmp_path).run(words(checkpoint, loras=(("no-such-style", 1.0),)))
    assert "no-such-style" in str(raised.value)


@pytest.mark.parametrize("wrong", [{"brief": "  "}, {"industry": "no-such"}, {"reference": "/no/such/photo.png"}])
def test_a_request_that_cannot_run_leaves_no_folder(checkpoint: Path, tmp_path: Path, wrong: dict[str, str]) -> None:
    folder = tmp_path / "new"
    with pytest.raises(AdStudioError):
        LocalRunner(folder).run(words(checkpoint, **wrong))
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_found_before_the_model_loads(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    runner = LocalRunner(tmp_path / "taken")
    with pytest.raises(AdStudioError) as caught:
        runner.run(words(checkpoint))
    assert caught.value.code == "output.not_a_folder"
    assert [step.name for step in runner.report.steps] == ["check", "prompt", "copy"]
