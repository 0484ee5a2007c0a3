"""A peer that nobody of ours wrote: ``transformers serve`` with a tiny random model. Opt in with ADSTUDIO_PEER=1.

It ignores the response format and answers nonsense, which is what it is here for.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from adstudio.chat import ChatMessage, openai_chat
from adstudio.chat.openai_chat import OpenAIChat
from adstudio.errors import ProviderError
from adstudio.prompt.providers.model_writer import ModelWriter
from adstudio.service import Key, read_address
from adstudio.settings import Service
from adstudio.types import PromptRequest

if os.environ.get("ADSTUDIO_PEER") != "1":
    pytest.skip("starts `transformers serve`; asked for with ADSTUDIO_PEER=1", allow_module_level=True)
if missing := [name for name in ("fastapi", "uvicorn", "accelerate") if importlib.util.find_spec(name) is None]:
    pytest.skip(f"not installed: {', '.join(missing)}", allow_module_level=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from tiny_checkpoint import build_checkpoint
    from transformers import AutoConfig, AutoTokenizer, Qwen3ForCausalLM

    folder = tmp_path_factory.mktemp("peer")
    made = build_checkpoint(folder / "zit")
    config = AutoConfig.from_pretrained(made / "text_encoder")
    config.vocab_size = max(config.vocab_size, len(AutoTokenizer.from_pretrained(made / "tokenizer")))
    torch.manual_seed(0)
    Qwen3ForCausalLM(config).save_pretrained(folder / "model")
    AutoTokenizer.from_pretrained(made / "tokenizer").save_pretrained(folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def service(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "serve.txt"
    command = [Path(sys.executable).with_name("transformers"), "serve", model, "--port", str(port), "--device", "cpu"]
    with log.open("wb") as out:
        peer = subprocess.Popen([*map(str, command)], stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 120
        while peer.poll() is None and time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.3)
        else:
            pytest.fail(log.read_text("utf-8", "replace")[-2000:])
        yield Service(read_address(f"http://127.0.0.1:{port}/v1"), str(model), Key.none(), 120)
    finally:
        peer.terminate()
        peer.wait(30)


@pytest.fixture(autouse=True)
def no_room(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room to think: this one would fill it."""
    known = {(service.address.host, service.model): openai_chat._Dialect("max_tokens", room=0)}
    monkeypatch.setattr(openai_chat, "_dialects", known)


def test_it_answers_and_is_counted(service: Service) -> None:
    chat = OpenAIChat(service)
    asked = chat.complete((ChatMessage("user", "hello"),), schema={"type": "object"}, max_tokens=8, seed=3)
    answer = asyncio.run(asked)
    assert answer.model.startswith(service.model)
    assert answer.input_tokens > 0 and answer.output_tokens > 0  # its text may be all special tokens


def test_its_nonsense_becomes_one_error(service: Service) -> None:
    with pytest.raises(ProviderError) as caught:
        asyncio.run(ModelWriter(OpenAIChat(service)).write_prompt(PromptRequest("창가 카페 딸기라떼")))
    assert caught.value.code in ("provider.cut_short", "provider.bad_answer")


def test_another_model_name_is_refused(service: Service) -> None:
    other = Service(service.address, "another-model", service.key, 60)
    with pytest.raises(ProviderError) as caught:
        asyncio.run(OpenAIChat(other).complete((ChatMessage("user", "hello"),), schema={}, max_tokens=8))
    assert caught.value.code in ("provider.unknown_model", "provider.bad_request")
