"""Rules on ``model_index.json``, by which diffusers chooses classes. This pack's own loader does not read it.

A wrong class there is where two well-known failures come from: ``KeyError: 'norm_type'`` (an older transformer class
asks its configuration for a key that Z-Image's never had; adding the key would be the wrong repair) and
``Unrecognized configuration class … DeiTConfig`` (an Auto class of another task lists the models it could build).
"""

from __future__ import annotations

from functools import partial

from .findings import Case, Problem, Rule, say

_PIPELINE = "ZImagePipeline"
_CLASSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "scheduler": ("diffusers", ("FlowMatchEulerDiscreteScheduler",)),
    "text_encoder": ("transformers", ("Qwen3Model", "Qwen3ForCausalLM")),
    "tokenizer": (
        "transformers",
        ("Qwen2Tokenizer", "Qwen2TokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend"),
    ),
    "transformer": ("diffusers", ("ZImageTransformer2DModel",)),
    "vae": ("diffusers", ("AutoencoderKL",)),
}


def _pipeline(case: Case) -> Problem | None:
    if case.index is None or str(case.index.get("_class_name", "")).startswith("ZImage"):
        return None
    told = case.index.get("_class_name")
    came = "no pipeline is named" if told is None else f"the pipeline is named '{told}'"
    return Problem(f"{came}; it is {_PIPELINE}.", {"_class_name": _PIPELINE})


def _component(name: str, case: Case) -> Problem | None:
    if case.index is None:
        return None
    library, classes = _CLASSES[name]
    told = case.index.get(name)
    if isinstance(told, list | tuple) and len(told) == 2 and told[0] == library and told[1] in classes:
        return None
    came = f"no {name} is named" if told is None else f"{name} is {say(told)}"
    return Problem(f"{came}; its class is {classes[0]} of {library}.", {name: [library, classes[0]]})


RULES = (
    Rule(
        "model_index.pipeline", "model_index", "_class_name", f"{_PIPELINE} or another of its family", True, _pipeline
    ),
    *(
        Rule(
            f"model_index.{name}",
            "model_index",
            name,
            f"{' or '.join(classes)} of {library}",
            True,
            partial(_component, name),
        )
        for name, (library, classes) in _CLASSES.items()
    ),
)
