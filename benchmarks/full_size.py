"""Write a checkpoint of Z-Image Turbo's full size with random weights: real classes, shapes, dtype and shards, 20.5 GB.

What is measured with it says nothing about pictures, and everything about bytes and the time to move them.
"""

from __future__ import annotations

import json
import math
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

SCHEDULER = {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}
TRANSFORMER = {"axes_lens": [1536, 512, 512]}  # the rest is the class's own default
TEXT_ENCODER = {
    "model_type": "qwen3",
    "vocab_size": 151936,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "rope_theta": 1_000_000,
    "rms_norm_eps": 1e-6,
    "max_position_embeddings": 40960,
    "tie_word_embeddings": True,
}
VAE = {
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
    "latent_channels": 16,
    "sample_size": 1024,
    "scaling_factor": 0.3611,
    "shift_factor": 0.1159,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
}
SMALL = {  # the same classes, names and file forms in a second and a few megabytes, to try a measurement out
    "transformer": {
        "axes_lens": [1536, 512, 512], "axes_dims": [16, 16, 16], "dim": 96, "n_heads": 2, "n_kv_heads": 2,
        "n_layers": 3, "n_refiner_layers": 1, "cap_feat_dim": 64,
    },
    "text_encoder": {
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 2,
        "num_key_value_heads": 1, "head_dim": 32,
    },
    "vae": {"block_out_channels": [8, 8, 16, 16], "norm_num_groups": 8, "layers_per_block": 1, "sample_size": 64},
}  # fmt: skip
_DONE = "written.json"
_SHARD_BYTES = 4 * 10**9
_PATTERN_BYTES = 32 * 2**20
_SCALE = 0.02  # of the random values: small enough for the sums of wide layers to stay finite


def write_checkpoint(folder: Path, *, small: bool = False, encoder_layers: int | None = None) -> Path:
    """Write the checkpoint, or take the one that is already there whole.

    Args:
        small: write one of a few megabytes instead.
        encoder_layers: give the text encoder so many; 2 make a checkpoint of 13.7 GB that a machine with 24 GB of
            memory can keep in it.

    Raises:
        SystemExit: the disk has no room for it, or another kind of checkpoint lies in the folder.
    """
    configs = part_configs(small=small)
    if encoder_layers is not None:
        configs["text_encoder"] = configs["text_encoder"] | {"num_hidden_layers": encoder_layers}
    if (folder / _DONE).is_file():
        there = json.loads((folder / "text_encoder" / "config.json").read_text())
        if there != _encoder_config(configs):
            raise SystemExit(f"{folder} holds a checkpoint of another size. Name another folder with --folder.")
        return folder
    modules = meta_modules(configs)
    needed = sum(2 * sum(tensor.numel() for tensor in module.state_dict().values()) for module in modules.values())
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < needed * 1.05:
        raise SystemExit(f"{folder} needs {needed / 1e9:.1f} GB. Name another one with --folder.")
    for name, module in modules.items():
        write_part(folder / name, module, "model" if name == "text_encoder" else "diffusion_pytorch_model")
    _write_configs(folder, configs)
    (folder / _DONE).write_text(json.dumps({"bytes": needed}))
    return folder


def part_configs(*, small: bool = False) -> dict[str, dict[str, Any]]:
    """What each of the three parts is built from."""
    full: dict[str, dict[str, Any]] = {"transformer": TRANSFORMER, "text_encoder": TEXT_ENCODER, "vae": VAE}
    return {name: config | SMALL[name] for name, config in full.items()} if small else full


def meta_modules(configs: dict[str, dict[str, Any]] | None = None) -> dict[str, nn.Module]:
    """The three modules without storage; at full size where no configurations are given."""
    configs = configs or part_configs()
    import diffusers
    import transformers

    classes: Any = diffusers, transformers
    diffusers, transformers = classes
    with torch.device("meta"):
        return {
            "transformer": diffusers.ZImageTransformer2DModel.from_config(configs["transformer"]),
            "text_encoder": transformers.Qwen3Model(transformers.Qwen3Config.from_dict(configs["text_encoder"])),
            "vae": diffusers.AutoencoderKL.from_config(configs["vae"]),
        }


def write_adapter(path: Path, module: nn.Module, *, rank: int, seed: int) -> Path:
    """Write a LoRA of a rank for attention and feed-forward of every main block of a transformer."""
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, layer in module.named_modules():
        if isinstance(layer, nn.Linear) and name.startswith("layers.") and ("attention" in name or "feed_" in name):
            down = torch.randn(rank, layer.in_features, generator=generator) * _SCALE
            up = torch.randn(layer.out_features, rank, generator=generator) * _SCALE
            tensors |= {
                f"transformer.{name}.lora_A.weight": down.bfloat16(),
                f"transformer.{name}.lora_B.weight": up.bfloat16(),
            }
    save_file(tensors, path)
    return path


def _write_configs(folder: Path, configs: dict[str, dict[str, Any]]) -> None:
    from adstudio.engine.forms.qwen_tokenizer import qwen_tokenizer

    texts = {
        "transformer/config.json": {"_class_name": "ZImageTransformer2DModel", **configs["transformer"]},
        "text_encoder/config.json": _encoder_config(configs),
        "vae/config.json": {"_class_name": "AutoencoderKL", **configs["vae"]},
        "scheduler/scheduler_config.json": SCHEDULER,
        "model_index.json": {"_class_name": "ZImagePipeline"},
    }
    for name, content in texts.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2))
    qwen_tokenizer().save_pretrained(folder / "tokenizer")


def _encoder_config(configs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"architectures": ["Qwen3Model"], **configs["text_encoder"]}


def write_part(folder: Path, module: nn.Module, stem: str) -> None:
    """Write random weights for a module that has no storage."""
    folder.mkdir(exist_ok=True)
    shards: list[dict[str, tuple[int, ...]]] = [{}]
    size = 0
    for name, tensor in module.state_dict().items():
        if size and size + 2 * tensor.numel() > _SHARD_BYTES:
            shards.append({})
            size = 0
        shards[-1][name] = tuple(tensor.shape)
        size += 2 * tensor.numel()
    pattern, places = _pattern(), {}
    for number, shapes in enumerate(shards, start=1):
        single = len(shards) == 1
        file = f"{stem}.safetensors" if single else f"{stem}-{number:05d}-of-{len(shards):05d}.safetensors"
        _write_file(folder / file, shapes, pattern)
        places |= dict.fromkeys(shapes, file)
    if len(shards) > 1:
        index = {"metadata": {}, "weight_map": places}
        (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index))


def _write_file(path: Path, shapes: dict[str, tuple[int, ...]], pattern: memoryview) -> None:
    header, end = {}, 0
    for name, shape in shapes.items():
        first, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [first, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            stream.writelines(_values(name, shape, pattern))


def _values(name: str, shape: tuple[int, ...], pattern: memoryview) -> Iterator[bytes | memoryview]:
    size = 2 * math.prod(shape)
    if len(shape) == 1 and name.endswith("weight"):  # of a norm
        yield struct.pack("<H", 0x3F80) * (size // 2)
        return
    start = sum(name.encode()) % 4096 * 2  # so that no two layers are alike
    while size:
        piece = pattern[start : start + size]
        yield piece
        size, start = size - len(piece), 0


def _pattern() -> memoryview:
    values = torch.randn(_PATTERN_BYTES // 2, generator=torch.Generator().manual_seed(0)) * _SCALE
    return memoryview(values.bfloat16().view(torch.uint8).numpy().tobytes())
