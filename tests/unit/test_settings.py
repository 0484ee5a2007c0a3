"""The settings file and the environment: which key goes to which host, and clear words for every mistake."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from pathlib import Path

import pytest

from adstudio import settings
from adstudio.errors import InputError, ProviderError
from adstudio.settings import read_settings

CANARY = "sk-canary-0123456789abcdefghij"
OTHER = "gsk-other-0123456789abcdefghij"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    return tmp_path


def put(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_without_file_and_environment() -> None:
    found = read_settings()
    assert (found.provider, found.base_url, found.model, found.timeout_s, found.cache) == (
        *("auto", "https://api.openai.com/v1", "gpt-5.4-mini", 60.0, True),
    )
    assert not found.is_ready()
    assert (found.engine, found.checkpoint) == ("zit", "demo")


def test_a_whole_file(home: Path) -> None:
    put(
        home,
        "provider: OpenAI\ncache: no\nopenai:\n  base_url: https://llm.example.com/v1/\n  model: big\n  timeout_s: 30\n"
        f"  keys:\n    LLM.example.com: {CANARY}\n    localhost:8000: {OTHER}\n",
    )
    found = read_settings()
    assert (found.provider, found.cache, found.timeout_s) == ("openai", False, 30.0)
    service = found.service()
    assert (service.address.url, service.address.host, service.model) == (
        *("https://llm.example.com/v1", "llm.example.com", "big"),
    )
    assert service.key.reveal() == CANARY
    assert found.service("http://localhost:8000/v1", "small").key.reveal() == OTHER
    assert found.service("http://localhost:8001/v1").key.reveal() == "none"  # another port, another server


def test_the_model_that_looks_is_named_on_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().vision_model == ""
    put(home, "openai: {model: writes, vision_model: looks}")
    before = settings.settings_stamp()
    assert (read_settings().model, read_settings().vision_model) == ("writes", "looks")
    monkeypatch.setenv("ADSTUDIO_VISION_MODEL", "looks better")
    assert read_settings().vision_model == "looks better"
    assert settings.settings_stamp() != before


def test_environment_keys_belong_to_the_host_of_their_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    assert read_settings().service().key.reveal() == CANARY
    with pytest.raises(ProviderError) as caught:
        read_settings().service("https://llm.example.com/v1")
    assert caught.value.code == "provider.no_key"
    monkeypatch.setenv("OPENAI_BASE_URL", "https://llm.example.com/v1")
    assert read_settings().service().address.host == "llm.example.com"
    with pytest.raises(ProviderError, match=r"api\.openai\.com needs a key"):
        read_settings().service("https://api.openai.com/v1")


def test_ours_and_openais_variables_do_not_mix(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    put(home, "openai:\n  base_url: https://file.example.com/v1\n")
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    assert read_settings().address().host == "file.example.com"
    assert not read_settings().is_ready()  # OpenAI's key is not for that host
    monkeypatch.setenv("ADSTUDIO_API_KEY", OTHER)
    assert read_settings().service().key.reveal() == OTHER
    monkeypatch.setenv("ADSTUDIO_BASE_URL", "https://ours.example.com/v1")
    found = read_settings()
    assert (found.service().address.host, found.service().key.reveal()) == ("ours.example.com", OTHER)
    assert found.service("https://api.openai.com/v1").key.reveal() == CANARY
    assert not found.is_ready("https://file.example.com/v1")
    for near in ("https://ours.example.com.evil.test/v1", "https://ours.example.com:444/v1", "https://example.com"):
        with pytest.raises(ProviderError):
            found.service(near)


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.0.0.1:1234/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://192.168.0.7:8000/v1", True),
        ("http://ollama:11434/v1", True),
        ("http://box.local/v1", True),
        ("http://100.64.1.2:8000/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8/v1", False),
        ("http://localhost.evil.test/v1", False),
    ],
)
def test_only_servers_nearby_need_no_key(url: str, is_local: bool) -> None:
    assert read_settings().is_ready(url) == is_local
    if not is_local:
        with pytest.raises(ProviderError):
            read_settings().service(url)


def test_a_key_goes_over_http_only_to_this_machine(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    put(
        home,
        f"openai:\n  keys:\n    192.168.0.7:8000: {CANARY}\n    llm.example.com: {CANARY}\n    127.0.0.1:1: {CANARY}\n",
    )
    for url in ("http://192.168.0.7:8000/v1", "http://llm.example.com/v1"):
        with pytest.raises(ProviderError) as caught:
            read_settings().service(url)
        assert caught.value.code == "provider.insecure_address"
        assert CANARY not in str(caught.value)
    assert read_settings().service("https://192.168.0.7:8000/v1").key.reveal() == CANARY
    assert read_settings().service("http://127.0.0.1:1/v1").key.reveal() == CANARY


@pytest.mark.parametrize(
    "url",
    [
        *("api.openai.com/v1", "ftp://x/v1", "https://", "https:///v1", "https://a b/v1", "https://x:99999/v1"),
        *(
            f"https://user:{CANARY}@x.com/v1",
            f"https://x.com/v1?key={CANARY}",
            "https://x.com/v1#a",
            "http://localhost/v1?",
            "http://localhost/v1#",
            "javascript:alert(1)",
        ),
        *("https://x.com\\@evil.com/v1", "https://x.com/\n/v1", "https://[::1/v1"),
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        read_settings().service(url)
    assert caught.value.code == "provider.bad_address"
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "169.254.1.1", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]"),
        *("2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "127.1", "2130706433:8000", "0x7f.1"),
        *("metadata", "metadata.google.internal", "METADATA.google.internal.", "instance-data", "metadata.goog"),
        *("100.100.100.200", "[fd00:ec2::254]", "[fe80::1]", "[fd20:ce::254]", "192.0.0.192", "168.63.129.16"),
        *("%31%32%37.0.0.1", "１６９。２５４。１６９。２５４", "２１３０７０６４３３", "1.2.3.256", "example.0x7f"),
    ],
)
def test_numbers_that_hide_an_address_and_metadata_services_are_refused(home: Path, host: str) -> None:
    put(home, f"openai:\n  keys:\n    '{host.lower()}': {CANARY}\n")
    for ask in (read_settings().is_ready, read_settings().service):
        with pytest.raises(InputError) as caught:
            ask(f"http://{host}/v1")
        assert caught.value.code == "provider.bad_address"


def test_what_a_request_from_elsewhere_may_name(home: Path) -> None:
    put(home, "openai:\n  base_url: https://llm.example.com/v1\n  allowed: [http://box.local:8000/v1/]\n")
    found = read_settings()
    for url in ("https://LLM.example.com:443/v1/", "http://box.local:8000/v1", ""):
        assert found.allows(url)
    for url in ("http://llm.example.com/v1", "https://llm.example.com/v2", "http://box.local/v1", "http://localhost"):
        assert not found.allows(url)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("openai:\n  modle: x\n", ("line 2", "openai.modle", "did you mean 'model'")),
        ("provder: x\n", ("line 1", "did you mean 'provider'")),
        ("zzz: 1\n", ("zzz", "provider, engine, checkpoint, cache, openai")),
        ("openai: 3\n", ("line 1", "'openai' should be fields", "int")),
        ("openai:\n  timeout_s: soon\n", ("line 2", "a number")),
        ("openai:\n  timeout_s: yes\n", ("line 2", "a number")),
        ("openai:\n  timeout_s: 0\n", ("line 2", "between 1 and 600")),
        ("openai:\n  timeout_s: .nan\n", ("between 1 and 600",)),
        ("cache: maybe\n", ("yes or no",)),
        ("openai:\n  base_url: nowhere\n", ("line 2", "openai.base_url")),
        ("openai:\n  keys: abc\n", ("line 2", "openai.keys")),
        ("openai:\n  keys:\n    https://x.com/v1: abc\n", ("line 3", "hosts such as")),
        ("openai:\n  keys:\n    x.com: 12345\n", ("line 3", "put it in quotes")),
        (f"openai:\n  keys:\n    x.com: '{CANARY} x'\n", ("line 3", "x.com", "no key has")),
        (f"openai:\n  keys:\n    x.com: {CANARY}\n   y: [\n", ("line", "not valid YAML")),
        (f"openai: {{keys: {{x.com: @{CANARY}}}}}\n", ("line 1", "not valid YAML")),
        ("- a\n", ("a list",)),
        ("openai:\n  allowed: https://x.com\n", ("line 2", "'openai.allowed' should be a list")),
        ("cache: yes\nopenai: {keys: &k {h: *k}}\n", ("line 2", "write out", "*k")),
        ("openai: &a\n  b: *a\n", ("line 2", "write out", "*a")),
        ("openai: " + "[" * 1000 + "]" * 1000 + "\n", ("nested too deeply",)),
        ("openai:\n  allowed: [nowhere]\n", ("line 2", "openai.allowed")),
    ],
)
def test_mistakes_name_file_line_and_field_and_no_key(home: Path, text: str, words: tuple[str, ...]) -> None:
    path = put(home, text)
    with pytest.raises(InputError) as caught:
        read_settings()
    assert caught.value.code == "settings.bad_file"
    for word in (str(path), *words):
        assert word in caught.value.message
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_bytes_that_are_no_text(home: Path) -> None:
    (home / "settings.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_settings()


def test_empty_fields_count_as_left_out(home: Path) -> None:
    put(home, "provider:\nopenai:\n  model:\n  keys:\n    api.openai.com:\n")
    assert read_settings() == settings.Settings()


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ADSTUDIO_API_KEY"])
def test_a_broken_key_in_the_environment_is_named_but_not_told(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, f"{CANARY} 키")
    with pytest.raises(InputError, match=name) as caught:
        read_settings()
    assert CANARY not in str(caught.value)


def test_a_broken_address_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("OPENAI_BASE_URL", "nowhere")
    with pytest.raises(InputError, match="OPENAI_BASE_URL") as caught:
        read_settings()
    assert caught.value.code == "settings.bad_environment"


def test_a_key_hides(home: Path) -> None:
    put(home, f"openai:\n  keys:\n    x.com: {CANARY}\n")
    found = read_settings()
    service = found.service("https://x.com/v1")
    for shown in (repr(found), str(service), f"{service.key}", f"{service.key!r:>30}", repr([service.key])):
        assert CANARY not in shown
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copied(service.key)
    assert not hasattr(service.key, "__dict__")


def test_a_file_that_everybody_can_read_is_warned_of_once(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(home, f"openai:\n  keys:\n    x.com: {CANARY}\n", 0o644)
    with caplog.at_level(logging.WARNING, "adstudio"):
        read_settings()
        read_settings()
    assert len(caplog.records) == 1
    assert "chmod 600" in caplog.text and CANARY not in caplog.text
    put(home, "provider: rules\n", 0o604)
    read_settings()  # no key in it, no warning
    assert len(caplog.records) == 1
