"""Rules on the text encoder's configuration that its tensors do not tell."""

from __future__ import annotations

from collections import Counter
from functools import partial
from importlib import metadata
from typing import Any

from ...counts import counted
from ...types import Note
from .findings import REMOVED, Case, Problem, Rule, number_or_none, same, say
from .known import DEFAULTS
from .values import LEFT, UNKNOWN, judge

_PART = "text_encoder"
_ARCHITECTURES = {"Qwen3Model", "Qwen3ForCausalLM"}
_DTYPES = {"BF16": "bfloat16", "F32": "float32", "F16": "float16"}


def _architectures(case: Case) -> Problem | None:
    named = case.config(_PART).get("architectures")
    names = [str(name) for name in named] if isinstance(named, list) else [say(named)]
    if not named or case.facts[_PART].get("model_type") != "qwen3" or set(names) <= _ARCHITECTURES:
        return None
    return Problem(
        f"architectures names {', '.join(names)}, but the tensors are those of Qwen3.",
        {"architectures": ["Qwen3ForCausalLM"]},
    )


def read_theta(config: dict[str, Any]) -> float | None:
    """The base of the encoder's rotary positions: ``rope_parameters`` is the newer way to say it, and goes first."""
    parameters = _values(config, "rope_parameters") or _values(config, "rope_scaling")
    return number_or_none(parameters.get("rope_theta", config.get("rope_theta")))


def _values(config: dict[str, Any], key: str) -> dict[str, Any]:
    told = config.get(key)
    return told if isinstance(told, dict) else {}


def _with_theta(config: dict[str, Any], theta: float) -> dict[str, Any]:
    # Both ways, so that transformers before and after 5 read the same.
    parameters = _values(config, "rope_parameters") or {"rope_type": "default"}
    return {"rope_theta": theta, "rope_parameters": {**parameters, "rope_theta": theta}}


def _rope_theta(case: Case) -> Problem | None:
    config, known = case.config(_PART), case.known_as(_PART)
    told, default = read_theta(config), DEFAULTS[_PART]["rope_theta"]
    came = f"rope_theta is missing, {default:g} would be taken" if told is None else f"rope_theta is {told:g}"
    right = known.values.get(_PART, {}).get("rope_theta") if known else None
    if right is None:
        about, taken = "it decides what words mean", f"{default:g}"
        unknown = Note("doctor.value_unknown", UNKNOWN, key="rope_theta", default=taken, about=about)
        return Problem(unknown) if told is None else None
    assert known is not None
    old = config.get("rope_theta")
    if same(told, right) and (old is None or same(old, right)):
        return None
    if same(told, right):
        return Problem(
            f"rope_theta is {say(old)} and {say(told)} in rope_parameters; {right:g} was kept, as {known.name} has it.",
            _with_theta(config, right),
        )
    said = f"{came}, but {known.name}'s encoder has {right:g} (it decides what words far apart mean to each other)"
    if told is None or same(told, default):
        return Problem(f"{said}.", _with_theta(config, right))
    about = "it decides what words far apart mean to each other; another Qwen3-4B may need it"
    name, came, wanted = known.name, f"{told:g}", f"{right:g}"
    left = Note("doctor.value_left", LEFT, key="rope_theta", came=came, model=name, right=wanted, about=about)
    return Problem(left)


def _rope_type(case: Case) -> Problem | None:
    config = case.config(_PART)
    for key in ("rope_parameters", "rope_scaling"):
        told, parameters = config.get(key), _values(config, key)
        if told is not None and not isinstance(told, dict):
            return Problem(f"{key} is {say(told)}, which says nothing; it was left out.", {key: REMOVED})
        kind = parameters.get("rope_type", parameters.get("type", "default"))
        if kind == "default" or case.known_as(_PART) is None:
            continue
        theta = read_theta(config)
        changes: dict[str, Any] = {key: REMOVED} if theta is None else {**_with_theta({}, theta)}
        if key == "rope_scaling":
            changes[key] = REMOVED
        return Problem(
            f"{key} stretches positions by '{kind}', which changes short prompts too; no prompt here is that long.",
            changes,
        )
    return None


def _rope_style(case: Case) -> Problem | None:
    config = case.config(_PART)
    theta = _values(config, "rope_parameters").get("rope_theta")
    if theta is None or "rope_theta" in config or same(theta, DEFAULTS[_PART]["rope_theta"]):
        return None
    major = _transformers_major()
    if major is None or major >= 5:
        return None
    return Problem(
        f"rope_theta stands in rope_parameters only, which transformers {major} does not read.", {"rope_theta": theta}
    )


def _transformers_major() -> int | None:
    try:
        return int(metadata.version("transformers").split(".")[0])
    except (metadata.PackageNotFoundError, ValueError):
        return None


def _layer_types(case: Case) -> Problem | None:
    types, layers = case.config(_PART).get("layer_types"), case.facts[_PART].get("num_hidden_layers")
    if types is None or layers is None:
        return None
    kinds = {str(kind) for kind in types} if isinstance(types, list) else set()
    if kinds and len(types) == layers and not (case.known_as(_PART) and kinds != {"full_attention"}):
        return None
    came = f"is {say(types)}"
    if isinstance(types, list):
        came = f"lists {counted(len(types), 'layer')} of {counted(len(kinds), 'kind')}"
    return Problem(
        f"layer_types {came}; the model has {layers} with full attention.",
        {"layer_types": ["full_attention"] * layers},
    )


def _dtype(case: Case) -> Problem | None:
    config = case.config(_PART)
    sizes = Counter[str]()
    for info in case.sources.text_encoder.tensors.values():
        sizes[info.dtype] += info.bytes
    stored = _DTYPES.get(sizes.most_common(1)[0][0]) if sizes else None
    if stored is None:  # fp8 and the like are read into another dtype anyway
        return None
    key = next((key for key in ("dtype", "torch_dtype") if key in config), None)
    told = None if key is None else config[key]
    if told == stored or (told is None and case.is_shipped(_PART)):
        return None
    came = "dtype is missing" if told is None else f"{key} is {say(told)}"
    return Problem(f"{came}, but the weights are stored as {stored}.", {key or "torch_dtype": stored})


def _tie(case: Case) -> Problem | None:
    config, names = case.config(_PART), case.sources.text_encoder.tensors
    tied = config.get("tie_word_embeddings", DEFAULTS[_PART]["tie_word_embeddings"])
    if tied or not case.facts[_PART] or any(name.endswith("lm_head.weight") for name in names):
        return None
    named = config.get("architectures")
    speaks = isinstance(named, list) and any(str(name).endswith("ForCausalLM") for name in named)
    if not speaks and case.known_as(_PART) is None:
        return None  # an encoder alone has no head to tie
    return Problem(
        "tie_word_embeddings is not set, but there is no lm_head: as a language model it would speak at random.",
        {"tie_word_embeddings": True},
    )


def _rule(id: str, looks_at: str, right: str, check: Any) -> Rule:
    return Rule(f"{_PART}.{id}", _PART, looks_at, right, True, check)


RULES = (
    _rule(
        "architectures",
        "architectures",
        "Qwen3Model or Qwen3ForCausalLM; a wrong class here or in model_index.json is where 'Unrecognized "
        "configuration class … DeiTConfig' comes from",
        _architectures,
    ),
    _rule("rope_type", "rope_parameters, rope_scaling", "not stretched: it changes short prompts too", _rope_type),
    _rule(
        "rope_theta",
        "rope_parameters.rope_theta or rope_theta",
        "the known encoder's (1000000 for Qwen3-4B); the default 10000 draws other pictures",
        _rope_theta,
    ),
    _rule("rope_style", "rope_theta", "also said in the old way where transformers before 5 reads it", _rope_style),
    _rule("layer_types", "layer_types", "one for each layer", _layer_types),
    _rule(
        "rms_norm_eps",
        "rms_norm_eps",
        "the known encoder's",
        partial(judge, _PART, "rms_norm_eps", "added under the root of every norm", overrule=False),
    ),
    _rule(
        "hidden_act",
        "hidden_act",
        "the known encoder's",
        partial(judge, _PART, "hidden_act", "the function inside every layer", overrule=False),
    ),
    _rule("dtype", "dtype or torch_dtype", "that of the weights; another one rounds or doubles the memory", _dtype),
    _rule("tie_word_embeddings", "tie_word_embeddings", "true where a language model has no lm_head", _tie),
)
