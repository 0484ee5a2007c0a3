"""Train the demo transformer and its text encoder together, by flow matching on the eight sigmas that sampling uses."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import torch
from diffusers import ZImageTransformer2DModel
from torch import Tensor
from transformers import AutoTokenizer, PreTrainedTokenizerBase, Qwen3Config, Qwen3Model

from adstudio.types import Scene

from .captions import Words
from .latents import Shelf
from .muon import MuonAdam

CAPTION_PAD = 32  # the transformer pads captions to multiples of this


def build_text_encoder(vocabulary_size: int) -> Qwen3Model:
    """A fresh three-layer Qwen3; the transformer reads its second-last state."""
    torch.manual_seed(11)
    return Qwen3Model(
        Qwen3Config(
            vocab_size=vocabulary_size,
            hidden_size=160,
            intermediate_size=480,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=4,
            head_dim=40,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            use_cache=False,
        )
    )


def build_transformer(layers: int = 6, dim: int = 256) -> ZImageTransformer2DModel:
    """A fresh transformer with open gates and a silent last layer."""
    torch.manual_seed(13)
    model = ZImageTransformer2DModel(
        in_channels=32, dim=dim, n_layers=layers, n_refiner_layers=1, n_heads=dim // 64, n_kv_heads=dim // 64,
        cap_feat_dim=160, axes_dims=[16, 24, 24], axes_lens=[1536, 512, 512],
    )  # fmt: skip
    for name, p in model.named_parameters():
        if "final_layer" in name and "linear" in name:
            torch.nn.init.zeros_(p)
        if name.endswith("adaLN_modulation.0.bias") and "final" not in name:
            p.data[p.numel() // 4 : p.numel() // 2] = 0.3  # gate of attention: open from the start
            p.data[3 * p.numel() // 4 :] = 0.3  # gate of the feed-forward
    return model


class Pair(torch.nn.Module):
    """Text encoder and transformer as one trainable thing."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        super().__init__()
        self.encoder = build_text_encoder(len(tokenizer))
        self.transformer = build_transformer()
        self.tokenizer = tokenizer

    def embed(self, captions: list[str]) -> list[Tensor]:
        """Caption embeddings ``[L,160]`` each, made as the Z-Image pipeline does: chat template, second-last state."""
        texts = [
            self.tokenizer.apply_chat_template(
                [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True, enable_thinking=True
            )
            for text in captions
        ]
        ids = self.tokenizer(texts, padding=True, return_tensors="pt", padding_side="right")
        hidden = self.encoder(
            input_ids=ids.input_ids, attention_mask=ids.attention_mask, output_hidden_states=True
        ).hidden_states[-2]
        return [row[mask.bool()] for row, mask in zip(hidden, ids.attention_mask, strict=True)]

    def forward(self, noisy: Tensor, sigma: Tensor, captions: list[str]) -> Tensor:
        """Predict ``x0 - noise`` for ``noisy [B,C,h,w]`` at ``sigma [B]``."""
        out = self.transformer(list(noisy.unsqueeze(2).unbind(0)), 1 - sigma, self.embed(captions), return_dict=False)[
            0
        ]
        return torch.stack(list(out)).squeeze(2)


def sample_sigma(count: int, generator: torch.Generator) -> Tensor:
    """Half the time the exact sigmas of eight evaluations at shift 3, else anywhere on the same curve.

    The first three come more often: they settle where every outline runs.
    """
    grid = torch.linspace(1, 1 / 8, 8)
    often = torch.tensor([3.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    exact = grid[torch.multinomial(often, count, replacement=True, generator=generator)]
    free = torch.rand(count, generator=generator) * 0.97 + 0.03
    u = torch.where(torch.rand(count, generator=generator) < 0.5, exact, free)
    return 3 * u / (1 + 2 * u)


def same_length_captions(
    pair: Pair, scenes: list[Scene], rng: random.Random, words: Words, style_phrase: str | None = None
) -> list[str]:
    """Captions of one padded length, so that the batch needs no mask: other wordings are tried until they fit."""
    wanted: int | None = None
    captions = []
    for scene in scenes:
        for _ in range(12):
            text = words.caption(scene, rng, style_phrase)
            length = -(-(len(pair.tokenizer(text).input_ids) + 8) // CAPTION_PAD)
            wanted = wanted or length
            if length == wanted:
                break
        captions.append(text)
    return captions


def train(
    folder: Path,
    tokenizer_dir: Path,
    words: Words,
    scale: tuple[float, float],
    minutes: float,
    batch: int = 16,
    threads: int = 1,
) -> None:
    """Train until ``minutes`` are spent over all calls; resumes from its own checkpoint.

    Args:
        scale: factor and shift of the latents.
    """
    torch.set_num_threads(threads)
    pair = Pair(AutoTokenizer.from_pretrained(tokenizer_dir))
    optim = MuonAdam(
        pair.named_parameters(),
        0.012,
        2e-3,
        (
            "encoder.embed_tokens",
            "transformer.all_x",
            "transformer.all_final",
            "transformer.t_emb",
            "transformer.cap_embedder",
        ),
    )
    shelf, save = Shelf(folder / "latents"), folder / "transformer.pt"
    ema = {k: v.detach().clone() for k, v in pair.state_dict().items()}
    spent, step = 0.0, 0
    if save.exists():
        state = torch.load(save)
        pair.load_state_dict(state["pair"])
        if "optim" in state:  # a start from an exported checkpoint has none
            optim.load_state_dict(state["optim"])
        ema, spent, step = state["ema"], state["spent"], state["step"]
    rng, generator = random.Random(step), torch.Generator().manual_seed(step)
    budget, began, saved, shown, running, known = (
        minutes * 60,
        time.time() - spent,
        time.time(),
        time.time(),
        None,
        shelf.refresh(),
    )
    while (now := time.time() - began) < budget:
        if step % 50 == 0:
            known = shelf.refresh()
        x0, scenes = shelf.batch(batch, rng)
        x0 = (x0 - scale[1]) * scale[0]
        sigma = sample_sigma(batch, generator)
        noise = torch.randn(x0.shape, generator=generator)
        s = sigma.view(-1, 1, 1, 1)
        captions = same_length_captions(pair, scenes, rng, words)
        with torch.autocast("cpu", torch.bfloat16):
            out = pair((1 - s) * x0 + s * noise, sigma, captions)
        loss = (out.float() - (x0 - noise)).square().mean()
        loss.backward()
        left = 1 - now / budget
        optim.step(min(1.0, (step + 1) / 60) * min(1.0, left / 0.45))
        step += 1
        decay = min(0.999, (step + 1) / (step + 40))
        with torch.no_grad():
            for k, v in pair.state_dict().items():
                ema[k].lerp_(v, 1 - decay) if v.is_floating_point() else ema[k].copy_(v)
        running = loss.item() if running is None else running * 0.98 + loss.item() * 0.02
        if time.time() - shown > 30:
            shown = time.time()
            print(
                json.dumps({"step": step, "minute": round(now / 60, 1), "loss": round(running, 4), "pictures": known}),
                flush=True,
            )
        if time.time() - saved > 150:
            saved = time.time()
            _save(save, pair, optim, ema, time.time() - began, step)
    _save(save, pair, optim, ema, time.time() - began, step)


def _save(path: Path, pair: Pair, optim: MuonAdam, ema: dict, spent: float, step: int) -> None:
    fresh = path.with_suffix(".tmp")
    torch.save(
        {"pair": pair.state_dict(), "optim": optim.state_dict(), "ema": ema, "spent": spent, "step": step}, fresh
    )
    fresh.replace(path)
