"""A loaded checkpoint's text encoder as ComfyUI's own CLIP: the engine's module in core's clothes, not loaded twice."""

from __future__ import annotations

from typing import Any

import comfy.model_management as manager
import comfy.sd
import torch

from ..adstudio.engine.drawing.encoding import embed_tokens, tokenize
from ..adstudio.engine.lora.uses import join_triggers
from ..adstudio.engine.memory.components import Zit, registry
from ..adstudio.errors import InputError
from . import _host, _patcher

_TOKENS = "qwen3_4b"  # core's name for this encoder's tokens


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
