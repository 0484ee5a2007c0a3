"""Write tiny checkpoints of the other engines with random weights; runs in ComfyUI's own Python, under `small_engines`.

What is large and need not be random (embeddings of whole vocabularies) is a hole in a sparse file.
"""

import json
import math
from pathlib import Path

import comfy.cldm.cldm as cldm
import comfy.ldm.flux.model as flux
import comfy.ldm.lumina.controlnet as lumina_control
import comfy.ldm.models.autoencoder as autoencoder
import comfy.ldm.modules.diffusionmodules.openaimodel as unet
import comfy.ldm.qwen_image.model as qwen_image
import comfy.ldm.wan.vae as wan_vae
import comfy.ops
import comfy.sd1_clip
import comfy.text_encoders.flux as klein
import comfy.text_encoders.qwen_image as qwen_text
import torch

OPS = comfy.ops.disable_weight_init
PLACE = {"device": "meta", "dtype": torch.bfloat16, "operations": OPS}
HOLE_BYTES = 32 << 20  # a tensor from this size on is zeros that take no disk


def write(path: Path, shapes: dict, *, dtype: str = "BF16", hollow: str = "\0") -> None:
    """Write a safetensors file with random weights of these shapes; zeros where a name begins with ``hollow``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(len(shapes))
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 2 * math.prod(shape)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        start = file.tell()
        for name, shape in shapes.items():
            first, last = header[name]["data_offsets"]
            if last - first >= HOLE_BYTES or name.startswith(hollow):
                continue
            file.seek(start + first)
            file.write(
                _values(name, shape, generator).reshape(-1).to(_TORCH[dtype]).view(torch.uint8).numpy().tobytes()
            )
        file.truncate(start + end)


_TORCH = {"BF16": torch.bfloat16, "F16": torch.float16}


def _values(name: str, shape: tuple, generator: torch.Generator) -> torch.Tensor:
    if name.endswith(("norm.weight", "norm1.weight", "norm2.weight", "scale", "gamma", "running_var", "ln_q.weight")):
        return torch.ones(shape)
    fan_in = math.prod(shape[1:]) if len(shape) > 1 else 64
    return torch.randn(shape, generator=generator) / math.sqrt(max(fan_in, 1))


def shapes_of(module: torch.nn.Module, prefix: str = "") -> dict:
    return {prefix + name: tuple(value.shape) for name, value in module.state_dict().items()}


def text_encoder(path: Path, model: type) -> None:
    """A text encoder as `CLIPLoader` reads it."""
    write(path, shapes_of(model(device="meta", dtype=torch.bfloat16).transformer))


def flux2(path: Path, context: int) -> None:
    """A FLUX.2 Klein transformer of one block of each kind."""
    params = {"image_model": "flux2", "in_channels": 128, "out_channels": 128, "vec_in_dim": None, "qkv_bias": False}
    params |= {"context_in_dim": context, "hidden_size": 128, "num_heads": 1, "mlp_ratio": 3.0, "theta": 2000}
    params |= {"depth": 1, "depth_single_blocks": 1, "axes_dim": [32, 32, 32, 32], "patch_size": 1}
    params |= {"guidance_embed": False, "global_modulation": True, "mlp_silu_act": True, "ops_bias": False}
    params |= {"txt_ids_dims": [3], "ref_index_scale": 10.0}
    write(path, shapes_of(flux.Flux(final_layer=True, **params, **PLACE)))


def kl_vae(channels: int, *, batch_norm: bool) -> torch.nn.Module:
    """The autoencoder of SDXL (4 channels) or FLUX.2 (32, normalised)."""
    shape = {"double_z": True, "z_channels": channels, "resolution": 256, "in_channels": 3, "out_ch": 3, "ch": 32}
    shape |= {"ch_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_resolutions": [], "dropout": 0.0}
    if batch_norm:
        shape["batch_norm_latent"] = True
    with torch.device("meta"):
        return autoencoder.AutoencoderKL(ddconfig=shape, embed_dim=channels)


def qwen_edit(path: Path) -> None:
    """A Qwen-Image-Edit 2511 transformer of one block."""
    module = qwen_image.QwenImageTransformer2DModel(num_layers=1, **PLACE)
    write(path, shapes_of(module) | {"__index_timestep_zero__": (0,)})


def qwen_lora(path: Path) -> None:
    """An adapter for one of its layers."""
    layer, width = "transformer_blocks.0.attn.to_q", 2 * 128
    write(path, {f"{layer}.lora_down.weight": (4, width), f"{layer}.lora_up.weight": (width, 4), f"{layer}.alpha": ()})


def qwen_vae(path: Path) -> None:
    shape = {"dim": 4, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2, "attn_scales": []}
    with torch.device("meta"):
        module = wan_vae.WanVAE(**shape, temperal_downsample=[False, True, True], image_channels=3, dropout=0.0)
    write(path, shapes_of(module))


SDXL_UNET = {"image_size": 32, "in_channels": 4, "model_channels": 32, "num_res_blocks": [2, 2, 2], "dropout": 0}
SDXL_UNET |= {"channel_mult": [1, 2, 4], "transformer_depth": [0, 0, 2, 2, 10, 10], "num_head_channels": 64}
SDXL_UNET |= {"use_linear_in_transformer": True, "context_dim": 2048, "adm_in_channels": 2816, "num_heads": -1}
SDXL_UNET |= {"use_spatial_transformer": True, "num_classes": "sequential", "transformer_depth_middle": 10}


def sdxl(path: Path) -> None:
    """An SDXL checkpoint: narrow U-Net, both text encoders and the autoencoder in one file."""
    import comfy.supported_models
    from comfy.sdxl_clip import SDXLClipModel

    depths = [0, 0, 0, 2, 2, 2, 10, 10, 10]
    narrow = unet.UNetModel(out_channels=4, transformer_depth_output=depths, **_fresh(SDXL_UNET), **PLACE)
    encoders = SDXLClipModel(device="meta", dtype=torch.float16).state_dict()
    saved = comfy.supported_models.SDXL({}).process_clip_state_dict_for_saving(dict(encoders))
    shapes = shapes_of(narrow, "model.diffusion_model.") | {name: tuple(v.shape) for name, v in saved.items()}
    shapes |= shapes_of(kl_vae(4, batch_norm=False), "first_stage_model.")
    write(path, shapes, dtype="F16", hollow="conditioner.")


def sdxl_control(path: Path) -> None:
    """A ControlNet for it."""
    write(path, shapes_of(cldm.ControlNet(hint_channels=3, **_fresh(SDXL_UNET), **PLACE)), dtype="F16")


def zit_control(path: Path) -> None:
    """A Z-Image ControlNet union; its widths are those that `small_engines` wrote down."""
    shapes = shapes_of(lumina_control.ZImage_Control(**PLACE))
    write(path, shapes)


def _fresh(values: dict) -> dict:
    return {name: list(value) if isinstance(value, list) else value for name, value in values.items()}


def write_all(models: Path) -> None:
    """Write every file that the shipped workflows name, into ComfyUI's folders."""
    unets, encoders, vaes = models / "diffusion_models", models / "text_encoders", models / "vae"
    text_encoder(encoders / "qwen_3_4b.safetensors", klein.Qwen3_4BModel)
    text_encoder(encoders / "qwen_3_8b_fp8mixed.safetensors", klein.Qwen3_8BModel)
    text_encoder(encoders / "qwen_2.5_vl_7b_fp8_scaled.safetensors", qwen_text.Qwen25_7BVLIModel)
    flux2(unets / "flux-2-klein-4b.safetensors", 3 * 2560)
    flux2(unets / "flux-2-klein-9b.safetensors", 3 * 4096)
    flux2(unets / "flux-2-klein-9b-fp8.safetensors", 3 * 4096)
    write(vaes / "flux2-vae.safetensors", shapes_of(kl_vae(32, batch_norm=True)))
    qwen_edit(unets / "qwen_image_edit_2511_fp8mixed.safetensors")
    qwen_vae(vaes / "qwen_image_vae.safetensors")
    qwen_lora(models / "loras" / "Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors")
    first, *others = (
        models / "checkpoints" / f"{name}.safetensors"
        for name in ("sd_xl_base_1.0", "dreamshaperXL", "animagine-xl-4.0")
    )
    sdxl(first)
    for other in others:
        other.symlink_to(first)
    sdxl_control(models / "controlnet" / "diffusers_xl_canny_full.safetensors")
    zit_control(models / "model_patches" / "Z-Image-Turbo-Fun-Controlnet-Union.safetensors")
