"""Rules on what the tensors themselves tell: the class, the sizes, and whether every block is whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from ...errors import ModelError
from ...types import Note
from ..tensors.quantization import check_storage
from .findings import Case, Problem, Rule, same, say
from .known import DEFAULTS

_MISSING: Any = object()
_LOST = "{count:tensor of {block} is|tensors of {block} are} missing (first: {first}); download the weights again."


def _class(part: str, case: Case) -> Problem | None:
    told, right = case.config(part).get("_class_name"), case.facts[part].get("_class_name")
    if right is None or told == right or (told is None and case.is_shipped(part)):
        return None
    came = "no class is named" if told is None else f"the class is named '{told}'"
    return Problem(f"{came}, but the tensors are those of {right}.", {"_class_name": right})


def _kind(part: str, mark: str, case: Case) -> Problem | None:
    if mark in case.facts[part]:
        return None
    kinds = {
        "transformer": "a Z-Image transformer",
        "text_encoder": "a Qwen3 language model",
        "vae": "the AutoencoderKL of Z-Image",
    }
    said = "the tensors are not those of {wanted}; choose another checkpoint."
    return Problem(Note("doctor.other_model", said, wanted=kinds[part]))


def _derived(part: str, key: str, case: Case) -> Problem | None:
    facts, config = case.facts[part], case.config(part)
    if key not in facts:
        return None
    told = config.get(key, _MISSING)
    taken = DEFAULTS[part].get(key) if told is _MISSING else told
    if same(taken, facts[key]):
        return None
    if told is _MISSING:
        came = f"{key} is missing, {say(taken)} would be taken"
    else:
        came = f"{key} is {say(told)}"
    return Problem(f"{came}, but the tensors say {say(facts[key])}.", {key: facts[key]})


def _whole(part: str, groups: str, case: Case) -> Problem | None:
    """Every numbered block of one kind must have the same tensors, numbered without a gap."""
    blocks: dict[str, dict[int, dict[str, tuple[int, ...]]]] = defaultdict(lambda: defaultdict(dict))
    for name, shape in getattr(case.sources, part).shapes().items():
        if found := re.match(rf"({groups})\.(\d+)\.(.+)", name):
            blocks[found[1]][int(found[2])][found[3]] = shape
    for kind, numbered in blocks.items():
        complete = {rest: shape for block in numbered.values() for rest, shape in block.items()}
        for number in range(1 + max(numbered)):
            block = numbered.get(number, {})
            if lost := sorted(complete.keys() - block.keys()):
                name = f"{kind}.{number}"
                first = f"{name}.{lost[0]}"
                return Problem(Note("doctor.tensors_missing", _LOST, count=len(lost), block=name, first=first))
            if other := sorted(rest for rest in block if block[rest] != complete[rest]):
                said, tensor = "{tensor} has another shape than in the other blocks.", f"{kind}.{number}.{other[0]}"
                return Problem(Note("doctor.other_shape", said, tensor=tensor))
    return None


def _storage(part: str, case: Case) -> Problem | None:
    try:
        check_storage(getattr(case.sources, part))
    except ModelError as error:
        return Problem(Note("doctor.storage", "{why}", because=error))
    return None


def _rule(id: str, part: str, key: str, right: str, check: Callable[[Case], Problem | None], mendable: bool) -> Rule:
    return Rule(f"{part}.{id}", part, key, right, mendable, check)


_KINDS = (
    ("transformer", "_class_name", "layers.*.adaLN_modulation and cap_embedder are there: Z-Image's own"),
    ("text_encoder", "model_type", "norms of queries and keys are there: Qwen3's own, which Qwen2 lacks"),
    ("vae", "_class_name", "encoder and decoder are there"),
)
_CLASSES = (
    ("transformer", "another class asks for keys of its own (KeyError 'norm_type') or builds another model"),
    ("vae", "another class builds another model"),
)
_WHOLE = (
    ("transformer", "layers|noise_refiner|context_refiner"),
    ("text_encoder", "layers"),
)
# Each key can be read off the tensors; what it must be is never a matter of opinion.
_DERIVED: dict[str, dict[str, str]] = {
    "transformer": {
        "dim": "width of cap_embedder.1",
        "n_layers": "number of layers.*",
        "n_refiner_layers": "number of noise_refiner.*",
        "n_heads": "width over the width of a head's norm",
        "n_kv_heads": "rows of the keys over the width of a head's norm",
        "qk_norm": "whether the norms of queries and keys are there; without them other pictures are drawn",
        "cap_feat_dim": "columns of cap_embedder.1",
        "all_patch_size": "in the name of the picture embedder",
        "all_f_patch_size": "in the name of the picture embedder",
        "in_channels": "columns of the picture embedder over the patch",
        "siglip_feat_dim": "None where there is no siglip_embedder",
    },
    "text_encoder": {
        "model_type": "qwen3 where norms of queries and keys are there; as qwen2 they are dropped without a word",
        "vocab_size": "rows of embed_tokens",
        "hidden_size": "columns of embed_tokens",
        "intermediate_size": "rows of mlp.up_proj",
        "num_hidden_layers": "number of layers.*",
        "head_dim": "width of a head's norm",
        "num_attention_heads": "rows of the queries over the width of a head",
        "num_key_value_heads": "rows of the keys over the width of a head",
        "attention_bias": "whether the queries have a bias",
    },
    "vae": {
        "in_channels": "columns of encoder.conv_in",
        "out_channels": "rows of decoder.conv_out",
        "latent_channels": "columns of decoder.conv_in",
        "block_out_channels": "rows of the first convolution of each level",
        "layers_per_block": "number of blocks of the first level",
        "down_block_types": "one for each level",
        "up_block_types": "one for each level",
        "use_quant_conv": "whether quant_conv is there; otherwise random numbers stand in for it",
        "use_post_quant_conv": "whether post_quant_conv is there; otherwise random numbers stand in for it",
        "mid_block_add_attention": "whether the middle has an attention",
    },
}

RULES: tuple[Rule, ...] = (
    *(
        _rule("kind", part, "names of tensors", right, partial(_kind, part, mark), False)
        for part, mark, right in _KINDS
    ),
    *(
        _rule(
            "storage",
            part,
            "types, scales and notes of tensors",
            "bfloat16, float16, float32, fp8 or GGUF: read as if it were plain, another one would draw noise",
            partial(_storage, part),
            False,
        )
        for part, _, _ in _KINDS
    ),
    *(
        _rule("class", part, "_class_name", f"the class that the tensors are of; {right}", partial(_class, part), True)
        for part, right in _CLASSES
    ),
    *(
        _rule(key, part, key, right, partial(_derived, part, key), True)
        for part, keys in _DERIVED.items()
        for key, right in keys.items()
    ),
    *(
        _rule(
            "blocks", part, "names of tensors", "every block has the same tensors", partial(_whole, part, kinds), False
        )
        for part, kinds in _WHOLE
    ),
)
