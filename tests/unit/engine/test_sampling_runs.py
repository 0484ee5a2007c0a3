"""A run tells of its steps, stops when told, cleans up behind it and shares the model with others."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from adstudio.engine.drawing import sampling
from adstudio.engine.drawing.latents import vae_activation_bytes
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.drawing.stages import measure_sizes
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import ModelError
from adstudio.ports import Cancelled

PROMPT = "a café table by a window, warm light"


def draw(zit: Zit, host: TorchHost, prompt: str | list[str] = PROMPT, **changes: int) -> sampling.Samples:
    return text_to_image(zit, prompt, host=host, **({"width": 64, "height": 48, "seed": 5} | changes))


def test_progress_tells_every_step_with_a_preview(zit: Zit):
    seen: list[tuple[int, int, tuple[int, ...]]] = []
    host = TorchHost(
        "cpu", on_progress=lambda step, total, preview: seen.append((step, total, np.asarray(preview).shape))
    )
    draw(zit, host, batch=2, steps=4)
    assert [(step, total) for step, total, _ in seen] == [(n, 8) for n in range(1, 9)]
    assert {shape for *_, shape in seen} == {(6, 8, 3)}


def test_cancel_stops_at_the_next_step_and_leaves_no_trace(zit: Zit, counted: list[int]):
    host = TorchHost("cpu", on_progress=lambda step, *_: host.cancel() if step == 3 else None)
    with pytest.raises(Cancelled):
        draw(zit, host)
    assert len(counted) == 3
    plain = TorchHost("cpu")
    assert np.array_equal(draw(zit, plain).images[0], draw(zit, plain).images[0])
    assert not issubclass(Cancelled, Exception)


def test_values_that_are_not_numbers_are_never_shown(tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost):
    broken = load(copy_of(tiny), host)
    broken.components.transformer.all_final_layer["2-1"].linear.bias.data = torch.full((64,), float("nan")).bfloat16()
    with pytest.raises(ModelError) as caught:
        draw(broken, host)
    assert caught.value.code == "sampling.not_finite"


def test_large_pictures_are_decoded_whole_where_memory_suffices_and_else_in_tiles(zit: Zit, host: TorchHost):
    vae, seen = zit.components.vae, []
    real = vae.tiled_decode
    vae.tiled_decode = lambda *args, **more: seen.append(1) or real(*args, **more)
    try:
        whole = draw(zit, host, width=128, height=96, steps=1)
        assert not seen
        free = measure_sizes(zit, (128, 96)).vae + vae_activation_bytes(vae, (128, 96)) - 1
        tiled = draw(zit, TorchHost("cpu", copying=True, free_bytes=lambda: free), width=128, height=96, steps=1)
    finally:
        del vae.tiled_decode
    assert seen
    assert tiled.images[0].shape == whole.images[0].shape == (96, 128, 3)
    assert torch.equal(tiled.latents, whole.latents)
    assert 0 < np.abs(tiled.images[0] - whole.images[0]).mean() < 0.1
    assert not vae.use_tiling
    assert not any("forward" in module.__dict__ for module in vae.modules())


def test_drawing_under_inference_mode_changes_nothing(zit: Zit, host: TorchHost):
    outside = draw(zit, host)
    with torch.inference_mode():
        inside = draw(zit, host)
    assert np.array_equal(outside.images[0], inside.images[0])


def test_garbage_is_collected_every_fifth_generation(zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda *_: collected.append(1))
    for _ in range(10):
        draw(zit, host, steps=1)
    assert len(collected) == 2


def test_many_threads_draw_one_at_a_time_and_each_its_own(zit: Zit):
    expected = {seed: draw(zit, TorchHost("cpu"), seed=seed, steps=2).images[0] for seed in range(4)}
    busy, most, got = [], [], {}

    def watch(*_: object) -> None:
        busy.append(1)
        most.append(len(busy))

    before = zit.components.transformer.register_forward_pre_hook(watch)
    after = zit.components.transformer.register_forward_hook(lambda *_: busy.pop() and None)

    def work(seed: int) -> None:
        got[seed] = draw(zit, TorchHost("cpu"), seed=seed, steps=2).images[0]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before.remove()
    after.remove()
    assert max(most) == 1
    assert all(np.array_equal(got[seed], expected[seed]) for seed in expected)
    assert registry.drawing.acquire(blocking=False)
    registry.drawing.release()
