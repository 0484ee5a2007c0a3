"""A loaded checkpoint's VAE as ComfyUI's own: the engine's module in core's clothes, of whatever size it is."""

from __future__ import annotations

from typing import Any

import comfy.sd
import torch

from ..adstudio.engine.drawing import latents
from ..adstudio.engine.memory.components import Zit, registry
from ..adstudio.engine.memory.streaming import plain_tensors
from . import _host, _patcher

_TINY_VAE = {
    "double_z": True, "z_channels": 4, "resolution": 32, "in_channels": 3, "out_ch": 3, "ch": 32, "ch_mult": [1],
    "num_res_blocks": 1, "attn_resolutions": [], "dropout": 0.0,
}  # fmt: skip


class SharedVae(comfy.sd.VAE):
    """The engine's VAE as a VAE."""

    def __init__(self, zit: Zit) -> None:
        # Core's constructor sets what its methods rely on; the tiny model it makes is dropped at once.
        tiny = comfy.sd.AutoencoderKL(ddconfig=_TINY_VAE, embed_dim=4)
        super().__init__(sd=tiny.state_dict(), config={"params": {"ddconfig": _TINY_VAE, "embed_dim": 4}})
        module = zit.components.vae
        scale, widest = latents.scale_of(module), 3 * module.config.block_out_channels[1]
        self.first_stage_model: Any = _Coder(zit)
        self.patcher = _patcher.patcher_of(module)
        self.vae_dtype = module.dtype
        self.device = self.patcher.load_device
        self.downscale_ratio = self.upscale_ratio = scale
        self.latent_channels = module.config.latent_channels
        self.memory_used_encode = lambda shape, dtype: widest * shape[2] * shape[3] * dtype.itemsize
        self.memory_used_decode = lambda shape, dtype: widest * shape[2] * shape[3] * scale**2 * dtype.itemsize
        self.size = self.patcher.model_size()


class _Coder:
    """What core asks of an autoencoder, answered by the engine's."""

    def __init__(self, zit: Zit) -> None:
        self._zit = zit

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pictures -1..1 to latents, without the random part."""
        return self._run(pixels, lambda vae, given: vae.encode(given).latent_dist.mode())

    def decode(self, samples: torch.Tensor) -> torch.Tensor:
        """Latents to pictures -1..1."""
        return self._run(samples, lambda vae, given: vae.decode(given, return_dict=False)[0])

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The VAE's weights."""
        return self._zit.components.vae.state_dict()

    def _run(self, given: torch.Tensor, work: Any) -> torch.Tensor:
        vae = self._zit.components.vae
        place = _host.host().on_device(vae)
        with registry.draw(), plain_tensors(), place as device, latents.working(vae, device):
            return work(vae, given.to(vae.dtype)).to(given.dtype)
