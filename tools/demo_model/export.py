"""Write what was trained in the layout of a released Z-Image folder: bf16 safetensors, configs, tokenizer, adapters."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoTokenizer

from .latents import Shelf
from .transformer import Pair

WEIGHTS = "diffusion_pytorch_model.safetensors"
INDEX = {
    "_class_name": "ZImagePipeline",
    "_diffusers_version": "0.42.1",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Qwen3Model"],
    "tokenizer": ["transformers", "Qwen2Tokenizer"],
    "transformer": ["diffusers", "ZImageTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def latent_scale(shelf: Shelf) -> tuple[float, float, Tensor]:
    """``(factor, shift, per-channel deviation)`` over all shards read so far."""
    pixels = torch.cat([torch.tensor(z).float().flatten(1) for group in shelf.latents.values() for z in group[::7]], 1)
    return float(1 / pixels.std()), float(pixels.mean()), pixels.std(1)


def export(out: Path, vae: AutoencoderKL, pair: Pair, scale: tuple[float, float], tokenizer_dir: Path) -> None:
    """Write one checkpoint folder, replacing what is there except ``loras/``."""
    out.mkdir(parents=True, exist_ok=True)
    vae = AutoencoderKL.from_config(vae.config) if vae is None else vae
    vae.register_to_config(scaling_factor=scale[0], shift_factor=scale[1])
    vae.to(torch.bfloat16).save_pretrained(out / "vae")
    pair.transformer.to(torch.bfloat16).save_pretrained(out / "transformer")
    pair.encoder.to(torch.bfloat16).save_pretrained(out / "text_encoder")
    FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=3.0, use_dynamic_shifting=False).save_pretrained(
        out / "scheduler"
    )
    shutil.copytree(tokenizer_dir, out / "tokenizer", dirs_exist_ok=True)
    (out / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")
    for path in out.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)  # safetensors writes 0600, which a second user could not read


def begin(checkpoint: Path, folder: Path, spent_s: float) -> None:
    """Make the weights of an exported checkpoint the start of a new training run in ``folder``.

    Args:
        spent_s: seconds of the autoencoder's budget that count as done, so that it goes on with large crops.
    """
    vae = {name: tensor.float() for name, tensor in load_file(checkpoint / "vae" / WEIGHTS).items()}
    torch.save({"vae": vae, "spent": spent_s, "step": 100}, folder / "vae.pt")
    parts = (("encoder", "text_encoder", "model.safetensors"), ("transformer", "transformer", WEIGHTS))
    pair = {
        f"{part}.{name}": tensor.float()
        for part, place, file in parts
        for name, tensor in load_file(checkpoint / place / file).items()
    }
    torch.save({"pair": pair, "ema": pair, "spent": 0.0, "step": 100}, folder / "transformer.pt")
    shutil.copytree(checkpoint / "tokenizer", folder / "tokenizer", dirs_exist_ok=True)


def load_trained(folder: Path, tokenizer_dir: Path) -> Pair:
    """The averaged weights of the last transformer checkpoint."""
    pair = Pair(AutoTokenizer.from_pretrained(tokenizer_dir))
    pair.load_state_dict(torch.load(folder / "transformer.pt")["ema"])
    return pair.eval()


def load_vae(folder: Path) -> AutoencoderKL:
    """The autoencoder, with the longer-trained decoder where there is one."""
    from . import vae

    model = vae.build()
    best = folder / "decoder.pt" if (folder / "decoder.pt").exists() else folder / "vae.pt"
    model.load_state_dict(torch.load(best)["vae"])
    return model.eval()
