"""The text encoder writes: the right logits, chosen and ended as asked, and it reads prompts as before."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conversation import MESSAGES, SCHEMA, ask, why_invalid
from tiny_checkpoint import build_checkpoint

from adstudio import config
from adstudio.chat import ChatMessage
from adstudio.engine.drawing.encoding import embed_tokens
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.writing.answer import Draft, walk_freely
from adstudio.engine.writing.decoding import Writing, activation_bytes
from adstudio.engine.writing.language import EncoderChat
from adstudio.engine.writing.vocabulary import Vocabulary
from adstudio.ports import ChatModel

CPU = torch.device("cpu")


LESSONS = {
    "가을 신메뉴 밤라떼": '{"headline": "가을을 담은 밤라떼", "mood": "따뜻한", "hashtags": ["밤라떼", "가을"]}',
    "꽃집 어버이날 예약": '{"headline": "마음을 꽃으로", "mood": "bright", "hashtags": ["꽃집"]}',
}


def write_freely(zit: Zit, asked: list[int], most: int, seed: int = 0) -> tuple[Writing, Draft]:
    draft = Draft(Vocabulary(zit.components.tokenizer, zit.components.language_model.config.vocab_size), most)
    return Writing(zit.components.language_model, asked, draft, walk_freely(draft), seed), draft


def native(folder: Path, dtype: torch.dtype) -> Any:
    from transformers import Qwen3ForCausalLM

    kind: Any = Qwen3ForCausalLM
    return kind.from_pretrained(folder / "text_encoder", dtype=dtype).eval()


@pytest.mark.parametrize(("name", "dtype"), [("tiny", torch.bfloat16), ("tiny_float", torch.float32)])
def test_logits_equal_the_language_models_own_to_the_bit(
    name: str, dtype: torch.dtype, request: pytest.FixtureRequest, host: TorchHost
):
    folder = request.getfixturevalue(name)
    zit, model = load(folder, host), native(folder, dtype)
    asked = [5, 6, 7, 8, 9, 10]
    writing, draft = write_freely(zit, asked, 9)
    memory, pieces = None, [asked, [11], [12, 13], [14]]
    with torch.inference_mode():
        for index, piece in enumerate(pieces):
            draft.tokens += piece if index else []
            ours = writing._logits(CPU)
            out = model(input_ids=torch.tensor([piece]), past_key_values=memory, use_cache=True, logits_to_keep=1)
            memory = out.past_key_values
            assert torch.equal(ours, out.logits[0, -1].float())
            assert ours.shape == (zit.components.language_model.config.vocab_size,)


def test_the_likeliest_tokens_are_those_of_the_usual_generation(tiny_float: Path, host: TorchHost):
    zit, model = load(tiny_float, host), native(tiny_float, torch.float32)
    asked = list(range(20, 40))
    writing, draft = write_freely(zit, asked, 24)
    with torch.inference_mode():
        writing.go_on(host, CPU)
        usual = model.generate(torch.tensor([asked]), max_new_tokens=24, do_sample=False, pad_token_id=0)
    assert draft.tokens == usual[0, 20 : 20 + len(draft.tokens)].tolist()
    assert len(draft.tokens) == 24


def test_the_answer_tells_what_it_took(zit: Zit, host: TorchHost):
    said = ask(zit, host)
    assert why_invalid(json.loads(said.text), SCHEMA) == ""
    assert said.model.startswith("Qwen3 ")
    assert zit.checkpoint.name in said.model
    assert said.input_tokens > 40
    assert 20 < said.output_tokens <= 96
    assert said.first_token_s is not None
    assert 0 < said.first_token_s < said.seconds
    chat: ChatModel = EncoderChat(zit, host)
    assert (chat.name, chat.model) == ("local", said.model)


def test_greedy_repeats_itself_and_seeds_differ(zit: Zit, host: TorchHost):
    free = {"is_bound": False, "max_tokens": 24}
    assert ask(zit, host, **free).text == ask(zit, host, **free).text
    drawn = [ask(zit, host, seed=seed, **free).text for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len({*drawn, ask(zit, host, **free).text}) == 4


def test_nobody_elses_random_numbers_change(zit: Zit, host: TorchHost):
    ask(zit, host)
    torch.manual_seed(5)
    before = torch.get_rng_state(), random.getstate(), str(np.random.get_state())
    for seed in (0, 7):
        for is_bound in (True, False):
            ask(zit, host, seed=seed, is_bound=is_bound)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (random.getstate(), str(np.random.get_state()))
    torch.manual_seed(6)
    again = ask(zit, host, seed=7).text
    torch.manual_seed(8)
    assert ask(zit, host, seed=7).text == again


def state_of(module: torch.nn.Module) -> list[Any]:
    """All that may be changed on a module, and the values of its weights."""
    found: list[Any] = [repr(vars(module.config)), module.config._attn_implementation]  # type: ignore[union-attr]
    for name, part in module.named_modules():
        hooks = [value for key, value in sorted(part.__dict__.items()) if "hooks" in key]
        tensors = [(key, id(value)) for key, value in [*part._parameters.items(), *part._buffers.items()]]
        found.append((name, type(part), sorted(part.__dict__), repr(hooks), tensors, part.training))
    return [*found, [(value.data_ptr(), value.sum().item(), value.requires_grad) for value in module.parameters()]]


def picture(zit: Zit, host: TorchHost) -> Any:
    zit.components.embeddings.clear()
    return text_to_image(zit, "a podium", width=64, height=64, seed=3, steps=2, host=host).images[0]


def test_conditioning_and_pictures_stay_the_same_to_the_bit(zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    encoder = zit.components.language_model
    monkeypatch.setattr(encoder.config, "use_cache", False)  # as some checkpoints say
    drawn, embedded = picture(zit, host), embed_tokens(zit, list(range(50)), host)
    before = state_of(encoder)
    for is_bound in (True, False):
        for seed in (0, 4):
            ask(zit, host, seed=seed, is_bound=is_bound)
    assert state_of(encoder) == before
    assert torch.equal(embed_tokens(zit, list(range(50)), host), embedded)
    np.testing.assert_array_equal(picture(zit, host), drawn)


def test_it_works_under_inference_mode_and_leaves_ordinary_weights(tiny: Path):
    registry.forget()
    host = TorchHost("cpu", copying=True)
    with torch.inference_mode():
        zit = load(tiny, host)
        inside = ask(zit, host).text
    host.evict_all()
    assert ask(zit, host).text == inside
    assert not any(weight.is_inference() for weight in zit.components.language_model.parameters())
    registry.forget()


def test_memory_for_an_answer_is_that_of_its_keys_and_values():
    from transformers import Qwen3Config, Qwen3Model

    with torch.device("meta"):
        shape = {"num_hidden_layers": 36, "hidden_size": 2560, "intermediate_size": 9728, "num_attention_heads": 32}
        real = Qwen3Model(Qwen3Config(**shape, num_key_value_heads=8, head_dim=128)).to(torch.bfloat16)
    needed = activation_bytes(real, [0] * 1000, 1000)
    assert 2000 * 147_456 < needed < 2000 * 147_456 + 120 * 2**20


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose encoder has learned two answers by heart, with the embedded model's tokenizer."""
    folder = build_checkpoint(
        tmp_path_factory.mktemp("taught") / "taught",
        dtype=torch.float32,
        encoder={"vocab_size": 2048, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2},
    )
    shutil.rmtree(folder / "tokenizer")
    shutil.copytree(config.EMBEDDED_CHECKPOINT / "tokenizer", folder / "tokenizer")
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder / "tokenizer")
    model, state = native(folder, torch.float32), torch.get_rng_state()
    torch.manual_seed(0)
    examples = []
    for brief, answer in LESSONS.items():
        turns = [{"role": "system", "content": MESSAGES[0].content}, {"role": "user", "content": brief}]
        chat = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        question, reply = tokenizer(chat).input_ids, tokenizer(answer + "<|im_end|>").input_ids
        examples.append((torch.tensor([question + reply]), torch.tensor([[-100] * len(question) + reply])))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(400):
        loss = torch.stack([model(input_ids=ids, labels=labels).loss for ids, labels in examples]).sum()
        if loss.item() < 0.02:
            break
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    torch.set_rng_state(state)
    model.model.save_pretrained(folder / "text_encoder")
    return folder


@pytest.mark.parametrize("brief", LESSONS)
def test_what_it_has_learned_it_says(taught: Path, host: TorchHost, brief: str):
    zit = load(taught, host)
    messages = (MESSAGES[0], ChatMessage("user", brief))
    free = ask(zit, host, messages, is_bound=False, max_tokens=200)
    assert free.text == LESSONS[brief]
    assert not free.is_cut_short
    bound = ask(zit, host, messages, max_tokens=200)
    assert json.loads(bound.text) == json.loads(LESSONS[brief])
    assert not bound.is_cut_short


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_embedded_checkpoint_answers_in_the_schema(host: TorchHost, seed: int):
    said = ask(load(config.EMBEDDED_NAME, host), host, seed=seed, max_tokens=160)
    assert why_invalid(json.loads(said.text), SCHEMA) == ""
