"""Write a tiny Z-Image checkpoint with random weights, in the real classes and layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
INDEX = {
    "_class_name": "ZImagePipeline",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Qwen3Model"],
    "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
    "transformer": ["diffusers", "ZImageTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def build_checkpoint(
    folder: Path,
    *,
    vae_levels: int = 4,
    dtype: torch.dtype = torch.bfloat16,
    seed: int = 0,
    base_px: int = 64,
    encoder: dict[str, Any] | None = None,
) -> Path:
    """Write the checkpoint and return its folder.

    Args:
        vae_levels: 4 gives the real model's grid of 16 pixels, 5 one of 32.
        encoder: what is said otherwise in the text encoder's configuration.
    """
    import diffusers
    import transformers

    kinds: Any = diffusers, transformers  # both hide their classes from a type checker
    diffusers, transformers = kinds

    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    tokenizer = _tokenizer()
    encoder_config = transformers.Qwen3Config(
        **{
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 16,
            "tie_word_embeddings": True,
            **(encoder or {}),
        }
    )
    transformer = diffusers.ZImageTransformer2DModel(
        dim=48,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=encoder_config.hidden_size,
        axes_dims=[8, 8, 8],
        axes_lens=[1536, 128, 128],
    )
    text_encoder = transformers.Qwen3Model(encoder_config)
    widths = (8, 8, 16, 16, 16)[:vae_levels]
    vae = diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * vae_levels,
        up_block_types=("UpDecoderBlock2D",) * vae_levels,
        block_out_channels=widths,
        layers_per_block=1,
        latent_channels=16,
        norm_num_groups=4,
        sample_size=base_px,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    for parameter in transformer.parameters():  # untouched, pad tokens and gates would hide half of the model
        if parameter.ndim == 1 or parameter.shape[0] == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)
    transformer.to(dtype).save_pretrained(folder / "transformer")
    text_encoder.to(dtype).save_pretrained(folder / "text_encoder")
    vae.to(dtype).save_pretrained(folder / "vae")
    tokenizer.save_pretrained(folder / "tokenizer")
    diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(INDEX))
    torch.random.set_rng_state(state)
    return folder


def _tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: index for index, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=SPECIAL[0], eos_token=SPECIAL[2], model_max_length=4096
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast
