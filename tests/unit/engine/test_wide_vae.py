"""The VAE on processors whose convolutions know no bf16."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from adstudio.engine.drawing import latents
from adstudio.engine.drawing.sampling import text_to_image
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
        monkeypatch.setattr(latents, "_convolves", lambda _, answer=convolves: answer)
        pictures[convolves] = text_to_image(zit, PROMPT, width=64, height=48, seed=5, steps=2, host=host).images[0]
    watch.remove()
    assert decoded == [torch.bfloat16, torch.float32]
    assert [parameter.data_ptr() for parameter in vae.parameters()] == homes
    assert 0 < np.abs(pictures[True] - pictures[False]).mean() < 0.01


def test_a_vae_has_its_own_weights_again_after_an_error(zit: Zit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latents, "_convolves", lambda _: False)
    vae = zit.components.vae
    narrow = [parameter.clone() for parameter in vae.parameters()]
    for device, expected in (("cpu", torch.float32), ("meta", torch.bfloat16)):
        with pytest.raises(KeyboardInterrupt), latents.working(vae, torch.device(device)):
            assert vae.dtype == expected
            assert all(torch.equal(a.float(), b.float()) for a, b in zip(vae.parameters(), narrow, strict=True))
            raise KeyboardInterrupt
        assert vae.dtype == torch.bfloat16
