"""Train the demo autoencoder: 16x down, 32 channels, so that 512 px is 32x32 latents and 256 transformer tokens."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from .muon import MuonAdam
from .pictures import SIDE, build_pool, photographs

CONFIG = {
    "in_channels": 3,
    "out_channels": 3,
    "down_block_types": ("DownEncoderBlock2D",) * 5,
    "up_block_types": ("UpDecoderBlock2D",) * 5,
    "block_out_channels": (16, 32, 96, 128, 160),
    "layers_per_block": 1,
    "latent_channels": 32,
    "norm_num_groups": 8,
    "sample_size": 512,
    "scaling_factor": 1.0,
    "shift_factor": 0.0,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
    "mid_block_add_attention": False,
}
# share of the run, crop side, batch: small crops learn fast, large ones settle the group norms' statistics
PHASES = ((0.35, 64, 24), (0.30, 128, 6), (0.20, 256, 2), (0.15, 512, 1))


def build() -> AutoencoderKL:
    """A fresh autoencoder whose start already trains: quiet residual branches, loud main path, narrow posterior."""
    torch.manual_seed(7)
    vae = AutoencoderKL(**CONFIG)
    for name, module in vae.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            gain = 0.15 if name.endswith("conv2") else 1.0 if name.endswith("conv1") else 1.6
            module.weight.data.mul_(gain)
            torch.nn.init.zeros_(module.bias)
    latent = CONFIG["latent_channels"]
    vae.encoder.conv_out.weight.data[latent:] *= 0.05
    vae.encoder.conv_out.bias.data[latent:] = -4.0
    return vae.to(memory_format=torch.channels_last)


class Crops:
    """Random crops of the pool and of the photos."""

    def __init__(self, pool: np.ndarray, seed: int) -> None:
        self.pool, self.photos, self.rng = pool, photographs(), np.random.default_rng(seed)

    def batch(self, side: int, count: int) -> Tensor:
        """``[B,3,side,side]`` in -1..1, every eighth from a real photo."""
        crops = []
        while len(crops) < count:
            photo = side < SIDE and self.rng.random() < 0.125
            source = (
                self.photos[self.rng.integers(len(self.photos))]
                if photo
                else self.pool[self.rng.integers(len(self.pool))]
            )
            step = int(self.rng.integers(1, 3)) if min(source.shape[:2]) >= 2 * side else 1
            h, w = source.shape[0] - side * step, source.shape[1] - side * step
            if h < 0 or w < 0:
                continue
            y, x = self.rng.integers(0, h + 1), self.rng.integers(0, w + 1)
            crop = source[y : y + side * step : step, x : x + side * step : step]
            crops.append(crop[:, ::-1] if self.rng.random() < 0.5 else crop)
        pixels = torch.from_numpy(np.stack(crops).astype(np.float32) / 127.5 - 1)
        return pixels.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def loss_of(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """L1 + squared error + L1 of the gradients at two scales; also returns the plain squared error.

    The first cells of a picture count more: left to itself a decoder hides the loud value there that it steers its
    group norms with, and every picture gets a mark in its corner.
    """
    error = output - target
    squared = error.square().mean()
    error = torch.cat([torch.cat([error[..., :48, :48] * 24, error[..., :48, 48:]], 3), error[..., 48:, :]], 2)
    edges = sum((error.diff(dim=d).abs().mean() for d in (2, 3)), torch.zeros(()))
    coarse = torch.nn.functional.avg_pool2d(error, 4)
    return error.abs().mean() + squared + 0.5 * edges + 0.5 * coarse.abs().mean(), squared


def lever(latents: Tensor) -> Tensor:
    """Charge for cells far louder than the rest.

    Group norm lets one loud corner steer the contrast of the whole picture, and leaves a mark in that corner. The last
    norm has two channels to a group: of a plain picture nothing but their order is left after it, so brightness gets
    through only where something loud stands to measure it by. Wider groups might do without; not tried.
    """
    energy = latents.square().mean(1)
    return torch.relu(energy - 3 * energy.mean((1, 2), keepdim=True)).mean()


def train(folder: Path, minutes: float, pool_size: int = 800, decoder_only: bool = False, threads: int = 1) -> None:
    """Train until ``minutes`` are spent over all calls; a checkpoint every two minutes resumes an interrupted run."""
    torch.set_num_threads(threads)
    pool = build_pool(folder / "pool.npy", pool_size)
    vae, crops = build(), Crops(pool, seed=int(time.time()) if decoder_only else 1)
    if decoder_only:
        vae.encoder.requires_grad_(False)
    named = list((vae.decoder if decoder_only else vae).named_parameters())
    optim = MuonAdam(
        named,
        0.012 if decoder_only else 0.02,
        6e-4 if decoder_only else 1.5e-3,
        ("encoder.conv_in", "decoder.conv_out", "conv_out"),
    )
    save = folder / ("decoder.pt" if decoder_only else "vae.pt")
    spent, step = 0.0, 0
    if save.exists():
        state = torch.load(save)
        vae.load_state_dict(state["vae"])
        if "optim" in state:  # a start from an exported checkpoint has none
            optim.load_state_dict(state["optim"])
        spent, step = state["spent"], state["step"]
    elif decoder_only:
        vae.load_state_dict(torch.load(folder / "vae.pt")["vae"])
    budget, began, saved, shown, running = minutes * 60, time.time() - spent, time.time(), time.time(), None
    while (now := time.time() - began) < budget:
        done = now / budget
        side, count = _phase(0.66 + 0.34 * done if decoder_only else done)
        x = crops.batch(side, count)
        with torch.autocast("cpu", torch.bfloat16):
            if decoder_only:
                with torch.no_grad():
                    mean, logvar = vae.encoder(x).float().chunk(2, 1)
            else:
                mean, logvar = vae.encoder(x).float().chunk(2, 1)
            logvar = logvar.clamp(-12, 4)
            z = mean + torch.randn_like(mean) * (0.5 * logvar).exp()
            if decoder_only:  # a transformer's latents are never exact: learn to read them through some noise
                z = z + torch.randn_like(z) * torch.rand(len(z), 1, 1, 1) * 0.3
            output = vae.decoder(z)
        loss, squared = loss_of(output.float(), x)
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()
        (loss if decoder_only else loss + 1.5e-3 * kl + 0.05 * lever(mean)).backward()
        scale = min(1.0, (step + 1) / 40) * (1 - done) ** 0.7
        norm = optim.step(scale)
        step += 1
        psnr = -10 * math.log10(float(squared) / 4 + 1e-9)
        running = psnr if running is None else running * 0.97 + psnr * 0.03
        if time.time() - shown > 20:
            shown = time.time()
            print(
                json.dumps(
                    {
                        "step": step,
                        "minute": round(now / 60, 1),
                        "side": side,
                        "loss": round(loss.item(), 4),
                        "psnr": round(running, 2),
                        "kl": round(kl.item(), 2),
                        "grad": round(norm, 2),
                    }
                ),
                flush=True,
            )
        if time.time() - saved > 120:
            saved = time.time()
            _save(save, vae, optim, time.time() - began, step)
    _save(save, vae, optim, time.time() - began, step)


def _phase(done: float) -> tuple[int, int]:
    for share, side, count in PHASES:
        if done < share:
            return side, count
        done -= share
    return PHASES[-1][1:]


def _save(path: Path, vae: AutoencoderKL, optim: MuonAdam, spent: float, step: int) -> None:
    fresh = path.with_suffix(".tmp")
    torch.save({"vae": vae.state_dict(), "optim": optim.state_dict(), "spent": spent, "step": step}, fresh)
    fresh.replace(path)
