"""The models whose right values are known, as far as shapes cannot tell them, and what classes take when nobody says.

Source: the configurations that Tongyi-MAI/Z-Image-Turbo was released with; its encoder is Qwen3-4B, its VAE FLUX's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# What a class takes for a key that its configuration does not say. A key that is left out and right by default is no
# finding. Source: the signatures of diffusers 0.42 and transformers 5; a test compares.
DEFAULTS: dict[str, dict[str, Any]] = {
    "transformer": {
        "all_patch_size": (2,),
        "all_f_patch_size": (1,),
        "in_channels": 16,
        "dim": 3840,
        "n_layers": 30,
        "n_refiner_layers": 2,
        "n_heads": 30,
        "n_kv_heads": 30,
        "norm_eps": 1e-5,
        "qk_norm": True,
        "cap_feat_dim": 2560,
        "siglip_feat_dim": None,
        "rope_theta": 256.0,
        "t_scale": 1000.0,
        "axes_dims": [32, 48, 48],
        "axes_lens": [1024, 512, 512],
    },
    "text_encoder": {
        "vocab_size": 151936,
        "hidden_size": 4096,
        "intermediate_size": 22016,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "head_dim": 128,
        "attention_bias": False,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
    },
    "vae": {
        "in_channels": 3,
        "out_channels": 3,
        "down_block_types": ("DownEncoderBlock2D",),
        "up_block_types": ("UpDecoderBlock2D",),
        "block_out_channels": (64,),
        "layers_per_block": 1,
        "act_fn": "silu",
        "latent_channels": 4,
        "norm_num_groups": 32,
        "scaling_factor": 0.18215,
        "shift_factor": None,
        "use_quant_conv": True,
        "use_post_quant_conv": True,
        "mid_block_add_attention": True,
    },
    "scheduler": {
        "num_train_timesteps": 1000,
        "shift": 1.0,
        "use_dynamic_shifting": False,
        "base_image_seq_len": 256,
        "max_image_seq_len": 4096,
        "time_shift_type": "exponential",
        "invert_sigmas": False,
        "shift_terminal": None,
        "use_karras_sigmas": False,
        "use_exponential_sigmas": False,
        "use_beta_sigmas": False,
        "stochastic_sampling": False,
    },
}


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that was released with the configurations given here.

    ``shapes`` are the values by which it is recognised: each can be read off the tensors. ``values`` cannot.
    """

    name: str
    shapes: dict[str, dict[str, Any]]
    values: dict[str, dict[str, Any]]

    def matches(self, part: str, facts: dict[str, Any]) -> bool:
        """Whether a part's tensors have the shapes of this model's."""
        shapes = self.shapes.get(part)
        return bool(shapes) and all(facts.get(key) == value for key, value in shapes.items())


ZIMAGE = KnownModel(
    name="Z-Image",
    shapes={
        "transformer": {"dim": 3840, "n_layers": 30, "n_refiner_layers": 2, "n_heads": 30, "cap_feat_dim": 2560},
        "text_encoder": {
            "model_type": "qwen3",
            "vocab_size": 151936,
            "hidden_size": 2560,
            "intermediate_size": 9728,
            "num_hidden_layers": 36,
            "head_dim": 128,
            "num_key_value_heads": 8,
        },
        "vae": {"latent_channels": 16, "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2},
    },
    values={
        "transformer": {
            "axes_dims": [32, 48, 48],
            "axes_lens": [1536, 512, 512],
            "rope_theta": 256.0,
            "t_scale": 1000.0,
            "norm_eps": 1e-5,
        },
        "text_encoder": {"rope_theta": 1_000_000.0, "rms_norm_eps": 1e-6, "hidden_act": "silu"},
        "vae": {"scaling_factor": 0.3611, "shift_factor": 0.1159, "norm_num_groups": 32, "act_fn": "silu"},
        "scheduler": {"shift": 3.0, "use_dynamic_shifting": False},
    },
)

KNOWN_MODELS = (ZIMAGE,)
