"""Saving from a graph: what the channel settles, where the label goes, and what the graph says of AI's part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from adstudio.errors import InputError
from adstudio.output.disclosure import read_source_type
from adstudio.run.finishing import Wanted
from adstudio.run.graph_saving import save_ad, source_in
from adstudio.types import Box, Channel, LayoutPlan, TextBlock

PHOTO = (data.coffee()[:200, :300] / 255).astype(np.float32)
BANNER = Channel("banner", "배너", "Banner", (300, 200), ("png", "jpeg"), max_bytes=40_000)


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


SAVE = node("AdStudioSaveImage", image=["8", 0], ad_prompt=["9", 0])
GRAPHS: dict[str, tuple[dict[str, Any], str | None]] = {
    "words": ({"8": node("AdStudioText2Image", prompt=["9", 0]), "9": node("AdStudioPromptProcessor")}, "generated"),
    "over a photo": ({"8": node("AdStudioImage2Image", image=["7", 0]), "7": node("LoadImage")}, "composite"),
    "product": (
        {
            "8": node("AdStudioTextOverlay", image=["7", 0]),
            "7": node("AdStudioBackgroundComposite", image=["6", 0], cutout=["5", 0]),
            "6": node("AdStudioText2Image"),
            "5": node("AdStudioBackgroundRemoval", image=["4", 0]),
            "4": node("LoadImage"),
        },
        "composite",
    ),
    "another pack's generator": ({"8": node("ImageGeneratorXL", text="a cup")}, "generated"),
    "another pack's mask": ({"8": node("MaskPainterAI", image=["7", 0]), "7": node("LoadImage")}, "composite"),
    "a lettered photo": (
        {
            "8": node("AdStudioTextOverlay", image=["7", 0], layout=["6", 0]),
            "6": node("AdStudioTextLayoutAnalyzer", image=["7", 0]),
            "7": node("LoadImage"),
            "9": node("AdStudioText2Image"),
        },
        None,
    ),
    "a sampler": ({"8": node("VAEDecode", samples=["7", 0]), "7": node("KSampler")}, "generated"),
    "nobody knows": ({"8": node("SomebodysNode")}, "generated"),
    "a loop": ({"8": node("ImageScale", image=["7", 0]), "7": node("ImageScale", image=["8", 0])}, None),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_graph_tells_what_part_ai_had(name: str) -> None:
    graph, expected = GRAPHS[name]
    assert source_in({**graph, "1": SAVE}, "1") == expected


def test_without_a_graph_the_picture_counts_as_generated() -> None:
    assert source_in(None, None) == source_in({}, "1") == "generated"


def test_the_channel_settles_format_limit_and_size(tmp_path: Path) -> None:
    saved = save_ad(PHOTO, tmp_path, Wanted("webp", channel=BANNER, max_kb=500), metadata={})
    assert saved.path.suffix == ".png" and saved.path.stat().st_size <= 40_000
    assert "Banner takes no webp: saved as png." in saved.notes
    assert save_ad(PHOTO, tmp_path, Wanted("jpeg", channel=BANNER), metadata={}).path.suffix == ".jpg"
    assert Wanted(channel=BANNER, max_kb=20).max_bytes() == 20_000 and Wanted().max_bytes() is None
    with pytest.raises(InputError) as refused:
        save_ad(PHOTO[:, :299], tmp_path, Wanted(channel=BANNER), metadata={})
    assert refused.value.code == "output.channel_size" and "300x200" in str(refused.value)


def test_the_label_keeps_off_the_copy_and_the_picture_without_it_is_kept(tmp_path: Path) -> None:
    wanted = Wanted(label="AI 생성 이미지")
    plan = LayoutPlan(texts=(TextBlock("headline", "봄", Box(0.4, 0.6, 1, 1)),))
    for saved in (
        save_ad(PHOTO, tmp_path, wanted, plan=plan, metadata={}),
        save_ad(PHOTO, tmp_path, wanted, original=_with_patch(PHOTO), metadata={}),
    ):
        assert saved.origin_path is not None
        after, before = (np.asarray(Image.open(path), int) for path in (saved.path, saved.origin_path))
        changed = np.nonzero((np.abs(after - np.rint(PHOTO * 255)) > 0).any(axis=-1))
        assert changed[0].min() > 100 and changed[1].max() < 130, "lower left, as the copy stands on the right"
        assert before.shape == after.shape


def _with_patch(picture: np.ndarray) -> np.ndarray:
    """The picture before lettering: it differs where the copy was drawn."""
    before = picture.copy()
    before[120:, 150:] = 1 - before[120:, 150:]
    return before


def test_on_a_clear_ground_the_label_is_opaque(tmp_path: Path) -> None:
    clear = np.concatenate([PHOTO, np.zeros((200, 300, 1), np.float32)], axis=-1)
    saved = save_ad(clear, tmp_path, Wanted(label="AI 생성 이미지"), metadata={})
    alpha = np.asarray(Image.open(saved.path))[..., 3]
    assert 50 < (alpha == 255).sum() < 0.2 * alpha.size and set(np.unique(alpha)) == {0, 255}


def test_a_picture_without_ai_has_no_mark(tmp_path: Path) -> None:
    assert read_source_type(save_ad(PHOTO, tmp_path, Wanted(source=None), metadata={}).path) == ""
    other = save_ad(1 - PHOTO, tmp_path, Wanted(source="composite"), metadata={})
    assert read_source_type(other.path).endswith("compositeWithTrainedAlgorithmicMedia")
