"""Drawing on processors that know no bf16: the VAE, and the products of linear layers."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lora_files import peft, random_pairs, save
from torch.nn import functional

from adstudio.engine.drawing import latents, processor
from adstudio.engine.drawing.encoding import embed_tokens
from adstudio.engine.drawing.options import FP8_WEIGHTS, Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.torch_host import TorchHost

PROMPT = "a café table by a window, warm light"


def test_a_processor_without_narrow_convolutions_decodes_in_float32(
    zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch works them out number by number there: a picture took 36 s of processor time and takes 1.4."""
    vae, pictures, decoded = zit.components.vae, {}, []
    homes = [parameter.data_ptr() for parameter in vae.parameters()]
    watch = vae.decoder.register_forward_pre_hook(lambda _, args: decoded.append(args[0].dtype))
    for convolves in (True, False):
        monkeypatch.setattr(processor, "is_quick", lambda _, answer=convolves: answer)
        pictures[convolves] = text_to_image(zit, PROMPT, width=64, height=48, seed=5, steps=2, host=host).images[0]
    watch.remove()
    assert decoded == [torch.bfloat16, torch.float32]
    assert [parameter.data_ptr() for parameter in vae.parameters()] == homes
    assert 0 < np.abs(pictures[True] - pictures[False]).mean() < 0.01


def test_a_vae_has_its_own_weights_again_after_an_error(zit: Zit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "is_quick", lambda _: False)
    vae = zit.components.vae
    narrow = [parameter.clone() for parameter in vae.parameters()]
    for device, expected in (("cpu", torch.float32), ("meta", torch.bfloat16)):
        with pytest.raises(KeyboardInterrupt), latents.working(vae, torch.device(device)):
            assert vae.dtype == expected
            assert all(torch.equal(a.float(), b.float()) for a, b in zip(vae.parameters(), narrow, strict=True))
            raise KeyboardInterrupt
        assert vae.dtype == torch.bfloat16


def test_linear_layers_multiply_in_float32_and_hand_on_their_own_dtype(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "is_quick", lambda _: False)
    cpu, generator = torch.device("cpu"), torch.Generator().manual_seed(1)
    layer = torch.nn.Linear(512, 64, dtype=torch.bfloat16)
    rows = torch.randn((1, 32, 512), generator=generator).bfloat16()
    wide = functional.linear(rows.float(), layer.weight.float(), layer.bias.float()).bfloat16()
    with torch.inference_mode(), processor.wide_products(cpu, torch.bfloat16):
        assert torch.equal(layer(rows), wide)
        assert layer.weight.dtype == torch.bfloat16
        few = layer(rows[:, :4])
    with torch.inference_mode():
        assert torch.equal(few, layer(rows[:, :4])), "widening a matrix for four rows takes longer than the product"


def test_no_other_dtype_device_or_thread_is_concerned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "is_quick", lambda _: False)
    asked: list[torch.dtype] = []
    plain = torch.Tensor.float
    monkeypatch.setattr(torch.Tensor, "float", lambda self: asked.append(self.dtype) or plain(self))

    def multiply(dtype: torch.dtype, device: str = "cpu") -> None:
        functional.linear(
            torch.ones((32, 8), dtype=dtype, device=device), torch.ones((8, 8), dtype=dtype, device=device)
        )

    with processor.wide_products(torch.device("cpu"), torch.bfloat16):
        multiply(torch.float32)
        multiply(torch.float64)
        multiply(torch.bfloat16, "meta")
        other = threading.Thread(target=multiply, args=[torch.bfloat16])
        other.start()
        other.join()
        assert not asked
        multiply(torch.bfloat16)
        assert asked == [torch.bfloat16] * 2
    with processor.wide_products(torch.device("meta"), torch.bfloat16):
        multiply(torch.bfloat16)
    assert len(asked) == 2


@pytest.fixture
def widened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes of what has been multiplied in float32."""
    shapes: list[tuple[int, ...]] = []
    real = processor._Widening._is_worth_it

    def is_worth_it(self: Any, rows: torch.Tensor, matrix: torch.Tensor) -> bool:
        answer = real(self, rows, matrix)
        shapes.extend([tuple(matrix.shape)] * answer)
        return answer

    monkeypatch.setattr(processor._Widening, "_is_worth_it", is_worth_it)
    return shapes


@pytest.mark.parametrize("kind", ["plain", "style", "8-bit weights", "streamed"])
def test_what_is_drawn_with_wide_products_is_the_same_but_for_rounding(
    kind: str, zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, widened: Any
) -> None:
    """Of one prompt, read once, and before the VAE, which is wide there as well, has had its turn."""
    if kind == "style":
        style = save(tmp_path, peft(random_pairs(zit.components.linears, 1)), "style")
        zit = with_loras(zit, [LoraUse(style, 0.7)])
    elif kind == "8-bit weights":
        zit = with_options(zit, Options(precision=FP8_WEIGHTS), host)
    elif kind == "streamed":
        host = TorchHost("cpu", copying=True, free_bytes=lambda: 1000)
    drawn: dict[bool, torch.Tensor] = {}
    for quick in (True, False):
        monkeypatch.setattr(processor, "is_quick", lambda _, answer=quick: answer)
        drawn[quick] = text_to_image(zit, PROMPT, width=64, height=48, seed=5, steps=2, host=host).latents
        assert bool(widened) != quick
    assert float((drawn[True] - drawn[False]).abs().mean()) < 0.02 * float(drawn[True].abs().mean())
    host.evict_all()


def test_a_prompt_is_read_with_wide_products(
    zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch, widened: Any
) -> None:
    read: dict[bool, torch.Tensor] = {}
    for quick in (True, False):
        monkeypatch.setattr(processor, "is_quick", lambda _, answer=quick: answer)
        read[quick] = embed_tokens(zit, list(range(5, 45)), host).float()
        assert bool(widened) != quick
    assert float((read[True] - read[False]).abs().mean()) < 0.02 * float(read[True].abs().mean())
