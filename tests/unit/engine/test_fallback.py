"""A run that does not fit goes on with less: same request, same seed, same picture; only small tiles change tones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from adstudio.engine.drawing.options import Options
from adstudio.engine.drawing.sampling import Samples, image_to_image, text_to_image
from adstudio.engine.drawing.stages import measure_sizes
from adstudio.engine.drawing.tiled_norms import ROUNDS
from adstudio.engine.memory import ladder
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.types import Array

PROMPT, SIZE = "a café table by a window", (64, 64)
TILED_DIFFERS = 0.15  # of 1 at most, with random weights and tiles of half the side; nothing like a real seam


def small_device(zit: Zit, capacity: int) -> TorchHost:
    """A host that copies weights to a device of ``capacity`` bytes."""
    parts = (zit.components.text_encoder, zit.components.transformer, zit.components.vae)
    return TorchHost(
        "cpu",
        model_dirs=[],
        copying=True,
        free_bytes=lambda: capacity - sum(residence_of(part).device_bytes() for part in parts),
    )


def draw(zit: Zit, host: TorchHost, **changes: Any) -> Samples:
    zit.components.embeddings.clear()
    return text_to_image(zit, PROMPT, host=host, **({"width": 64, "height": 64, "seed": 5} | changes))


@pytest.fixture
def plain(zit: Zit, host: TorchHost) -> Samples:
    """What the highest rung draws."""
    samples = draw(zit, host)
    assert samples.rung == ladder.RESIDENT
    assert samples.notes == ()
    return samples


@pytest.fixture(autouse=True)
def all_at_home(zit: Zit) -> Iterator[None]:
    yield
    for part in (zit.components.text_encoder, zit.components.transformer, zit.components.vae):
        assert not residence_of(part).is_lent
        residence_of(part).move_out()


@contextmanager
def out_of_memory(module: Any, when: Callable[[tuple[Any, ...]], bool]) -> Iterator[list[bool]]:
    """Run out of memory in ``module`` whenever ``when`` says so; yields one entry per call, True where it did."""
    calls: list[bool] = []

    def check(_: Any, args: tuple[Any, ...]) -> None:
        calls.append(bool(when(args)))
        if calls[-1]:
            raise torch.OutOfMemoryError("injected")

    handle = module.register_forward_pre_hook(check)
    try:
        yield calls
    finally:
        handle.remove()


def at(*numbers: int) -> Callable[[Any], bool]:
    """True at these calls, counted from 1."""
    seen = [0]

    def when(_: Any) -> bool:
        seen[0] += 1
        return seen[0] in numbers

    return when


def capacity_for(zit: Zit, rung: str) -> int:
    """The least memory for a rung."""
    sizes = measure_sizes(zit, SIZE)
    works = {
        ladder.RESIDENT: ladder.needed_bytes(sizes),
        ladder.RELEASED: max(sizes.transformer + sizes.denoise_work, sizes.encoder + sizes.encode_work),
        ladder.STREAMED: sizes.vae + sizes.tiles[0].work,
        ladder.TILED: sizes.vae + sizes.tiles[0].work - 1,
    }
    return works[rung]


@pytest.mark.parametrize("rung", [ladder.RESIDENT, ladder.RELEASED, ladder.STREAMED])
def test_a_smaller_device_draws_the_same_picture(rung: str, zit: Zit, plain: Samples, monkeypatch: pytest.MonkeyPatch):
    if rung == ladder.STREAMED:  # random weights this small take less than the VAE's work: make that cheap instead
        monkeypatch.setattr("adstudio.engine.drawing.latents.vae_activation_bytes", lambda *_: 0)
    streamed: list[bool] = []
    watch = zit.components.transformer.register_forward_pre_hook(
        lambda module, _: streamed.append(residence_of(module).is_streamed)
    )
    samples = draw(zit, small_device(zit, capacity_for(zit, rung)))
    watch.remove()
    assert samples.rung == rung
    assert np.array_equal(samples.images[0], plain.images[0])
    assert set(streamed) == {rung == ladder.STREAMED}
    assert residence_of(zit.components.text_encoder).is_away == (rung == ladder.RESIDENT)
    assert len(samples.notes) == (rung != ladder.RESIDENT)


def test_the_lowest_rung_tiles_and_says_so(zit: Zit, plain: Samples, monkeypatch: pytest.MonkeyPatch):
    samples = draw(zit, small_device(zit, capacity_for(zit, ladder.TILED)))
    assert samples.rung == ladder.TILED
    assert any("tiles of 32 px" in note for note in samples.notes)
    assert torch.equal(samples.latents, draw(zit, TorchHost("cpu")).latents)
    difference = np.abs(samples.images[0] - plain.images[0])
    assert 0 < difference.mean() < TILED_DIFFERS
    assert not zit.components.vae.use_tiling


@pytest.mark.parametrize(
    ("when", "rung", "calls"),
    [(at(1), ladder.RELEASED, 2), (at(1, 2), ladder.STREAMED, 3)],
)
def test_out_of_memory_while_reading_the_prompt(
    when: Callable[[Any], bool], rung: str, calls: int, zit: Zit, plain: Samples
):
    host = small_device(zit, 2**40)
    with out_of_memory(zit.components.text_encoder, when) as seen:
        samples = draw(zit, host)
    assert len(seen) == calls
    assert samples.rung == rung
    assert np.array_equal(samples.images[0], plain.images[0])
    assert "while the prompt was read" in samples.notes[0]


@pytest.mark.parametrize(("failing", "rung"), [((4,), ladder.RELEASED), ((4, 5), ladder.STREAMED)])
def test_out_of_memory_while_drawing_goes_on_from_the_step_it_had_reached(
    failing: tuple[int, ...], rung: str, zit: Zit, plain: Samples
):
    steps: list[int] = []
    host = small_device(zit, 2**40)
    host._on_progress = lambda step, *_: steps.append(step)
    with out_of_memory(zit.components.transformer, at(*failing)) as calls:
        samples = draw(zit, host)
    assert len(calls) == 8 + len(failing)
    assert steps == list(range(1, 9))
    assert samples.rung == rung
    assert np.array_equal(samples.images[0], plain.images[0])
    assert "while drawing" in samples.notes[0]


def test_memory_that_others_took_meanwhile_is_measured_anew(zit: Zit, plain: Samples, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adstudio.engine.drawing.latents.vae_activation_bytes", lambda *_: 0)
    host = small_device(zit, 2**40)
    with out_of_memory(zit.components.transformer, at(4)) as calls:
        watch = zit.components.transformer.register_forward_pre_hook(
            lambda *_: setattr(
                host, "_measure_free", small_device(zit, capacity_for(zit, ladder.STREAMED))._measure_free
            )
        )
        samples = draw(zit, host)
        watch.remove()
    assert calls == [False] * 3 + [True] + [False] * 5, "no rung was tried that what is free now rules out"
    assert samples.rung == ladder.STREAMED
    assert np.array_equal(samples.images[0], plain.images[0])
    assert "GiB are free" in samples.notes[-1]


def test_finished_pictures_of_a_batch_are_kept(zit: Zit, plain: Samples):
    host = small_device(zit, 2**40)
    encodings: list[int] = []
    watch = zit.components.text_encoder.register_forward_pre_hook(lambda *_: encodings.append(1))
    with (
        out_of_memory(zit.components.transformer, at(8 + 3)) as calls,
        out_of_memory(zit.components.vae.decoder, at(2)) as decodings,
    ):
        samples = draw(zit, host, batch=2)
    watch.remove()
    assert (len(encodings), len(calls), len(decodings)) == (1, 16 + 1, 1 + 1 + 9 * (ROUNDS + 1))  # nine tiles
    assert samples.rung == ladder.TILED
    assert np.array_equal(samples.images[0], plain.images[0])
    assert torch.equal(samples.latents, draw(zit, TorchHost("cpu"), batch=2).latents)


def test_out_of_memory_in_the_vae_of_a_photo(zit: Zit, host: TorchHost):
    photo = np.random.default_rng(0).random((64, 64, 3), np.float32)

    def redraw(on: TorchHost) -> Samples:
        return image_to_image(zit, PROMPT, photo, strength=0.5, seed=5, host=on)

    expected = redraw(host)
    with out_of_memory(zit.components.vae.encoder, at(1)):
        samples = redraw(small_device(zit, 2**40))
    assert samples.rung == ladder.RELEASED
    assert np.array_equal(samples.images[0], expected.images[0])


def test_out_of_memory_before_the_first_preview(zit: Zit, plain: Samples):
    zit.components.preview_factors = None
    with out_of_memory(zit.components.vae.encoder, at(1)):
        samples = draw(zit, small_device(zit, 2**40))
    assert np.array_equal(samples.images[0], plain.images[0])
    assert zit.components.preview_factors is not None


@pytest.mark.parametrize("part", ["text_encoder", "transformer", "vae"])
def test_when_the_last_rung_fails_the_error_itself_comes_out(part: str, zit: Zit, plain: Samples):
    module = zit.components.vae.decoder if part == "vae" else getattr(zit.components, part)
    host = small_device(zit, 2**40)
    with out_of_memory(module, lambda _: True) as calls, pytest.raises(torch.OutOfMemoryError, match=r"^injected$"):
        draw(zit, host)
    assert len(calls) == 3  # as it was, with less, with least
    again = draw(zit, host)
    assert again.rung == ladder.RESIDENT
    assert np.array_equal(again.images[0], plain.images[0])


def test_pictures_drawn_together_are_halved_when_memory_runs_out(zit: Zit, host: TorchHost):
    together = replace(zit, options=Options(one_pass=True))
    expected = [draw(zit, host, seed=seed).images[0] for seed in range(5, 9)]
    passes: list[int] = []

    def too_many(args: tuple[Any, ...]) -> bool:
        passes.append(len(args[0]))
        return len(passes) > 3 and len(args[0]) > 2

    with out_of_memory(zit.components.transformer, too_many):
        samples = draw(together, host, batch=4)
    assert passes == [4, 4, 4, 4] + [2] * 10  # three steps together, a failure, then five steps for each half
    for image, single in zip(samples.images, expected, strict=True):
        assert _close(image, single)


def test_how_many_are_drawn_together_follows_free_memory(zit: Zit):
    together, sizes = replace(zit, options=Options(one_pass=True)), measure_sizes(zit, SIZE)
    passes: list[int] = []
    watch = zit.components.transformer.register_forward_pre_hook(lambda _, args: passes.append(len(args[0])))
    room = ladder.needed_bytes(sizes) + 2**20
    held = sizes.encoder + sizes.transformer + sizes.vae
    draw(together, small_device(zit, room), batch=16, steps=1)
    watch.remove()
    most = (room - held) // sizes.denoise_work
    assert 1 < most < 16
    assert max(passes) == most
    assert sum(passes) == 16


def _close(one: Array, other: Array) -> bool:
    # Larger matrices are added up in another order: bf16 rounding, 0.4 % of a value, through eight evaluations.
    return float(np.abs(one - other).mean()) < 0.01
