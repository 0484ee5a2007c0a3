"""The contact zone drawn anew: the ground changes, no product does, and nothing is loaded for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adstudio.engine.memory import components
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError
from adstudio.imaging.composite.compose import compose
from adstudio.imaging.composite.contact import find_zone, lay_around
from adstudio.ports import Cancelled
from adstudio.run.local.contact import Blended, blend_contact, describe_blend
from adstudio.run.local.runner import LocalRunner
from adstudio.run.request import AdRequest
from adstudio.types import Composite, CutOut, Placement, RunEvent

WORDS = "Empty advertising backdrop, marble table."


@pytest.fixture(scope="module")
def host() -> TorchHost:
    return TorchHost("cpu", model_dirs=[])


@pytest.fixture(scope="module")
def zit(checkpoint: Path, host: TorchHost) -> Iterator[Zit]:
    yield load(checkpoint, host)
    registry.forget()


def product(shade: float = 0.8) -> CutOut:
    """A bottle with a soft rim: a wide body under a narrow neck."""
    rgba = np.zeros((60, 32, 4), np.float32)
    rgba[..., :3] = (shade, 0.2, 0.1)
    rgba[0:20, 11:21, 3] = rgba[20:60, 1:31, 3] = 1.0
    rgba[20:60, [0, 31], 3] = 0.5
    return CutOut(rgba, "mask")


def scene(side: int = 192) -> np.ndarray:
    ramp = np.linspace(0.9, 0.5, side, dtype=np.float32)[:, None, None]
    return np.broadcast_to(ramp, (side, side, 3)).copy()


def stand(*places: Placement, side: int = 192) -> Composite:
    cuts = [product(0.8 - 0.3 * number) for number in range(len(places))]
    return compose(scene(side), cuts, places, light="left")


def blend(zit: Zit, host: TorchHost, made: Composite, **more: Any) -> Blended:
    settings = {"strength": 0.5, "seed": 3, "steps": 4} | more
    return blend_contact(zit, made.image, made.mask, WORDS, host=host, **settings)


MIDDLE = Placement(0.5, 0.85, 0.5)


@pytest.mark.parametrize(
    "places",
    [
        (MIDDLE,),
        (Placement(0.3, 0.8, 0.5), Placement(0.7, 0.9, 0.4)),
        (Placement(0.45, 0.8, 0.5), Placement(0.55, 0.9, 0.4, order=1)),
        (Placement(0.02, 1.0, 0.6),),
    ],
    ids=["one", "two", "overlapping", "at the border"],
)
def test_the_ground_changes_and_no_product_does(zit: Zit, host: TorchHost, places: tuple[Placement, ...]) -> None:
    made = stand(*places)
    done = blend(zit, host, made)
    opaque = made.mask > 0.999
    assert opaque.sum() > 1000
    assert np.array_equal(done.image[opaque], made.image[opaque]), "bit by bit"
    assert np.array_equal(done.image[done.zone == 0], made.image[done.zone == 0])
    assert np.abs(done.image - made.image)[done.zone > 0.5].mean() > 0.01
    assert done.receipt["contact_change"] == 0 and done.receipt["contact_evaluations"] == done.evaluations == 2
    assert 0 < done.receipt["contact_share"] < 0.3
    assert done.image.dtype == np.float32 and done.image.shape == made.image.shape


def test_a_shadow_is_not_wiped_away(zit: Zit, host: TorchHost) -> None:
    """The random model draws bright noise; the ground stays at least as dark as its shadow was."""
    made = stand(MIDDLE)
    done = blend(zit, host, made, strength=1.0)
    under = done.zone > 0.5
    assert done.image[under].mean() < made.image[under].mean() + 0.01


def test_a_large_picture_is_worked_on_in_part_and_keeps_its_size(zit: Zit, host: TorchHost) -> None:
    made = stand(MIDDLE, side=640)
    done = blend(zit, host, made)
    assert done.image.shape == (640, 640, 3)
    opaque = made.mask > 0.999
    assert np.array_equal(done.image[opaque], made.image[opaque])


def test_strength_0_gives_the_picture_itself(zit: Zit, host: TorchHost) -> None:
    made = stand(MIDDLE)
    done = blend(zit, host, made, strength=0.0)
    assert done.image is made.image and done.evaluations == 0 and not done.zone.any() and not done.notes
    assert describe_blend(done) == ("contact: nothing was drawn anew",)


def test_no_ground_in_sight_is_said(zit: Zit, host: TorchHost) -> None:
    picture = scene()
    done = blend_contact(zit, picture, np.ones(picture.shape[:2], np.float32), WORDS, strength=0.5, host=host)
    assert done.image is picture and done.evaluations == 0 and done.notes
    empty = blend_contact(zit, picture, np.zeros(picture.shape[:2], np.float32), WORDS, strength=0.5, host=host)
    assert empty.image is picture and empty.notes


def test_nothing_is_loaded_for_it(zit: Zit, checkpoint: Path, host: TorchHost, monkeypatch: pytest.MonkeyPatch) -> None:
    blend(zit, host, stand(MIDDLE))

    def refuse(*_: object) -> None:
        raise AssertionError("loaded again")

    monkeypatch.setattr(components, "_build", refuse)
    again = load(checkpoint, host)
    blend(again, host, stand(MIDDLE))
    assert again.components is zit.components


def test_the_same_seed_gives_the_same_ground(zit: Zit, host: TorchHost) -> None:
    made = stand(MIDDLE)
    one, same, other = (blend(zit, host, made, seed=seed).image for seed in (3, 3, 4))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"strength": 1.5}, "contact.strength"),
        ({"strength": float("nan")}, "contact.strength"),
        ({"reach": 0.0}, "contact.reach"),
        ({"product_mask": np.ones((9, 9), np.float32)}, "contact.sizes"),
    ],
)
def test_what_cannot_be_meant_is_refused(zit: Zit, host: TorchHost, change: dict[str, Any], code: str) -> None:
    given = {"product_mask": np.ones((192, 192), np.float32), "strength": 0.5} | change
    with pytest.raises(InputError) as refused:
        blend_contact(zit, scene(), given.pop("product_mask"), WORDS, host=host, **given)
    assert refused.value.code == code and refused.value.hint


def test_the_zone_lies_round_the_base_and_never_on_the_product() -> None:
    alpha = np.zeros((200, 200), np.float32)
    alpha[40:150, 80:120] = 1.0
    zone = find_zone(alpha)
    assert zone[alpha == 1].max() == 0 and zone[152, 100] > 0.9
    assert zone[:110].max() == 0 and zone[180:].max() == 0, "the top and the far ground stay"
    assert zone[:, :60].max() == 0 and zone[:, 140:].max() == 0
    wide = find_zone(alpha, 0.3)
    assert (wide > 0.5).sum() > 1.5 * (zone > 0.5).sum()
    crumbs = alpha.copy()
    crumbs[20:23, 20:23] = 1.0
    assert find_zone(crumbs)[:110].max() == 0


def test_laying_around_takes_texture_and_keeps_what_is_opaque() -> None:
    picture, drawn = np.full((40, 40, 3), 0.5, np.float32), np.full((40, 40, 3), 0.2, np.float32)
    alpha, zone = np.zeros((40, 40), np.float32), np.ones((40, 40), np.float32)
    alpha[10:20] = 1.0
    laid = lay_around(picture, drawn, alpha, zone)
    assert np.all(laid[10:20] == 0.5) and np.allclose(laid[25:], 0.2, atol=1e-3)
    assert np.array_equal(lay_around(picture, drawn, alpha, zone * 0), picture)


def request(checkpoint: Path, box: Path, **more: Any) -> AdRequest:
    plain = AdRequest(
        task="composite",
        brief="대리석",
        products=(str(box),),
        placements=(MIDDLE,),
        headline="",
        seed=3,
        steps=4,
        checkpoint=str(checkpoint),
    )
    return replace(plain, **more)


def test_a_run_blends_when_it_is_asked_to(checkpoint: Path, box: Path, tmp_path: Path) -> None:
    plain = LocalRunner(tmp_path).run(request(checkpoint, box, count=2))
    blended = LocalRunner(tmp_path).run(request(checkpoint, box, contact=0.5, count=2))
    assert "contact" not in [step.name for step in plain.report.steps]
    names = [step.name for step in blended.report.steps]
    assert names[names.index("compose") + 1] == "contact"
    assert blended.report.evaluations == plain.report.evaluations + 2 == 6
    receipts = zip(plain.report.receipts, blended.report.receipts, strict=True)
    assert [dict(after) | before for before, after in receipts] == list(blended.report.receipts), "it adds to them"
    assert [receipt["contact_change"] for receipt in blended.report.receipts] == [0, 0]
    for before, after in zip(plain.pictures, blended.pictures, strict=True):
        changed = np.abs(after - before).max(axis=-1) > 1e-6
        assert 0.002 < changed.mean() < 0.3
        assert not changed[: round(0.5 * len(changed))].any(), "only near the base"


def test_cancelling_while_it_blends_leaves_nothing(checkpoint: Path, box: Path, tmp_path: Path) -> None:
    runner = LocalRunner(tmp_path)

    def cancel(event: RunEvent) -> None:
        if event.step == "contact" and event.kind in ("progress", "preview"):
            threading.Thread(target=runner.cancel).run()

    with pytest.raises(Cancelled):
        runner.run(request(checkpoint, box, contact=1.0), cancel)
    assert runner.report.steps[-1].name == "contact" and runner.report.status == "cancelled"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
