"""The doctor finds every wrong value of a released checkpoint, puts it right, and leaves healthy ones alone."""

from __future__ import annotations

import ast
import copy
import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import released_checkpoint as released
from released_checkpoint import linked
from tiny_checkpoint import build_checkpoint

from adstudio import config
from adstudio.engine.doctor import RULES, examine, mend, text_encoder
from adstudio.engine.doctor.diagnosis import diagnose
from adstudio.engine.doctor.findings import same
from adstudio.engine.doctor.known import DEFAULTS
from adstudio.engine.forms.diffusers_folder import read_folder
from adstudio.engine.forms.parts import Sources


@pytest.fixture
def sources(turbo: Path) -> Sources:
    return read_folder(turbo)


def config_of(sources: Sources, part: str) -> dict[str, Any]:
    return sources.scheduler if part == "scheduler" else getattr(sources, part).config


def damaged(sources: Sources, part: str, **values: Any) -> Sources:
    """The same checkpoint with other values in one configuration; ``None`` takes the key out."""
    changed = {**config_of(sources, part), **values}
    changed = {key: value for key, value in changed.items() if value is not None}
    if part == "scheduler":
        return replace(sources, scheduler=changed)
    return replace(sources, **{part: replace(getattr(sources, part), config=changed)})


def test_the_released_model_is_healthy(sources: Sources) -> None:
    assert sum(part.bytes for part in sources.parts) == 12_309_817_472 + 8_044_936_192 + 167_639_366
    assert examine(sources) == ()


def test_the_embedded_and_the_tiny_checkpoint_are_healthy(tiny: Path, tiny_float: Path, tmp_path: Path) -> None:
    for path in (config.EMBEDDED_CHECKPOINT, tiny, tiny_float, build_checkpoint(tmp_path / "coarse", vae_levels=5)):
        assert examine(read_folder(path)) == ()


# What a repack does to a released configuration, and the rule that must see it. All of it is mended.
DAMAGE: dict[str, tuple[str, dict[str, Any], str]] = {
    "class of diffusers' older transformers": ("transformer", {"_class_name": "Transformer2DModel"}, "class"),
    "no class": ("transformer", {"_class_name": None}, "class"),
    "another VAE class": ("vae", {"_class_name": "AutoencoderTiny"}, "class"),
    "narrower": ("transformer", {"dim": 2304}, "dim"),
    "fewer layers": ("transformer", {"n_layers": 26}, "n_layers"),
    "other refiners": ("transformer", {"n_refiner_layers": 1}, "n_refiner_layers"),
    "other heads": ("transformer", {"n_heads": 24}, "n_heads"),
    "grouped heads": ("transformer", {"n_kv_heads": 8}, "n_kv_heads"),
    "no norms": ("transformer", {"qk_norm": False}, "qk_norm"),
    "other captions": ("transformer", {"cap_feat_dim": 2304}, "cap_feat_dim"),
    "other channels": ("transformer", {"in_channels": 4}, "in_channels"),
    "other patch": ("transformer", {"all_patch_size": [4]}, "all_patch_size"),
    "siglip that is not there": ("transformer", {"siglip_feat_dim": 1152}, "siglip_feat_dim"),
    "no axes_lens": ("transformer", {"axes_lens": None}, "axes_lens"),
    "short axes_lens": ("transformer", {"axes_lens": [1024, 512, 512]}, "axes_lens"),
    "axes_lens of words": ("transformer", {"axes_lens": "long"}, "axes_lens"),
    "other axes": ("transformer", {"axes_dims": [16, 56, 56]}, "axes_dims"),
    "language model's theta": ("transformer", {"rope_theta": 10000.0}, "rope_theta"),
    "other time scale": ("transformer", {"t_scale": 1.0}, "t_scale"),
    "as qwen2": ("text_encoder", {"model_type": "qwen2"}, "model_type"),
    "no model_type": ("text_encoder", {"model_type": None}, "model_type"),
    "a vision class": ("text_encoder", {"architectures": ["DeiTForImageClassification"]}, "architectures"),
    "no theta": ("text_encoder", {"rope_theta": None}, "rope_theta"),
    "default theta, old style": ("text_encoder", {"rope_theta": 10000.0}, "rope_theta"),
    "default theta, new style": (
        "text_encoder",
        {"rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
        "rope_theta",
    ),
    "theta in two minds": (
        "text_encoder",
        {"rope_theta": 5000000.0, "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}},
        "rope_theta",
    ),
    "theta of words": ("text_encoder", {"rope_theta": "1e6"}, "rope_theta"),
    "stretched, old style": ("text_encoder", {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "rope_type"),
    "stretched, new style": (
        "text_encoder",
        {"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 1000000.0}},
        "rope_type",
    ),
    "no head_dim, which is then right": ("text_encoder", {"head_dim": 80}, "head_dim"),
    "no key heads": ("text_encoder", {"num_key_value_heads": None}, "num_key_value_heads"),
    "no query heads": ("text_encoder", {"num_attention_heads": 20}, "num_attention_heads"),
    "no layer count": ("text_encoder", {"num_hidden_layers": None}, "num_hidden_layers"),
    "no width": ("text_encoder", {"hidden_size": None}, "hidden_size"),
    "no inner width": ("text_encoder", {"intermediate_size": None}, "intermediate_size"),
    "other vocabulary": ("text_encoder", {"vocab_size": 151669}, "vocab_size"),
    "biased": ("text_encoder", {"attention_bias": True}, "attention_bias"),
    "too few layer types": ("text_encoder", {"layer_types": ["full_attention"] * 28}, "layer_types"),
    "sliding": ("text_encoder", {"layer_types": ["sliding_attention"] * 36}, "layer_types"),
    "another dtype": ("text_encoder", {"torch_dtype": "float16"}, "dtype"),
    "no dtype": ("text_encoder", {"torch_dtype": None}, "dtype"),
    "a head that is not there": ("text_encoder", {"tie_word_embeddings": False}, "tie_word_embeddings"),
    "no scale": ("vae", {"scaling_factor": None}, "scaling_factor"),
    "Stable Diffusion's scale": ("vae", {"scaling_factor": 0.18215}, "scaling_factor"),
    "SD3's scale": ("vae", {"scaling_factor": 1.5305}, "scaling_factor"),
    "no shift": ("vae", {"shift_factor": None}, "shift_factor"),
    "SD3's shift": ("vae", {"shift_factor": 0.0609}, "shift_factor"),
    "no quant flag": ("vae", {"use_quant_conv": None}, "use_quant_conv"),
    "no post quant flag": ("vae", {"use_post_quant_conv": None}, "use_post_quant_conv"),
    "four channels": ("vae", {"latent_channels": None}, "latent_channels"),
    "one level": ("vae", {"block_out_channels": None}, "block_out_channels"),
    "one down block": ("vae", {"down_block_types": None}, "down_block_types"),
    "one up block": ("vae", {"up_block_types": None}, "up_block_types"),
    "one block a level": ("vae", {"layers_per_block": None}, "layers_per_block"),
    "no attention": ("vae", {"mid_block_add_attention": False}, "mid_block_add_attention"),
    "another scheduler": ("scheduler", {"_class_name": "DPMSolverMultistepScheduler"}, "class"),
    "no noise shift": ("scheduler", {"shift": None}, "shift"),
    "default noise shift": ("scheduler", {"shift": 1.0}, "shift"),
    "noise shift of words": ("scheduler", {"shift": "3"}, "shift"),
    "noise shift of no number": ("scheduler", {"shift": float("nan")}, "shift"),
    "noise shift the wrong way": ("scheduler", {"shift": -3.0}, "shift"),
    "noise shift without end": ("scheduler", {"shift": float("inf")}, "shift"),
    "another curve": ("scheduler", {"time_shift_type": "cosine"}, "time_shift_type"),
    "dynamic of words": ("scheduler", {"use_dynamic_shifting": "no"}, "use_dynamic_shifting"),
    "dynamic": ("scheduler", {"use_dynamic_shifting": True}, "use_dynamic_shifting"),
    "other time unit": ("scheduler", {"num_train_timesteps": 100}, "num_train_timesteps"),
    "karras": ("scheduler", {"use_karras_sigmas": True}, "use_karras_sigmas"),
    "inverted": ("scheduler", {"invert_sigmas": True}, "invert_sigmas"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_configuration_is_put_right(damage: str, sources: Sources) -> None:
    part, values, rule = DAMAGE[damage]
    broken = damaged(sources, part, **values)
    before = copy.deepcopy(config_of(broken, part))
    mended, findings = mend(broken)
    assert [(finding.rule, finding.mended) for finding in findings] == [(f"{part}.{rule}", True)]
    assert [finding.mended for finding in examine(broken)] == [False]
    assert config_of(broken, part) == before, "mending happens in a copy"
    assert mend(mended)[1] == (), "what was mended is healthy"
    assert "\n" not in str(findings[0])
    right = {**config_of(sources, part)}
    for key in values:
        if part == "text_encoder" and key.startswith("rope_"):
            assert text_encoder.read_theta(config_of(mended, part)) == 1_000_000
        elif key == "architectures":
            assert config_of(mended, part)[key] == ["Qwen3ForCausalLM"]
        elif key == "layer_types":
            assert config_of(mended, part)[key] == ["full_attention"] * 36
        else:
            default = DEFAULTS[part].get(key)
            assert config_of(mended, part).get(key, default) == right.get(key, default)


INDEX_DAMAGE: dict[str, tuple[str, Any]] = {
    "pipeline": ("_class_name", "StableDiffusionPipeline"),
    "scheduler": ("scheduler", ["diffusers", "DDIMScheduler"]),
    "text_encoder": ("text_encoder", ["transformers", "AutoModel"]),
    "tokenizer": ("tokenizer", ["transformers", "AutoTokenizer"]),
    "transformer": ("transformer", ["transformers", "ZImageTransformer2DModel"]),
    "vae": ("vae", None),
}


@pytest.mark.parametrize("damage", INDEX_DAMAGE)
def test_a_wrong_class_in_the_index_is_put_right(damage: str, sources: Sources) -> None:
    key, told = INDEX_DAMAGE[damage]
    assert diagnose(sources, index=released.INDEX)[1] == ()
    case, findings = diagnose(sources, index={**released.INDEX, key: told})
    assert [(finding.rule, finding.mended) for finding in findings] == [(f"model_index.{damage}", True)]
    assert case.index == released.INDEX


def test_every_mendable_rule_is_tried_above() -> None:
    tried = {f"{part}.{rule}" for part, _, rule in DAMAGE.values()}
    apart = {  # these need another situation than one wrong value of the released model
        "text_encoder.rope_style",
        *(f"transformer.{key}" for key in ("all_f_patch_size", "norm_eps")),
        *(f"text_encoder.{key}" for key in ("rms_norm_eps", "hidden_act")),
        *(f"vae.{key}" for key in ("in_channels", "out_channels", "norm_num_groups", "act_fn")),
        *(f"scheduler.{key}" for key in ("use_exponential_sigmas", "use_beta_sigmas", "shift_terminal")),
        "scheduler.stochastic_sampling",
        *(f"model_index.{name}" for name in INDEX_DAMAGE),
    }
    assert {rule.id for rule in RULES if rule.mendable} == tried | apart
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.id.startswith(f"{rule.part}.") and rule.looks_at and rule.right


def test_a_stripped_checkpoint_gets_all_of_its_values_back(sources: Sources) -> None:
    """Configurations that say nothing at all: tensors and the known model say everything."""
    empty = replace(
        sources,
        scheduler={},
        **{part.name: replace(part, config={}) for part in sources.parts},
    )
    mended, findings = mend(empty)
    assert all(finding.mended for finding in findings)
    for part in ("transformer", "text_encoder", "vae", "scheduler"):
        told, right = config_of(mended, part), config_of(sources, part)
        for key in DEFAULTS[part].keys() & right.keys():
            assert same(told.get(key, DEFAULTS[part][key]), right[key]), f"{part}.{key}"


def test_a_value_that_somebody_wrote_for_another_encoder_is_reported_and_kept(sources: Sources) -> None:
    other = damaged(sources, "text_encoder", rope_theta=5_000_000)  # Qwen3-4B-Instruct-2507, the same shapes
    mended, findings = mend(other)
    assert [(finding.rule, finding.mended) for finding in findings] == [("text_encoder.rope_theta", False)]
    assert mended.text_encoder.config["rope_theta"] == 5_000_000


def test_a_finding_is_told_to_other_languages_by_what_was_changed_or_cannot_be(sources: Sources) -> None:
    empty = damaged(sources, "vae", scaling_factor=0.18215, shift_factor=None)
    factor, shift = (finding.note() for finding in mend(empty)[1])
    assert (factor.code, factor.figures["part"]) == ("checkpoint.mended", "VAE")
    assert factor.figures["changes"] == "scaling_factor: 0.18215 → 0.3611"
    assert shift.figures["changes"] == "shift_factor: – → 0.1159"
    (other,) = (finding.note() for finding in mend(damaged(sources, "text_encoder", rope_theta=5_000_000))[1])
    assert other.startswith("problem: text_encoder: rope_theta is 5e+06, but Z-Image has 1e+06")
    assert (other.code, other.figures["rule"]) == ("doctor.value_left", "text_encoder.rope_theta")
    assert (other.figures["part"], other.figures["came"]) == ("text encoder", "5e+06")
    (axes,) = (finding.note() for finding in mend(damaged(sources, "transformer", axes_dims=[32, 32, 32, 32]))[1])
    assert axes.figures["changes"] == "axes_dims", "a long value is named and not shown"


def test_whatever_nothing_puts_right_can_be_told_in_other_languages() -> None:
    """A rule that mends says how; one that cannot has a note in place of an English sentence."""
    for path in Path(inspect.getfile(diagnose)).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "Problem" and len(call.args) == 1:
                assert not isinstance(call.args[0], ast.JoinedStr | ast.Constant), f"{path.name}:{call.lineno}"


def test_what_is_known_of_turbo_and_base(turbo: Path, tmp_path: Path) -> None:
    def shift(name: str, told: float | None) -> tuple[float, list[bool]]:
        sources = damaged(read_folder(linked(turbo, tmp_path / f"{told}" / name)), "scheduler", shift=told)
        mended, findings = mend(sources)
        return mended.scheduler["shift"], [finding.mended for finding in findings]

    assert shift("Z-Image-Turbo", 3.0) == (3.0, [])
    assert shift("Z-Image", 6.0) == (6.0, [])
    assert shift("my-finetune", 4.0) == (4.0, [])
    assert [shift("my-finetune", told) for told in (0.01, 300.0)] == [(0.01, [False]), (300.0, [False])]
    assert [shift("my-finetune", told)[1] for told in (1.5, 12.0)] == [[], []]
    assert shift("Z-Image-Turbo", None) == (3.0, [True])
    assert shift("my-finetune", None) == (3.0, [True])
    assert shift("Z-Image-Base", None) == (6.0, [True])
    assert shift("Z-Image-Turbo", 6.0) == (6.0, [False])  # reported, not overruled: the weights do not tell


def test_a_missing_value_of_an_unknown_model_is_reported_and_not_invented(tiny: Path) -> None:
    sources = read_folder(tiny)
    for part, key, rule in (
        ("vae", "scaling_factor", "vae.scaling_factor"),
        ("vae", "shift_factor", "vae.shift_factor"),
        ("scheduler", "shift", "scheduler.shift"),
        ("text_encoder", "rope_parameters", "text_encoder.rope_theta"),
    ):
        mended, findings = mend(damaged(sources, part, **{key: None}))
        assert [(finding.rule, finding.mended) for finding in findings] == [(rule, False)]
        assert key not in config_of(mended, part)


def test_theta_is_said_in_the_old_way_too_where_transformers_is_old(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = {"rope_type": "default", "rope_theta": 1_000_000.0}
    new_style = damaged(sources, "text_encoder", rope_theta=None, rope_parameters=parameters)
    assert mend(new_style)[1] == ()
    monkeypatch.setattr(text_encoder.metadata, "version", lambda _: "4.57.1")
    mended, findings = mend(new_style)
    assert [finding.rule for finding in findings] == ["text_encoder.rope_style"]
    assert mended.text_encoder.config["rope_theta"] == 1_000_000.0


def test_the_defaults_are_those_of_the_classes() -> None:
    import diffusers
    from transformers import Qwen3Config

    kinds: Any = diffusers
    classes = {
        "transformer": kinds.ZImageTransformer2DModel,
        "vae": kinds.AutoencoderKL,
        "scheduler": kinds.FlowMatchEulerDiscreteScheduler,
    }
    for part, kind in classes.items():
        signature = inspect.signature(kind.__init__).parameters
        for key, value in DEFAULTS[part].items():
            assert signature[key].default == value, f"{part}.{key}"
    qwen: Any = Qwen3Config()
    for key, value in DEFAULTS["text_encoder"].items():
        assert (qwen.rope_parameters[key] if key == "rope_theta" else getattr(qwen, key)) == value, key
