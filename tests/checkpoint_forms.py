"""Write one tiny checkpoint in every form that Z-Image comes in: a folder, split files, one file, fp8, GGUF."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

Tensors = dict[str, torch.Tensor]

PARTS = {
    "transformer": "transformer/diffusion_pytorch_model.safetensors",
    "text_encoder": "text_encoder/model.safetensors",
    "vae": "vae/diffusion_pytorch_model.safetensors",
}


def build_typical(folder: Path, *, seed: int = 0, dtype: torch.dtype = torch.bfloat16) -> Path:
    """Write a diffusers folder that has all of the real model that shapes do not tell: tokenizer, constants, ratios."""
    import diffusers
    import transformers

    from adstudio.engine.forms.qwen_tokenizer import qwen_tokenizer

    kinds: Any = diffusers, transformers  # both hide their classes from a type checker
    diffusers, transformers = kinds
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    transformer = diffusers.ZImageTransformer2DModel(
        dim=64,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=32,
        axes_dims=[8, 12, 12],
        axes_lens=[1536, 512, 512],
    )
    encoder = transformers.Qwen3Model(
        transformers.Qwen3Config(
            vocab_size=151936,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=3,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=32,
            rope_theta=1_000_000,
            max_position_embeddings=40960,
            tie_word_embeddings=True,
        )
    )
    vae = diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 32, 64, 64),
        layers_per_block=1,
        latent_channels=16,
        sample_size=1024,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    for module in (transformer, encoder, vae):  # untouched, gates, pad tokens and norms would hide half of the model
        for parameter in module.parameters():
            if parameter.ndim == 1 or parameter.shape[0] == 1:
                parameter.data += 0.1 * torch.randn_like(parameter)
    transformer.to(dtype).save_pretrained(folder / "transformer")
    encoder.to(dtype).save_pretrained(folder / "text_encoder")
    vae.to(dtype).save_pretrained(folder / "vae")
    qwen_tokenizer().save_pretrained(folder / "tokenizer")
    diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "ZImagePipeline"}))
    torch.random.set_rng_state(state)
    return folder


def tensors_of(folder: Path, part: str) -> Tensors:
    """The tensors of a component, under the names of its module."""
    return {name: value.clone() for name, value in load_file(folder / PARTS[part]).items()}


def write(path: Path, tensors: Tensors, metadata: dict[str, str] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in tensors.items()}, path, metadata)
    return path


def write_split(folder: Path, root: Path, **changed: Tensors) -> Path:
    """Write the three files of ComfyUI's own templates into the folders of its models; return the transformer's.

    Their names say nothing: what they hold does.
    """
    contents = {
        "transformer": native(tensors_of(folder, "transformer")),
        "text_encoder": prefixed(tensors_of(folder, "text_encoder"), "model."),
        "vae": flux_vae(tensors_of(folder, "vae")),
    } | changed
    write(root / "text_encoders" / "one.safetensors", contents["text_encoder"])
    write(root / "vae" / "two.safetensors", contents["vae"])
    return write(root / "diffusion_models" / "three.safetensors", contents["transformer"])


def prefixed(tensors: Tensors, prefix: str) -> Tensors:
    return {prefix + name: value for name, value in tensors.items()}


def native(tensors: Tensors) -> Tensors:
    """A transformer as ComfyUI names it: query, key and value in one, and a norm that nothing uses."""
    renamed: Tensors = {}
    for name, value in tensors.items():
        if ".to_q." in name:
            three = [tensors[name.replace(".to_q.", f".to_{letter}.")] for letter in "qkv"]
            renamed[name.replace(".to_q.", ".qkv.")] = torch.cat(three)
        elif not re.search(r"\.to_[kv]\.", name):
            name = name.replace(".to_out.0.", ".out.").replace(".norm_q.", ".q_norm.").replace(".norm_k.", ".k_norm.")
            renamed[
                name.replace("all_x_embedder.2-1.", "x_embedder.").replace("all_final_layer.2-1.", "final_layer.")
            ] = value
    renamed["norm_final.weight"] = torch.ones(64, dtype=torch.bfloat16)
    return renamed


def flux_vae(tensors: Tensors) -> Tensors:
    """A VAE as Flux names it, in float32 as it is published."""
    levels = 4
    renamed: Tensors = {}
    for name, value in tensors.items():
        new = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
        new = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", new)
        new = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0\.", r"down.\1.downsample.", new)
        new = re.sub(r"up_blocks\.(\d+)\.resnets\.", lambda m: f"up.{levels - 1 - int(m[1])}.block.", new)
        new = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0\.", lambda m: f"up.{levels - 1 - int(m[1])}.upsample.", new)
        new = re.sub(r"mid_block\.resnets\.(\d)\.", lambda m: f"mid.block_{int(m[1]) + 1}.", new)
        if "mid_block.attentions.0." in new:
            new = new.replace("mid_block.attentions.0.", "mid.attn_1.").replace("group_norm", "norm")
            new = new.replace("to_out.0", "proj_out").replace("to_", "")
            value = value[:, :, None, None] if value.ndim == 2 else value
        renamed[new] = value.float()
    return renamed


def fp8(tensors: Tensors, wanted: Callable[[str], bool], dtype: torch.dtype = torch.float8_e4m3fn) -> Tensors:
    """Plain fp8: the matrices cast, nothing else."""
    return {name: value.to(dtype) if wanted(name) else value for name, value in tensors.items()}


def is_matrix(name: str) -> bool:
    return name.endswith(".weight") and ("attention." in name or "feed_forward." in name) and "norm" not in name


def is_encoder_matrix(name: str) -> bool:
    return name.endswith("_proj.weight")


def fp8_scaled(
    tensors: Tensors,
    wanted: Callable[[str], bool],
    *,
    scale_name: str = "scale_weight",
    shape: Callable[[torch.Tensor], torch.Tensor] = lambda value: value.abs().amax().float(),
    note: dict[str, Any] | None = None,
) -> Tensors:
    """fp8 with scales, as ComfyUI writes it: each matrix divided by a scale that stands beside it.

    Args:
        shape: the largest value that shares a scale: of the whole, or of each row.
        note: written beside every layer, as the newer files have it.
    """
    written: Tensors = {}
    for name, value in tensors.items():
        if not wanted(name):
            written[name] = value
            continue
        layer = name.removesuffix(".weight")
        scale = shape(value) / torch.finfo(torch.float8_e4m3fn).max
        written[name] = (value.float() / scale).to(torch.float8_e4m3fn)
        written[f"{layer}.{scale_name}"] = scale
        if scale_name == "scale_weight":
            written[f"{layer}.scale_input"] = torch.tensor(3.0)  # for the products of fp8 cards; weights do not ask it
        if note is not None:
            written[f"{layer}.comfy_quant"] = torch.tensor(list(json.dumps(note).encode()), dtype=torch.uint8)
    return written


def write_gguf(path: Path, tensors: Tensors, kind: str, wanted: Callable[[str], bool]) -> Path:
    """A GGUF file by the real writer: the matrices of ``kind``, the rest in float32 as converters leave it."""
    import gguf

    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "lumina2")
    writer.add_array("tokenizer.ggml.tokens", ["a", "bc", "안녕"])
    writer.add_uint32("some.number", 7)
    for name, value in tensors.items():
        fits = value.shape[-1] % 32 == 0 or kind in ("BF16", "F16")  # rows are packed in blocks of 32
        packing = gguf.GGMLQuantizationType[kind if wanted(name) and fits else "F32"]
        values = value.float().numpy()
        if packing is gguf.GGMLQuantizationType.F32:
            writer.add_tensor(name, values)
        else:
            packed = gguf.quants.quantize(values, packing)
            writer.add_tensor(name, packed, raw_dtype=packing)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def llama_names(tensors: Tensors) -> Tensors:
    """A language model as llama.cpp names it."""
    layer = {
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "self_attn.q_norm": "attn_q_norm",
        "self_attn.k_norm": "attn_k_norm",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    }
    renamed: Tensors = {}
    for name, value in tensors.items():
        if found := re.match(r"layers\.(\d+)\.(.+)\.weight$", name):
            renamed[f"blk.{found[1]}.{layer[found[2]]}.weight"] = value
        else:
            renamed[{"embed_tokens.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}[name]] = value
    return renamed
