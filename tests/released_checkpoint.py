"""Write a checkpoint that says it is Z-Image Turbo: the released shapes and configurations, and files without content.

The weight files are as long as the real ones, 20.5 GB, and take a few kilobytes of disk: everything behind the header
is a hole. What reads headers and configurations sees the real thing; nothing can be drawn with it.
"""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import checkpoint_forms as forms
import torch

from adstudio.engine.tensors.safetensors_header import read_header

TRANSFORMER: dict[str, Any] = {
    "_class_name": "ZImageTransformer2DModel",
    "_diffusers_version": "0.36.0.dev0",
    "all_f_patch_size": [1],
    "all_patch_size": [2],
    "axes_dims": [32, 48, 48],
    "axes_lens": [1536, 512, 512],
    "cap_feat_dim": 2560,
    "dim": 3840,
    "in_channels": 16,
    "n_heads": 30,
    "n_kv_heads": 30,
    "n_layers": 30,
    "n_refiner_layers": 2,
    "norm_eps": 1e-05,
    "qk_norm": True,
    "rope_theta": 256.0,
    "t_scale": 1000.0,
}
TEXT_ENCODER: dict[str, Any] = {
    "architectures": ["Qwen3ForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 151643,
    "eos_token_id": 151645,
    "head_dim": 128,
    "hidden_act": "silu",
    "hidden_size": 2560,
    "initializer_range": 0.02,
    "intermediate_size": 9728,
    "max_position_embeddings": 40960,
    "max_window_layers": 36,
    "model_type": "qwen3",
    "num_attention_heads": 32,
    "num_hidden_layers": 36,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 1000000,
    "sliding_window": None,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
    "use_cache": True,
    "use_sliding_window": False,
    "vocab_size": 151936,
}
VAE: dict[str, Any] = {
    "_class_name": "AutoencoderKL",
    "act_fn": "silu",
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "force_upcast": True,
    "in_channels": 3,
    "latent_channels": 16,
    "latents_mean": None,
    "latents_std": None,
    "layers_per_block": 2,
    "mid_block_add_attention": True,
    "norm_num_groups": 32,
    "out_channels": 3,
    "sample_size": 1024,
    "scaling_factor": 0.3611,
    "shift_factor": 0.1159,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "use_post_quant_conv": False,
    "use_quant_conv": False,
}
SCHEDULER: dict[str, Any] = {
    "_class_name": "FlowMatchEulerDiscreteScheduler",
    "num_train_timesteps": 1000,
    "shift": 3.0,
    "use_dynamic_shifting": False,
}
INDEX: dict[str, Any] = {
    "_class_name": "ZImagePipeline",
    "_diffusers_version": "0.36.0.dev0",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Qwen3Model"],
    "tokenizer": ["transformers", "Qwen2Tokenizer"],
    "transformer": ["diffusers", "ZImageTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
SPECIAL_IDS = {"<|endoftext|>": 151643, "<|im_start|>": 151644, "<|im_end|>": 151645}


def build_released(folder: Path, name: str = "Z-Image-Turbo") -> Path:
    """Write the checkpoint into a folder of this name and return it."""
    import diffusers
    import transformers

    kinds: Any = diffusers, transformers  # both hide their classes from a type checker
    diffusers, transformers = kinds
    with torch.device("meta"):
        models = {
            "transformer": diffusers.ZImageTransformer2DModel.from_config(dict(TRANSFORMER)),
            "text_encoder": transformers.Qwen3Model(transformers.Qwen3Config.from_dict(dict(TEXT_ENCODER))),
            "vae": diffusers.AutoencoderKL.from_config(dict(VAE)),
        }
    root = folder / name
    for part, config in {"transformer": TRANSFORMER, "text_encoder": TEXT_ENCODER, "vae": VAE}.items():
        write_json(root / part / "config.json", config)
        stem = "model" if part == "text_encoder" else "diffusion_pytorch_model"
        shapes = {name: tuple(tensor.shape) for name, tensor in models[part].state_dict().items()}
        write_hollow(root / part / f"{stem}.safetensors", shapes)
    write_json(root / "scheduler" / "scheduler_config.json", SCHEDULER)
    write_json(root / "model_index.json", INDEX)
    vocabulary = {chr(number): number for number in range(33, 127)}
    added = [{"id": number, "content": token, "special": True} for token, number in SPECIAL_IDS.items()]
    write_json(
        root / "tokenizer" / "tokenizer.json", {"model": {"type": "BPE", "vocab": vocabulary}, "added_tokens": added}
    )
    write_json(
        root / "tokenizer" / "tokenizer_config.json",
        {"tokenizer_class": "Qwen2Tokenizer", "pad_token": "<|endoftext|>", "chat_template": "{{ messages }}"},
    )
    return root


def build_native(folder: Path) -> Path:
    """Write the same weights as ComfyUI's three files into the folders of its models; return the transformer's.

    Together 20.5 GB, whose values are holes in the disk.
    """
    root = build_released(folder)
    places = {"transformer": "diffusion_models/a", "text_encoder": "text_encoders/b", "vae": "vae/c"}
    rename = {
        "transformer": forms.native,
        "text_encoder": lambda tensors: forms.prefixed(tensors, "model."),
        "vae": forms.flux_vae,
    }
    for part, place in places.items():
        infos = read_header(root / forms.PARTS[part]).tensors
        with torch.device("meta"):
            tensors = rename[part]({name: torch.empty(info.shape) for name, info in infos.items()})
        shapes = {name: tuple(value.shape) for name, value in tensors.items()}
        write_hollow(folder / f"{place}.safetensors", shapes)
    return folder / "diffusion_models" / "a.safetensors"


def write_hollow(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """Write a safetensors file of bf16 tensors whose values are a hole in the disk."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 2 * int(torch.Size(shape).numel())
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(8 + len(text) + end)


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))


def linked(turbo: Path, folder: Path) -> Path:
    """A copy whose weights are links: they are 20 GB long."""
    return Path(
        shutil.copytree(
            turbo, folder, copy_function=lambda a, b: Path(b).hardlink_to(a) if "safe" in a else shutil.copy(a, b)
        )
    )
