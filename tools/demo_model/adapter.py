"""Train one style adapter (LoRA) on the restyled pictures, over the frozen demo transformer."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file

from .captions import Words
from .export import load_trained
from .latents import Shelf
from .transformer import same_length_captions, sample_sigma

TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "w1", "w2", "w3"]


def train(
    folder: Path,
    tokenizer_dir: Path,
    style: str,
    phrase: str,
    words: Words,
    scale: tuple[float, float],
    minutes: float,
    out: Path,
    rank: int = 16,
) -> None:
    """Fit the adapter for ``minutes`` and write ``out`` in diffusers/PEFT keys, bf16."""
    torch.set_num_threads(1)
    torch.manual_seed(17)
    pair = load_trained(folder, tokenizer_dir)
    pair.requires_grad_(False)
    pair.transformer.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=TARGETS))
    trained = [p for p in pair.transformer.parameters() if p.requires_grad]
    optim = torch.optim.AdamW(trained, 2e-3, betas=(0.9, 0.98), weight_decay=0.0)
    shelf, rng, generator = Shelf(folder / f"latents-{style}"), random.Random(5), torch.Generator().manual_seed(5)
    shelf.refresh()
    began, shown, step, running = time.time(), time.time(), 0, None
    while (now := time.time() - began) < minutes * 60:
        x0, scenes = shelf.batch(12, rng)
        x0 = (x0 - scale[1]) * scale[0]
        sigma = sample_sigma(len(x0), generator)
        s = sigma.view(-1, 1, 1, 1)
        noise = torch.randn(x0.shape, generator=generator)
        captions = same_length_captions(pair, scenes, rng, words, phrase)
        with torch.autocast("cpu", torch.bfloat16):
            out_ = pair((1 - s) * x0 + s * noise, sigma, captions)
        loss = (out_.float() - (x0 - noise)).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        for group in optim.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 30) * min(1, (1 - now / minutes / 60) / 0.5)
        optim.step()
        optim.zero_grad()
        step += 1
        running = loss.item() if running is None else running * 0.97 + loss.item() * 0.03
        if time.time() - shown > 30:
            shown = time.time()
            print(json.dumps({"style": style, "step": step, "loss": round(running, 4)}), flush=True)
    state = get_peft_model_state_dict(pair.transformer)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({f"transformer.{k}": v.to(torch.bfloat16).contiguous() for k, v in state.items()}, out)
    out.chmod(0o644)
