"""Measure the text encoder as a language model: memory, time to the first token, tokens a second, as Markdown.

python benchmarks/language.py [--checkpoint demo] [--full-size 0.6B] [--tokens 160] [--rounds 3]

``--full-size`` measures an encoder of that size with random weights instead: its words mean nothing, its bytes and its
time are those of a real one. Free writing stops at the limit of tokens; bound to a schema, the form is written for it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import full_size  # noqa: E402
from benchmarks.gauges import anonymous, timed, watched_peak  # noqa: E402
from benchmarks.surroundings import sentence  # noqa: E402

SIZES = {
    "0.6B": {"hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16},
    "1.7B": {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28, "num_attention_heads": 16},
    "4B": {},
}
SYSTEM = (
    "You write advertisements for Korean shops. Read the brief and answer with one JSON object: the picture in "
    "English, and a headline, a sub-headline and hashtags in Korean. No signs and no letters in the picture."
)
BRIEF = (
    "우리 동네 작은 카페인데요, 가을 신메뉴로 공주 밤을 넣은 밤라떼가 나왔어요. 따뜻하고 아늑한 느낌으로 부탁드려요!"
)
SCHEMA = {
    "type": "object",
    "properties": {
        "picture": {"type": "string", "maxLength": 240},
        "mood": {"type": "string", "enum": ["calm", "bright", "warm", "luxurious"]},
        "headline": {"type": "string", "maxLength": 20},
        "sub": {"type": "string", "maxLength": 40},
        "hashtags": {"type": "array", "items": {"type": "string", "maxLength": 12}, "minItems": 3, "maxItems": 6},
    },
}
MIB = 2**20


def write_random(folder: Path, size: str) -> Path:
    """A checkpoint whose encoder has the size and shape of a Qwen3, beside a tiny transformer and VAE."""
    import transformers

    kinds: Any = transformers
    config = {**full_size.TEXT_ENCODER, **SIZES[size]}
    import torch

    with torch.device("meta"):
        encoder = kinds.Qwen3Model(kinds.Qwen3Config.from_dict(config))
    from adstudio.engine.forms.assembly import diffusers_class
    from adstudio.engine.forms.qwen_tokenizer import qwen_tokenizer

    folder.mkdir(parents=True)
    full_size.write_part(folder / "text_encoder", encoder, "model")
    (folder / "text_encoder" / "config.json").write_text(json.dumps(config))
    tiny = {"dim": 48, "n_layers": 1, "n_refiner_layers": 1, "n_heads": 2, "n_kv_heads": 2, "axes_dims": [8, 8, 8]}
    transformer = diffusers_class("ZImageTransformer2DModel")(**tiny, cap_feat_dim=config["hidden_size"])
    transformer.to(torch.bfloat16).save_pretrained(folder / "transformer")
    vae = diffusers_class("AutoencoderKL").from_config(
        {**full_size.VAE, "block_out_channels": [32, 32, 32, 32], "layers_per_block": 1}
    )
    vae.to(torch.bfloat16).save_pretrained(folder / "vae")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(full_size.SCHEDULER))
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "ZImagePipeline"}))
    qwen_tokenizer().save_pretrained(folder / "tokenizer")
    return folder


def measure(checkpoint: str, tokens: int, rounds: int) -> None:
    """Write answers, and print what they took."""
    from adstudio.chat import ChatMessage, Completion
    from adstudio.engine.memory.components import load
    from adstudio.engine.memory.torch_host import TorchHost
    from adstudio.engine.writing.language import EncoderChat

    host = TorchHost(model_dirs=[])
    zit = load(checkpoint, host)
    encoder = zit.components.language_model
    messages = [ChatMessage("system", SYSTEM), ChatMessage("user", BRIEF)]

    def write(is_bound: bool, seed: int) -> Completion:
        chat = EncoderChat(zit, host, is_bound=is_bound)
        return asyncio.run(chat.complete(messages, schema=SCHEMA, max_tokens=tokens, seed=seed))

    before, in_use = weight_bytes(encoder), live_tensor_bytes()
    with timed() as preparing:
        chat = EncoderChat(zit, host)
        can_write = chat.can_write
        chat._vocabulary()
    write(False, 1)  # the pages of the file are read, the kernels chosen
    gc.collect()
    added, anonymous_before = live_tensor_bytes() - in_use, anonymous()
    said: dict[bool, list[Completion]] = {True: [], False: []}
    with watched_peak() as peak:
        for seed in range(1, rounds + 1):  # in turns, so that whatever else the machine does falls on both alike
            for is_bound, answers in said.items():
                answers.append(write(is_bound, seed))
    gc.collect()
    print(
        f"{chat.model}, an answer of up to {tokens} tokens to a conversation of {said[True][0].input_tokens}, median "
        f"of {rounds}; worth choosing by itself: {'yes' if can_write else 'no'}.\n\n"
        "| writing | first token, s | tokens per s | tokens | valid JSON |\n|---|---|---|---|---|"
    )
    for is_bound, answers in said.items():
        first = statistics.median(answer.first_token_s or 0 for answer in answers)
        pace = statistics.median(
            (answer.output_tokens - 1) / (answer.seconds - (answer.first_token_s or 0)) for answer in answers
        )
        length = statistics.median(answer.output_tokens for answer in answers)
        name = "bound to the schema" if is_bound else "free"
        print(f"| {name} | {first:.2f} | {pace:.1f} | {length:.0f} | {sum(map(is_json, answers))} of {rounds} |")
    grown = [(peak[0] - anonymous_before) / MIB, (anonymous() - anonymous_before) / MIB]
    print(
        f"\nWeights: {before:,} bytes before, {weight_bytes(encoder):,} after. All tensors alive: {added:+,} bytes, "
        f"the tables of the vocabulary, made in {preparing[0]:.1f} s. Anonymous memory: {grown[0]:.0f} MiB more at its "
        f"peak, {grown[1]:.0f} MiB afterwards.\n\n{sentence()}"
    )


def weight_bytes(module: Any) -> int:
    """Bytes of a module's weights, shared ones once."""
    return sum({weight.data_ptr(): weight.nbytes for weight in module.parameters()}.values())


def live_tensor_bytes() -> int:
    """Bytes of every tensor that anything still holds, shared memory once."""
    import torch

    gc.collect()
    found = [thing for thing in gc.get_objects() if issubclass(type(thing), torch.Tensor) and not thing.is_meta]
    return sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in found}.values())


def is_json(answer: Any) -> bool:
    """Whether an answer has the schema's names."""
    try:
        return json.loads(answer.text).keys() == SCHEMA["properties"].keys()
    except (ValueError, AttributeError):
        return False


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", default="demo")
    parser.add_argument("--full-size", choices=list(SIZES), help="an encoder of this size with random weights instead")
    parser.add_argument("--tokens", type=int, default=160, help="most tokens of an answer")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not options.full_size:
        measure(options.checkpoint, options.tokens, options.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(str(write_random(Path(folder) / options.full_size, options.full_size)), options.tokens, options.rounds)


if __name__ == "__main__":
    main()
