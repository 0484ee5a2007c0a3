"""What a run does with a finished picture, and ``adstudio show``, which reads it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from skimage import data

from adstudio.errors import InputError
from adstudio.output.disclosure import SCHEME, read_source_type
from adstudio.output.save import save_picture
from adstudio.run.commands.show import read_saved
from adstudio.run.finishing import Wanted, finish
from adstudio.run.local.runner import LocalRunner
from adstudio.run.request import AdRequest
from adstudio.types import Box, LayoutPlan, Mark, TextBlock, TextStyle

AD = ("generate", "창가의 딸기 라떼", "--steps", 1, "--seed", 7)


@pytest.fixture(scope="module")
def ad(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    request = AdRequest(
        brief="창가의 딸기 라떼",
        headline="봄",
        sub="",
        seed=7,
        steps=1,
        checkpoint=str(checkpoint),
        text_style=TextStyle(min_px=8),
        format="jpeg",
        max_kb=26,
        ai_label="AI 생성 이미지",
    )
    return LocalRunner(tmp_path_factory.mktemp("ads")).run(request)


def test_a_run_keeps_the_limit_and_labels_its_picture_off_the_copy(ad: Any) -> None:
    assert ad.path.stat().st_size <= 26_000
    steps = [step.name for step in ad.report.steps]
    assert steps[-2:] == ["label", "save"] and any("of 26 kB" in note for note in ad.report.step("save").notes)
    corner = np.abs(ad.pictures[0] - ad.originals[0]).max(axis=-1)[-40:, -100:]
    assert corner.max() > 0.3, "the label"
    box = ad.layouts[0].texts[0].box
    assert box.y1 < 1 - 20 / 192 or box.x1 < 0.5


def test_finishing_a_picture_leaves_nothing_out(tmp_path: Path) -> None:
    picture = np.full((300, 400, 3), 0.8, np.float32)
    code = Mark("qr", Box(0.55, 0.1, 0.95, 0.6), "https://naver.me/abc")
    plan = LayoutPlan(texts=(TextBlock("headline", "봄", Box(0.05, 0.1, 0.5, 0.4)),), marks=(code,))
    wanted = Wanted(label="AI 생성 이미지", source="composite", system="Z-Image")
    about = {"adstudio": {"seed": 7}}
    done = finish(picture, tmp_path, wanted, plan=plan, style=TextStyle(), metadata=about)
    shown, told = np.asarray(Image.open(done.saved.path)), read_saved(done.saved.path)
    assert [found.text for found in zxingcpp.read_barcodes(shown)] == ["https://naver.me/abc"]
    assert np.ptp(shown[30:120, 20:200]) > 100 and np.ptp(shown[-40:, -160:]) > 100, "the headline, the label"
    assert told["seed"] == 7 and told["disclosure"]["label"] == "AI 생성 이미지"
    assert read_source_type(done.saved.path) == SCHEME + "compositeWithTrainedAlgorithmicMedia"
    bare = finish(picture, tmp_path, Wanted(source=None), plan=plan, metadata={})  # it is lettered already
    assert bare.picture is picture and read_source_type(bare.saved.path) == ""


def test_show_tells_all_that_the_file_holds(ad: Any) -> None:
    told = read_saved(ad.path)
    assert told["brief"] == "창가의 딸기 라떼" and told["seed"] == 7 and told["prompt"] == ad.prompt.positive
    assert told["origin"]["exists"] and (ad.path.parent / told["origin"]["path"]).resolve() == ad.origin_paths[0]
    assert told["disclosure"]["digital_source_type"] == SCHEME + "trainedAlgorithmicMedia"
    assert told["disclosure"]["label"] == "AI 생성 이미지"
    assert told["report"]["status"] == "done" and told["request"]["max_kb"] == 26
    assert (told["format"], told["size"], told["bytes"]) == ("jpeg", [192, 192], ad.path.stat().st_size)


def test_a_person_reads_lines_and_a_program_an_envelope(adstudio: Any, ad: Any) -> None:
    said = adstudio("show", ad.path)
    assert said.code == 0
    for words in ("창가의 딸기 라떼", "trainedAlgorithmicMedia", "AI 생성 이미지", "jpeg, 192x192", "../origin/"):
        assert words in said.out
    envelope = adstudio("show", ad.path, "--json").envelope
    assert (
        envelope["ok"]
        and envelope["seed"] == 7
        and envelope["credentials"]
        in (
            None,
            {"state": "none", "signer": "", "is_known": False, "problems": []},
        )
    )


def test_show_falls_back_to_the_record_beside_and_names_what_is_missing(tmp_path: Path, adstudio: Any) -> None:
    picture = (data.coffee()[:64, :64] / 255).astype(np.float32)
    record = {"adstudio": {"seed": 3, "request": {"brief": "가" * 20_000}}}
    saved = save_picture(picture, tmp_path, format="jpeg", original=picture, metadata=record)
    assert saved.origin_path is not None
    saved.origin_path.unlink()
    told = read_saved(saved.path)
    assert told["record_in"] == "beside" and told["seed"] == 3 and told["origin"]["exists"] is False
    said = adstudio("show", tmp_path / "gone.png", "--json")
    assert said.code == 1 and said.envelope["error"]["code"] == "output.not_a_picture"


def test_a_link_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    from adstudio.output.encode import FORMATS, encode, to_pixels

    for link in ("/etc/passwd", "../../../../etc/passwd"):
        data_, _ = encode(
            to_pixels(np.zeros((8, 8, 3), np.uint8)), FORMATS["png"], metadata={"adstudio": {"origin": {"path": link}}}
        )
        path = tmp_path / "ads" / "ab" / "x.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data_)
        assert read_saved(path)["origin"] is None


def test_pictures_of_others_and_of_earlier_versions_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "origin").mkdir()
    for path in (tmp_path / "3daa7643287b6a66-q90.jpg", tmp_path / "origin" / "3daa7643287b6a66.png"):
        Image.new("RGB", (8, 8)).save(path)
    assert read_saved(tmp_path / "3daa7643287b6a66-q90.jpg")["origin"]["exists"]
    told = read_saved(tmp_path / "origin" / "3daa7643287b6a66.png")
    assert told["record_in"] is None and told["origin"] is None and told["prompt"] == ""


def test_a_photo_drawn_over_counts_as_a_composite(checkpoint: Path, coffee: Path, tmp_path: Path) -> None:
    request = AdRequest(
        brief="커피", headline="", sub="", seed=1, steps=2, checkpoint=str(checkpoint), reference=str(coffee)
    )
    assert read_saved(LocalRunner(tmp_path).run(request).path)["disclosure"]["ai"] == "composite"


def test_options_of_the_command_line_reach_the_file(adstudio: Any, checkpoint: Path, tmp_path: Path) -> None:
    options = ("--checkpoint", checkpoint, "--out", tmp_path, "--no-text", "--json", "--format", "avif", "--max-kb", 20)
    (made,) = adstudio(*AD, *options, "--ai-label").envelope["pictures"]
    path = Path(made["path"])
    assert path.suffix == ".avif" and path.stat().st_size <= 20_000
    assert read_saved(path)["disclosure"]["label"] == "AI로 생성된 이미지"
    assert made["origin"] is not None, "the picture without the label"


def test_what_cannot_be_signed_or_meant_is_refused_before_a_model_is_loaded(
    adstudio: Any, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    said = adstudio(*AD, "--checkpoint", checkpoint, "--out", tmp_path / "out", "--credentials", "--json")
    assert said.envelope["error"]["code"] == "credentials.not_set"
    assert [step["name"] for step in said.envelope["report"]["steps"]] == ["check"]
    assert not (tmp_path / "out").exists()
    for change, code in (({"max_kb": 0}, "request.max_kb"), ({"ai_label": "a\nb"}, "request.ai_label")):
        with pytest.raises(InputError) as refused:
            AdRequest.from_dict({"brief": "x", **change})
        assert refused.value.code == code


def test_a_signed_ad_is_shown_as_such_until_it_is_changed(
    adstudio: Any, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("c2pa")
    from certificates import elliptic, issue

    made = issue(tmp_path, elliptic())
    monkeypatch.setenv("ADSTUDIO_C2PA_CERTIFICATES", str(made.certificates))
    monkeypatch.setenv("ADSTUDIO_C2PA_KEY", str(made.key))
    run = adstudio(*AD, "--checkpoint", checkpoint, "--out", tmp_path / "out", "--no-text", "--credentials", "--json")
    path = Path(run.envelope["pictures"][0]["path"])
    assert "valid, signed by Bom Cafe" in adstudio("show", path).out
    assert str(tmp_path) not in path.with_suffix(".json").read_text()
    changed = bytearray(path.read_bytes())
    changed[-40] ^= 1
    path.write_bytes(changed)
    assert "changed, signed by Bom Cafe" in adstudio("show", path).out
