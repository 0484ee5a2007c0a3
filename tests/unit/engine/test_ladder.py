"""What is kept where, decided from numbers alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adstudio.engine.memory.ladder import (
    RELEASED,
    RESIDENT,
    STREAMED,
    TILED,
    Plan,
    Sizes,
    Stage,
    Tile,
    choose_plan,
    describe_plan,
    lower_of,
    lower_plan,
    tile_sides,
)
from adstudio.ports import ENDLESS

GIB = 2**30
# Z-Image Turbo in bf16 at 1024x1024
REAL = Sizes(
    encoder=int(7.492 * GIB),
    encode_work=int(0.12 * GIB),
    transformer=int(11.464 * GIB),
    transformer_streamed=int(0.75 * GIB),
    denoise_work=int(0.5 * GIB),
    vae=int(0.156 * GIB),
    tiles=(Tile(0, int(1.5 * GIB)), Tile(512, int(0.38 * GIB)), Tile(256, int(0.1 * GIB))),
)


@pytest.mark.parametrize(
    ("free_gib", "rung"),
    [
        (22.0, RESIDENT),
        (20.7, RESIDENT),
        (20.5, RELEASED),
        (12.0, RELEASED),
        (11.9, STREAMED),
        (2.0, STREAMED),
        (1.6, TILED),
        (0.6, TILED),
        (0.0, TILED),
    ],
)
def test_the_highest_rung_that_fits_is_chosen(free_gib: float, rung: str):
    assert choose_plan(REAL, int(free_gib * GIB)).rung == rung


def test_each_stage_is_measured_alone_below_the_highest_rung():
    plan = choose_plan(REAL, int(8.0 * GIB))
    assert plan == Plan(keep_encoder=False, stream_encoder=False, stream_transformer=True, tile=0)
    assert choose_plan(REAL, int(7.5 * GIB)).stream_encoder  # 7.49 of weights and 0.12 of work do not fit
    small = replace(REAL, transformer=int(5.7 * GIB))  # in fp8
    plan = choose_plan(small, int(7.5 * GIB))
    assert (plan.stream_encoder, plan.stream_transformer) == (True, False)


def test_the_tile_is_the_largest_that_fits():
    assert choose_plan(REAL, int(1.0 * GIB)).tile == 1
    assert choose_plan(REAL, int(0.3 * GIB)).tile == 2
    assert choose_plan(REAL, 0).tile == 2  # nothing fits; the smallest is tried


@pytest.mark.parametrize(("free_gib", "at_once"), [(22.0, 4), (21.0, 3), (20.7, 3), (12.0, 1), (8.0, 4), (2.0, 2)])
def test_as_many_pictures_share_a_pass_as_fit_beside_the_weights(free_gib: float, at_once: int):
    assert choose_plan(REAL, int(free_gib * GIB), pictures=4).at_once == at_once
    assert choose_plan(REAL, int(free_gib * GIB)).at_once == 1


@pytest.mark.parametrize(
    ("stage", "steps"),
    [
        ("encode", [(RELEASED, 16), (STREAMED, 16)]),
        ("denoise", [(RESIDENT, 8), (RESIDENT, 4), (RESIDENT, 2), (RESIDENT, 1), (RELEASED, 1), (STREAMED, 1)]),
        ("vae", [(RELEASED, 16), (TILED, 16), (TILED, 16)]),
    ],
)
def test_memory_that_runs_out_again_and_again_comes_to_an_end(stage: Stage, steps: list[tuple[str, int]]):
    seen, plan = [], lower_plan(Plan(at_once=16), REAL, stage)
    while plan is not None:
        seen.append((plan.rung, plan.at_once))
        assert len(seen) < 20
        plan = lower_plan(plan, REAL, stage)
    assert seen == steps


def test_memory_that_runs_out_in_every_stage_takes_every_measure():
    plan: Plan | None = Plan()
    for stage in ("encode", "encode", "denoise", "vae", "vae"):
        assert plan is not None
        plan = lower_plan(plan, REAL, stage)
    assert plan == Plan(keep_encoder=False, stream_encoder=True, stream_transformer=True, tile=2)
    assert [lower_plan(plan, REAL, stage) for stage in ("encode", "denoise", "vae")] == [None] * 3


@pytest.mark.parametrize(
    ("size", "base", "scale", "sides"),
    [
        ((1024, 1024), 1024, 8, (0, 512, 256)),  # its own size is one tile: no gain
        ((1248, 1248), 1024, 8, (0, 1024, 512, 256)),
        ((2048, 512), 1024, 8, (0, 1024, 512, 256)),
        ((512, 512), 1024, 8, (0, 256)),
        ((128, 96), 64, 8, (0, 64, 32)),  # 16 px would be two cells, which no quarter of is whole
        ((512, 512), 512, 16, (0, 256, 128)),
    ],
)
def test_tiles_follow_the_size(size: tuple[int, int], base: int, scale: int, sides: tuple[int, ...]):
    assert tile_sides(size, base, scale) == sides


def test_notes_say_what_was_done_and_whether_the_picture_changes():
    assert describe_plan(Plan(), REAL, 30 * GIB) == ()
    (released,) = describe_plan(Plan(keep_encoder=False), REAL, 15 * GIB)
    assert "text encoder" in released
    assert "15.0 GiB of 20.6 GiB" in released
    streamed, tiled = describe_plan(Plan(False, True, True, 1), REAL, GIB)
    assert "same picture" in streamed
    assert "tiles of 512 px (1.0 GiB of 20.6 GiB are free)" in tiled
    assert "tones differ" in tiled
    assert [getattr(note, "code", "") for note in (released, streamed, tiled)] == [
        "memory.encoder_released", "memory.transformer_streamed", "memory.tiled",
    ]  # fmt: skip
    for free in (ENDLESS, 22 * GIB):  # it ran out where there should have been room: figures would only puzzle
        (uncounted,) = describe_plan(Plan(keep_encoder=False), REAL, free)
        assert "GiB" not in uncounted


def test_of_two_plans_each_measure_that_saves_memory_is_taken():
    one = Plan(keep_encoder=True, stream_encoder=True, stream_transformer=False, tile=2, at_once=4)
    other = Plan(keep_encoder=False, stream_encoder=False, stream_transformer=True, tile=1, at_once=8)
    assert lower_of(one, other) == lower_of(other, one) == Plan(False, True, True, 2, 4)
    assert lower_of(one, Plan(at_once=4)) == one
