"""The Python API: what it takes, and that the package offers it without paying for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

import adstudio
from adstudio.run.wire import open_source


def test_a_brief_becomes_a_file(checkpoint: Path, tmp_path: Path) -> None:
    events: list[str] = []
    ad = adstudio.generate_and_save_image(
        user_input="창가의 딸기 라떼",
        headline="봄",
        sub="",
        aspect_ratio="16:9",
        seed=3,
        steps=1,
        output_dir=tmp_path,
        checkpoint=checkpoint,
        format="webp",
        on_event=lambda event: events.append(event.step),
    )
    assert ad.path.parent.parent == tmp_path and ad.path.suffix == ".webp"
    width, height = Image.open(ad.path).size
    assert width > 1.5 * height and ad.report.size == (width, height)
    assert events[0] == "check" and events[-1] == "save"


@pytest.mark.parametrize("kind", ["path", "bytes", "pillow", "array", "floats"])
def test_a_reference_may_come_in_any_form(checkpoint: Path, coffee: Path, tmp_path: Path, kind: str) -> None:
    pixels = data.coffee()[::2, ::2]
    forms = {
        "path": coffee,
        "bytes": coffee.read_bytes(),
        "pillow": Image.fromarray(pixels),
        "array": pixels,
        "floats": (pixels / 255).astype(np.float32),
    }
    ad = adstudio.generate_and_save_image(
        user_input="커피",
        reference_image=forms[kind],
        strength=0.5,
        headline="",
        seed=3,
        steps=2,
        output_dir=tmp_path,
        checkpoint=checkpoint,
    )
    expected = adstudio.generate_and_save_image(
        user_input="커피",
        reference_image=coffee,
        strength=0.5,
        headline="",
        seed=3,
        steps=2,
        output_dir=tmp_path,
        checkpoint=checkpoint,
    )
    assert ad.path == expected.path, "the same photo gives the same picture, however it came"


def test_a_picture_of_no_known_form_is_refused(checkpoint: Path) -> None:
    with pytest.raises(adstudio.InputError) as refused:
        adstudio.generate_and_save_image(user_input="커피", reference_image=3, checkpoint=checkpoint)  # type: ignore[arg-type]
    assert refused.value.code == "request.bad_picture"


def test_a_product_becomes_a_composite(checkpoint: Path, box: Path, tmp_path: Path) -> None:
    ad = adstudio.generate_product_composite(
        product_image=box,
        background_prompt="차분한 대리석",
        context="새로 나온 수제 비누",
        auto_layout=True,
        headline="",
        seed=3,
        steps=1,
        output_dir=tmp_path,
        checkpoint=checkpoint,
    )
    assert len(ad.layouts[0].products) == 1 and ad.report.receipts
    several = adstudio.generate_product_composite(
        product_image=[box, Image.open(box)],
        background_prompt="차분한 대리석",
        headline="",
        seed=3,
        steps=1,
        output_dir=tmp_path,
        checkpoint=checkpoint,
    )
    assert len(several.layouts[0].products) == 2


def test_a_product_keeps_its_transparency_on_the_way_in(box: Path) -> None:
    from adstudio.run.api import _to_source

    held = open_source(_to_source(Image.open(box)))
    assert isinstance(held, bytes)
    path = box.with_name("held.png")
    path.write_bytes(held)
    assert np.array_equal(np.asarray(Image.open(path).getchannel("A")), np.asarray(Image.open(box).getchannel("A")))


def test_every_public_name_is_there_and_errors_call_themselves_adstudio() -> None:
    for name in adstudio.__all__:
        assert getattr(adstudio, name) is not None
    assert set(adstudio.__all__) <= set(dir(adstudio))
    assert adstudio.InputError.__module__ == "adstudio"
    with pytest.raises(AttributeError):
        adstudio.no_such_name  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, adstudio; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "adstudio.errors" in loaded
    assert not {"numpy", "PIL", "torch", "adstudio.run"} & set(loaded)
