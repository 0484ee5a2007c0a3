"""Options of speed and memory: each does what it says, for its own handle alone, and nothing is on unasked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lora_files import peft, random_pairs, save
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from adstudio.engine.drawing import compiling, denoise, precision, schedule
from adstudio.engine.drawing.options import OFFERED_PRECISIONS, Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import Samples, text_to_image
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.tensors import conversion_space
from adstudio.errors import InputError, StorageError

PROMPT = "a café table by a window"
FP8 = Options(precision="fp8 weights")


def draw(zit: Zit, host: TorchHost, prompt: str = PROMPT, **changes: Any) -> Samples:
    return text_to_image(zit, prompt, host=host, **({"width": 64, "height": 64, "seed": 5, "steps": 2} | changes))


def adapter_file(zit: Zit, folder: Path, rank: int = 4) -> Path:
    pairs = random_pairs(zit.components.linears)
    pairs = {layer: (down.repeat(rank // 4, 1), up.repeat(1, rank // 4)) for layer, (down, up) in pairs.items()}
    return save(folder, peft(pairs), name=f"rank{rank}")


@pytest.fixture
def narrow(zit: Zit, host: TorchHost) -> Zit:
    return with_options(zit, FP8, host)


def test_nothing_is_on_until_asked():
    assert Options() == Options(precision="bf16", compiled=False, channels_last=False, one_pass=False, attention="auto")
    with pytest.raises(InputError) as caught:
        Options(precision="int4")
    assert caught.value.code == "options.unknown_precision"
    assert all(name in caught.value.hint for name in OFFERED_PRECISIONS)


def test_pictures_drawn_together_are_those_drawn_alone(zit_float: Zit, host: TorchHost):
    steps: list[tuple[int, int]] = []
    watching = TorchHost("cpu", on_progress=lambda step, total, _: steps.append((step, total)))
    passes: list[int] = []
    watch = zit_float.components.transformer.register_forward_pre_hook(lambda _, args: passes.append(len(args[0])))
    together = draw(replace(zit_float, options=Options(one_pass=True)), watching, batch=3)
    watch.remove()
    assert passes == [3, 3]
    assert steps == [(3, 6), (6, 6)]
    for image, seed in zip(together.images, (5, 6, 7), strict=True):
        assert np.abs(image - draw(zit_float, host, seed=seed).images[0]).max() < 1e-5  # float32: order of sums alone


def test_fp8_weights_take_half_and_change_the_picture_a_little(tiny: Path, host: TorchHost):
    registry.forget()  # one that had a style on in another test keeps the room for it
    zit = load(tiny, host)
    narrow = with_options(zit, FP8, host)
    difference = np.abs(draw(zit, host).images[0] - draw(narrow, host).images[0])
    assert 0 < difference.mean() < 0.03
    sizes = [residence_of(one.components.transformer).size_bytes() for one in (zit, narrow)]
    kept = sum(layer.weight.nbytes for _, layer in precision.large_layers(zit.components.transformer))
    rows = sum(len(layer.weight) for _, layer in precision.large_layers(zit.components.transformer))
    assert sizes[1] == sizes[0] - kept // 2 + 2 * rows


def test_fp8_weights_are_as_near_as_eight_bits_come(zit: Zit, narrow: Zit):
    layers = dict(precision.large_layers(zit.components.transformer))
    assert len(layers) == 4 * 7
    for name, layer in layers.items():
        other = narrow.components.transformer.get_submodule(name)
        assert other.weight.dtype == torch.float8_e4m3fn
        widened = other.weight.float() * other.row_scale.float()[:, None]
        row = layer.weight.float().abs().amax(dim=1, keepdim=True)
        error = (widened - layer.weight.float()).abs()
        assert (error <= torch.maximum(layer.weight.float().abs() / 16, row * 2**-16)).all()
        x = torch.randn(3, layer.in_features).bfloat16()
        wide = torch.nn.functional.linear(x, widened.bfloat16())
        assert torch.equal(other(x), wide)  # the scale is a power of two: where it is multiplied makes no difference


def test_both_precisions_share_everything_else(zit: Zit, narrow: Zit, host: TorchHost):
    assert narrow.components.vae is zit.components.vae
    assert narrow.components.text_encoder is zit.components.text_encoder
    assert narrow.components.embeddings is zit.components.embeddings
    assert with_options(zit, FP8, host).components is narrow.components
    back = with_options(narrow, Options(), host)
    assert back.components is zit.components
    assert zit.options == Options()


def test_fp8_weights_need_no_memory_of_their_own_and_leave_no_file(
    zit: Zit, tmp_path: Path, host: TorchHost, monkeypatch
):
    monkeypatch.setattr(conversion_space, "temporary_folder", lambda: tmp_path)
    zit.components.variants.clear()
    narrow = with_options(zit, FP8, host)
    assert not list(tmp_path.iterdir())
    first = next(layer for _, layer in precision.large_layers(narrow.components.transformer))
    maps = Path("/proc/self/maps")
    if maps.exists():
        spans = [line.split()[0].split("-") for line in maps.read_text().splitlines() if "adstudio-weights-" in line]
        assert any(int(low, 16) <= first.weight.data_ptr() < int(high, 16) for low, high in spans)


def test_a_full_disk_is_one_sentence_and_the_next_try_works(zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    zit.components.variants.clear()
    with monkeypatch.context() as patch:
        patch.setattr(conversion_space, "_SPARE_BYTES", 2**60)
        with pytest.raises(StorageError) as caught:
            with_options(zit, FP8, host)
    assert caught.value.code == "precision.no_room"
    needed = str(caught.value.figures["needed"])
    assert f"need {needed} in" in caught.value.message and needed.endswith((" kB", " MB"))
    assert draw(with_options(zit, FP8, host), host).images


def test_fp8_weights_stream_and_copy_like_others(narrow: Zit, host: TorchHost):
    expected = draw(narrow, host).images[0]
    copying = TorchHost("cpu", copying=True)
    assert np.array_equal(draw(narrow, copying).images[0], expected)
    copying.release(narrow.components.transformer)
    with copying.on_device(narrow.components.transformer, streamed=True):
        assert np.array_equal(draw(narrow, host).images[0], expected)
    residence_of(narrow.components.transformer).move_out()


def test_an_adapter_works_over_fp8_weights(zit: Zit, narrow: Zit, host: TorchHost, tmp_path: Path):
    path = adapter_file(zit, tmp_path)
    plain, styled = draw(narrow, host).images[0], draw(with_loras(narrow, [LoraUse(path, 1.0)]), host).images[0]
    wide = [draw(one, host).images[0] for one in (zit, with_loras(zit, [LoraUse(path, 1.0)]))]
    assert np.abs((styled - plain) - (wide[1] - wide[0])).mean() < np.abs(wide[1] - wide[0]).mean() / 2
    assert np.array_equal(draw(narrow, host).images[0], plain)


def test_a_vae_with_channels_last_is_the_same_but_for_rounding(zit: Zit, host: TorchHost):
    both = with_options(zit, Options(precision="fp8 weights", channels_last=True), host)
    last = with_options(zit, Options(channels_last=True), host)
    assert both.components.transformer is with_options(zit, FP8, host).components.transformer
    assert last.components.transformer is zit.components.transformer
    assert with_options(both, Options(), host).components is zit.components
    kernels = [one.components.vae.decoder.conv_in.weight for one in (zit, last)]
    assert [kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels] == [False, True]
    difference = np.abs(draw(zit, host).images[0] - draw(last, host).images[0])
    assert difference.mean() < 0.005


def test_compiled_blocks_are_compiled_once(zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    counter = CompileCounter()
    monkeypatch.setattr(compiling, "BACKEND", counter)
    fast = replace(zit, options=Options(compiled=True))
    plain = draw(zit, host).images[0]
    assert counter.frame_count == 0
    assert np.array_equal(draw(fast, host).images[0], plain)
    graphs = counter.frame_count
    assert 1 <= graphs <= 6  # layers, noise refiner, context refiner, and their first new shape
    draw(fast, host, "another, much longer prompt with many more words than thirty-two tokens can hold " * 2)
    first = counter.frame_count
    for changes in ({"width": 96}, {"width": 48, "height": 80}, {"seed": 9}, {"prompt": "short"}):
        draw(fast, host, **changes)
    assert counter.frame_count == first <= graphs + 3
    assert np.array_equal(draw(zit, host).images[0], plain)
    assert all(block._compiled_call_impl is None for block in zit.components.transformer.layers)


_WAITING = {getattr(torch.ops.aten, name) for name in ("_local_scalar_dense", "is_nonzero", "item", "equal")}


class _Waits(TorchDispatchMode):
    """Counts what makes the program wait for the device: reading a number out of a tensor."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += func.overloadpacket in _WAITING
        return func(*args, **(kwargs or {}))


def test_no_step_waits_for_the_device(zit: Zit, host: TorchHost):
    draw(zit, host)  # a new prompt, the preview's factors
    waits = []
    for steps in (1, 2, 8):
        with _Waits() as seen:
            draw(zit, host, steps=steps)
        waits.append(seen.count)
    assert waits[0] > 0  # once per picture: whether its values are numbers
    assert waits[0] == waits[1] == waits[2]


class _Crossings(TorchDispatchMode):
    """Counts operations between the host and another device; reading a number out of ``meta`` raises by itself."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs, out)) if isinstance(leaf, torch.Tensor)]
        self.count += len({tensor.device for tensor in tensors}) > 1
        return out


@pytest.mark.parametrize("masked", [False, True])
def test_steps_neither_read_from_the_device_nor_send_to_it(zit: Zit, masked: bool):
    # The device is `meta`, which has no numbers: a loop that looks at one of them, or asks for a copy, breaks off.
    away = torch.device("meta")
    with away:
        transformer: Any = type(zit.components.transformer).from_config(zit.components.transformer.config)
    cells = torch.zeros(2, 16, 8, 8, device=away)
    scheduler = schedule.make_scheduler(zit.components.scheduler_config, schedule.full_schedule(4), 16, away)
    kept = denoise.Kept(cells, cells, torch.zeros(1, 1, 8, 8, device=away)) if masked else None
    seen: list[int] = []
    with _Crossings() as crossings:
        denoise.denoise(
            transformer,
            scheduler,
            cells,
            [torch.zeros(tokens, 32) for tokens in (20, 28)],
            lambda *_: seen.append(crossings.count),
            kept,
        )
    assert seen[0] > 0  # the prompts, and the table of positions, once
    assert seen == [seen[0]] * 4
    assert crossings.count == seen[0]


def test_prompts_are_read_without_padding(zit: Zit, host: TorchHost):
    read: list[int] = []
    watch = zit.components.text_encoder.register_forward_pre_hook(
        lambda _, args, inputs: read.append(inputs["inputs_embeds"].shape[1]), with_kwargs=True
    )
    draw(zit, host, "seven words that nobody has drawn yet", steps=1)
    watch.remove()
    chat = "<|im_start|>user\nseven words that nobody has drawn yet<|im_end|>\n<|im_start|>assistant\n"
    assert read == [len(zit.components.tokenizer(chat).input_ids)]
