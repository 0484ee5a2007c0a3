"""A loaded checkpoint as ComfyUI's own MODEL, CLIP and VAE.

The transformer is built anew in ComfyUI's class, over the same mapped file, so that samplers, ControlNets and LoRAs
find the names they know. Encoder and VAE stay the engine's own modules in core's clothes: nothing is loaded twice, and
they do not have to be of the sizes that core's classes fix.
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
import comfy.sd
import comfy.supported_models
import comfy.weight_adapter
import torch

from ..adstudio.engine.drawing import latents
from ..adstudio.engine.drawing.encoding import embed_tokens, tokenize
from ..adstudio.engine.forms import assembly
from ..adstudio.engine.forms.parts import Part
from ..adstudio.engine.lora.adapters import working_dtype
from ..adstudio.engine.lora.factors import Kronecker, LowRank, read_factors
from ..adstudio.engine.lora.uses import join_triggers
from ..adstudio.engine.memory.components import Zit, registry
from ..adstudio.engine.memory.streaming import plain_tensors
from ..adstudio.engine.tensors.native_names import native_config, native_name, native_tensors
from ..adstudio.errors import InputError
from . import _host, _patcher

_MARK = "_adstudio_native"
_TIME_WIDTH = 1024  # inside the timestep embedder, whatever the model's width
_MODULATION_WIDTH = 256
_TOKENS = "qwen3_4b"  # core's name for this encoder's tokens
_TINY_VAE = {
    "double_z": True, "z_channels": 4, "resolution": 32, "in_channels": 3, "out_ch": 3, "ch": 32, "ch_mult": [1],
    "num_res_blocks": 1, "attn_resolutions": [], "dropout": 0.0,
}  # fmt: skip


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


def native_clip(zit: Zit) -> Any:
    """The checkpoint's CLIP."""
    return SharedClip(zit)


def native_vae(zit: Zit) -> Any:
    """The checkpoint's VAE."""
    return SharedVae(zit)


def describe(zit: Zit, model: Any, copied: int) -> str:
    """What the node says: which adapters came along, and what the host's memory has to hold."""
    styles = ", ".join(f"{use.path.stem} x {use.weight:g}" for use in zit.loras if use.weight)
    lines = [f"with {styles}" if styles else "without styles"]
    size, total = model.model_size(), manager.get_total_memory(torch.device("cpu"))
    lines.append(
        f"{size / 2**20:,.0f} MiB of weights, of them {copied / 2**20:,.0f} MiB copied to fuse query, key and value; "
        "the rest stays in the file."
    )
    if not (_is_dynamic(model) or manager.is_device_cpu(model.load_device)) and size > total / 2:
        lines.append(
            f"ComfyUI runs without dynamic VRAM: unloading this model copies {size / 2**30:.1f} GiB into a host "
            f"memory of {total / 2**30:.1f} GiB. "
            + ("Start it without --disable-dynamic-vram and --highvram." if _knows_dynamic() else "Newer ones do not.")
        )
    return "\n".join(lines)


def _is_dynamic(model: Any) -> bool:
    return _knows_dynamic() and model.is_dynamic()


def _knows_dynamic() -> bool:
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


class SharedClip(comfy.sd.CLIP):
    """The engine's text encoder as a CLIP."""

    def __init__(self, zit: Zit) -> None:
        super().__init__(no_init=True)
        self.cond_stage_model: Any = _Encoder(zit)
        self.tokenizer: Any = _Tokenizer(zit)
        self.patcher = _patcher.patcher_of(zit.components.text_encoder)
        self.layer_idx = self.apply_hooks_to_conds = None
        self.use_clip_schedule = False
        self.tokenizer_options: dict[str, Any] = {}

    def clone(self, disable_dynamic: bool = False) -> SharedClip:
        """Return a handle of its own on the same encoder, which keeps its one patcher."""
        copy = SharedClip(self.cond_stage_model.zit)
        copy.layer_idx, copy.tokenizer_options = self.layer_idx, dict(self.tokenizer_options)
        copy.use_clip_schedule, copy.apply_hooks_to_conds = self.use_clip_schedule, self.apply_hooks_to_conds
        return copy

    def add_patches(self, patches: Any, strength_patch: float = 1.0, strength_model: float = 1.0) -> list[str]:
        """Take no patches; core then logs which entries of a LoRA file found no place."""
        return []


class _Tokenizer:
    def __init__(self, zit: Zit) -> None:
        self._zit = zit

    def tokenize_with_weights(self, text: str, return_word_ids: bool = False, **_: Any) -> dict[str, Any]:
        """Prompt to tokens of weight 1: Z-Image knows no weighted words."""
        row = [(token, 1.0, word) if return_word_ids else (token, 1.0) for word, token in enumerate(self._ids(text))]
        return {_TOKENS: [row]}

    def _ids(self, text: str) -> list[int]:
        return tokenize(self._zit, join_triggers(text, self._zit.loras) if text.strip() else text)

    def decode(self, tokens: Any, skip_special_tokens: bool = True) -> str:
        """Tokens to text."""
        return self._zit.components.tokenizer.decode(tokens, skip_special_tokens=skip_special_tokens)

    def untokenize(self, tokens: Any) -> list[Any]:
        """Each token with its text."""
        return [(pair, self._zit.components.tokenizer.decode([pair[0]])) for pair in tokens]

    def state_dict(self) -> dict[str, Any]:
        """Nothing: the tokenizer is no part of saved weights."""
        return {}


class _Encoder:
    """What core asks of an encoder, answered by the engine's."""

    def __init__(self, zit: Zit) -> None:
        self.zit = zit
        self._layer = -2

    def reset_clip_options(self) -> None:
        """Read the layer that Z-Image is made for."""
        self._layer = -2

    def set_clip_options(self, options: dict[str, Any]) -> None:
        """Read another layer."""
        if options.get("layer") is not None:
            self._layer = options["layer"]

    def encode_token_weights(self, tokens: dict[str, Any]) -> tuple[torch.Tensor, None, dict[str, Any]]:
        """Tokens to conditioning; it has no pooled output."""
        rows = []
        with registry.draw(), torch.inference_mode(False), torch.no_grad():
            for row in tokens[_TOKENS]:
                ids = [int(pair[0]) for pair in row]
                rows.append(embed_tokens(self.zit, ids, _host.host(), layer=self._layer).float())
        return torch.stack(rows).to(manager.intermediate_device()), None, {}

    def generate(self, *_: Any, **__: Any) -> Any:
        """Refuse to write text: this encoder has no language head."""
        raise InputError(
            "native.no_language_model",
            "This CLIP embeds prompts for Z-Image; it does not write text.",
            "Load a language model with core's CLIP loader.",
        )

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The encoder's weights under core's names."""
        state = self.zit.components.language_model.state_dict()
        return {f"{_TOKENS}.transformer.model.{name}": tensor for name, tensor in state.items()}

    def load_sd(self, _: Any) -> tuple[list[str], list[str]]:
        """Load nothing: the weights are the checkpoint's."""
        return [], []


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
