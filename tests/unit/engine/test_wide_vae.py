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
    vae = zit.components.vae
    vae.__dict__.pop(latents._MARK, None)
    pictures, decoded = {}, []
    for convolves in (True, False):
        monkeypatch.setattr(latents, "_convolves", lambda _, answer=convolves: answer)
        used = latents.working_vae(vae, torch.device("cpu"))
        watch = used.decoder.register_forward_pre_hook(lambda _, args: decoded.append(args[0].dtype))
        pictures[convolves] = text_to_image(zit, PROMPT, width=64, height=48, seed=5, steps=2, host=host).images[0]
        watch.remove()
        assert latents.working_vae(vae, torch.device("cpu")) is used
    assert decoded == [torch.bfloat16, torch.float32]
    assert vae.dtype == torch.bfloat16 and latents.working_vae(vae, torch.device("meta")) is vae
    assert all(
        torch.equal(wide, narrow.float()) for wide, narrow in zip(used.parameters(), vae.parameters(), strict=True)
    )
    difference = np.abs(pictures[True] - pictures[False])
    assert 0 < difference.mean() < 0.01
