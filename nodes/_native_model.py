"""A loaded checkpoint as ComfyUI's own MODEL.

The transformer is built anew in ComfyUI's class, over the same mapped file, so that samplers, ControlNets and LoRAs
find the names they know.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import comfy.latent_formats
import comfy.ldm.lumina.model
import comfy.ldm.modules.diffusionmodules.mmdit
import comfy.model_base
import comfy.model_management as manager
import comfy.model_patcher
import comfy.supported_models
import comfy.weight_adapter
import torch

from ..adstudio.engine.drawing import latents
from ..adstudio.engine.forms import assembly
from ..adstudio.engine.forms.parts import Part
from ..adstudio.engine.lora.adapters import working_dtype
from ..adstudio.engine.lora.factors import Kronecker, LowRank, read_factors
from ..adstudio.engine.memory.components import Zit
from ..adstudio.engine.tensors.native_names import native_config, native_name, native_tensors

_MARK = "_adstudio_native"
_TIME_WIDTH = 1024  # inside the timestep embedder, whatever the model's width
_MODULATION_WIDTH = 256


def native_model(zit: Zit) -> tuple[Any, int]:
    """The checkpoint's MODEL with the handle's adapters on it, and the bytes of host memory that it copied.

    Raises:
        ModelError: an adapter does not fit completely.
    """
    # Whatever precision the engine draws in, this is the file's: core has its own ways to narrow weights.
    keeper = zit.components.variants.get("", zit.components).transformer.__dict__
    known = keeper.get(_MARK)
    if known is None:
        # Outside inference mode: these weights outlive this run and are patched in others.
        with torch.inference_mode(False), torch.no_grad():
            known = keeper[_MARK] = _build_patcher(_Recipe.of(zit))
    patcher, copied = known
    styled = patcher.clone()
    for use in zit.loras:
        if use.weight:
            styled.add_patches(_patches(zit, use.path), use.weight)
    return styled, copied


def host_room(model: Any) -> tuple[int, int, bool]:
    """Bytes of the model and of the host's memory, and whether unloading the one copies it into the other."""
    copies = not (knows_dynamic() and model.is_dynamic()) and not manager.is_device_cpu(model.load_device)
    return model.model_size(), manager.get_total_memory(torch.device("cpu")), copies


def knows_dynamic() -> bool:
    """Whether this ComfyUI streams models from their files, new as it is, unless it is told not to."""
    return hasattr(comfy.model_patcher.ModelPatcher, "is_dynamic")


class NativeTransformer(comfy.ldm.lumina.model.NextDiT):
    """ComfyUI's transformer in the widths of any Z-Image checkpoint; core's own fixes some of them."""

    def __init__(self, *args: Any, dim: int, norm_eps: float, operations: Any, **settings: Any) -> None:
        super().__init__(*args, dim=dim, norm_eps=norm_eps, operations=operations, **settings)
        place = {name: settings.get(name) for name in ("dtype", "device")}
        self.t_embedder = comfy.ldm.modules.diffusionmodules.mmdit.TimestepEmbedder(
            _TIME_WIDTH, output_size=min(dim, _MODULATION_WIDTH), operations=operations, **place
        )
        for module in self.modules():
            if isinstance(module, comfy.ldm.lumina.model.JointAttention):
                module.q_norm.eps = module.k_norm.eps = norm_eps


class NativeZImage(comfy.model_base.Lumina2):
    """ComfyUI's wrapper of the transformer."""

    def __init__(self, config: Any) -> None:
        comfy.model_base.BaseModel.__init__(
            self, config, comfy.model_base.ModelType.FLOW, device=None, unet_model=NativeTransformer
        )
        self.memory_usage_factor_conds = ("ref_latents",)


class _LatentFormat(comfy.latent_formats.Flux):
    """The checkpoint's latents: core's LATENT is what the VAE gives, the transformer's own are scaled and shifted."""

    def __init__(self, recipe: _Recipe) -> None:
        super().__init__()
        self.latent_channels, self.spacial_downscale_ratio = recipe.channels, recipe.scale_px
        self.scale_factor, self.shift_factor = recipe.factor, recipe.offset
        if (self.latent_channels, self.scale_factor, self.shift_factor) != (16, 0.3611, 0.1159):
            self.latent_rgb_factors = self.latent_rgb_factors_bias = self.taesd_decoder_name = None


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What a MODEL is built from. It names no module, so that none is kept alive by the model that was built."""

    source: Part
    channels: int
    scale_px: int
    factor: float
    offset: float
    shift: float

    @classmethod
    def of(cls, zit: Zit) -> _Recipe:
        """The recipe of a loaded checkpoint."""
        vae = zit.components.vae
        return cls(
            source=zit.checkpoint.sources.transformer,
            channels=vae.config.latent_channels,
            scale_px=latents.scale_of(vae),
            factor=vae.config.scaling_factor,
            offset=vae.config.shift_factor or 0.0,
            shift=zit.components.scheduler_config.get("shift", 1.0),
        )


def _build_patcher(recipe: _Recipe, disable_dynamic: bool = False) -> tuple[Any, int]:
    # Read anew from the mapped file, which costs nothing: the engine's own tensors may be on a device just now.
    source: Any = assembly.build_transformer(recipe.source)
    tensors, copied = native_tensors(source.state_dict())
    settings = comfy.supported_models.ZImage(native_config(source.config, tensors))
    settings.latent_format = _LatentFormat(recipe)
    settings.sampling_settings["shift"] = recipe.shift
    device, dtype = manager.get_torch_device(), tensors["layers.0.feed_forward.w1.weight"].dtype
    cast = manager.unet_manual_cast(dtype, device, settings.supported_inference_dtypes)
    place = {"device": device} if "device" in inspect.signature(settings.set_inference_dtype).parameters else {}
    settings.set_inference_dtype(dtype, cast, **place)
    model = NativeZImage(settings)
    # Assigned, not copied, whatever patcher holds them: the weights stay the file's.
    model.diffusion_model.load_state_dict(tensors, strict=True, assign=True)
    model.diffusion_model.requires_grad_(False)
    plain = comfy.model_patcher.ModelPatcher
    kind = plain if disable_dynamic else getattr(comfy.model_patcher, "CoreModelPatcher", plain)  # older ones: one kind
    patcher = kind(model, load_device=device, offload_device=manager.unet_offload_device())
    patcher.cached_patcher_init = (_rebuild, (recipe,))
    return patcher, copied


def _rebuild(recipe: _Recipe, disable_dynamic: bool = False) -> Any:
    return _build_patcher(recipe, disable_dynamic)[0]


def _patches(zit: Zit, path: Any) -> dict[Any, Any]:
    """An adapter in the form of core's weight patches: for the thirds of a fused layer with their place in it."""
    linears = zit.components.linears
    patches: dict[Any, Any] = {}
    for layer, factor in read_factors(path, linears, working_dtype(zit.components.transformer)).items():
        name, third = native_name(f"{layer}.weight")
        key = f"diffusion_model.{name}"
        height = linears[layer][0]
        if isinstance(factor, LowRank):
            alpha = factor.scale * len(factor.down)
            adapter = comfy.weight_adapter.LoRAAdapter(set(), (factor.up, factor.down, alpha, None, None, None))
            patches[key if third is None else (key, (0, third * height, height))] = adapter
        elif isinstance(factor, Kronecker):
            # Of a fused layer one product serves all three parts, and stands in the file once.
            is_whole = third is not None and len(factor.left) * len(factor.right) > height
            left = (factor.left.float() * factor.scale).to(factor.left.dtype)
            weights = (left, factor.right, None, None, None, None, None, None, None)
            adapter = comfy.weight_adapter.LoKrAdapter(set(), weights)
            patches[key if third is None or is_whole else (key, (0, third * height, height))] = adapter
    return patches
