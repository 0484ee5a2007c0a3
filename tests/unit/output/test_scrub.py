"""What must not travel with a picture, and what must arrive unharmed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.output import scrub as scrubbing
from adstudio.output.metadata import read_metadata
from adstudio.output.save import save_picture
from adstudio.output.scrub import REMOVED, scrub

ROOT = Path(__file__).resolve().parents[3]

KEYS = [
    "sk-proj-abcdefghij1234567890",
    "sk-ant-api03-AbCdEfGhIjKlMnOpQrSt",
    "hf_AbCdEfGhIjKlMnOpQrStUv",
    "r8_AbCdEfGhIjKlMnOpQrStUv",
    "ghp_abcdefghijklmnopqrstuvwxyz123456",
    "github_pat_11ABCDEFG0abcdefghij_klmnop",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA-1234567890abcdefghijklmnopqrstu",
    "xoxb-123456789012-abcdefghij",
    "nvapi-abcdefghijklmnop_1234",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "AbCdEf1234GhIjKl5678MnOpQr9012StUvWx",
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----",
]


def test_a_plain_word_in_a_field_named_key_leaves_the_graph_whole() -> None:
    graph = {"prompt": {"1": {"class_type": "GetKey", "inputs": {"key": "prompt", "text": "a prompt for spring"}}}}
    ui = {
        "workflow": {"nodes": [{"inputs": [{"name": "prompt"}], "widgets_values": ["prompt", "a prompt for spring"]}]}
    }
    cleaned = scrub(graph | ui, secrets=())
    assert cleaned["prompt"]["1"]["inputs"] == {"key": REMOVED, "text": "a prompt for spring"}
    assert cleaned["workflow"]["nodes"] == [
        {"inputs": [{"name": "prompt"}], "widgets_values": [REMOVED, "a prompt for spring"]}
    ]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "around", ["{}", "key: {}", "딸기 라떼 {} 신메뉴", "https://host/v1?api_key={}&seed=3", "('{}')"]
)
def test_texts_in_the_form_of_a_key_go(key: str, around: str) -> None:
    cleaned = scrub({"widgets_values": [around.format(key)]}, secrets=())["widgets_values"][0]
    assert key not in cleaned and REMOVED in cleaned
    assert "딸기" not in around or (cleaned.startswith("딸기 라떼 ") and cleaned.endswith(" 신메뉴"))


@pytest.mark.parametrize(
    ("private", "left"),
    [
        ("/home/minji/바탕화면/케이크.jpg", "케이크.jpg"),
        ("/Users/minji/Desktop/Shop Photos/latte.png", "latte.png"),
        (r"C:\Users\김민지\Pictures\라떼.png", "라떼.png"),
        ("C:/Users/kim/a.png", "a.png"),
        (r"\\nas\customers\kim\a.png", "a.png"),
        ("file:///home/minji/a.png", "a.png"),
        ("~/ads/a.png", "a.png"),
        ("/home/minji/", REMOVED),
        ("cannot open '/mnt/c/Users/kim/a b/c.txt': denied", "cannot open 'c.txt': denied"),
        ("/tmp/a/x.png and /var/b/y.png", "x.png and y.png"),
        ("postgres://kim:hunter2@db/ads", f"postgres://{REMOVED}@db/ads"),
        ("Authorization: Bearer abcdef1234567890", f"Authorization: Bearer {REMOVED}"),
        ("password = hunter2hunter2", f"password = {REMOVED}"),
    ],
)
def test_private_places_shrink_to_a_file_name(private: str, left: str) -> None:
    assert scrub(private, secrets=()) == left


def test_the_home_folder_goes_wherever_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/export/users/minji"))
    monkeypatch.setattr(scrubbing.getpass, "getuser", lambda: "minji")
    assert scrub("/export/users/minji/a/b.png", secrets=()) == "b.png"
    assert scrub(["minji@laptop", "user=minji", "민지네 minji 케이크"], secrets=()) == [
        f"{REMOVED}@laptop",
        f"user={REMOVED}",
        "민지네 minji 케이크",
    ]


@pytest.mark.parametrize(
    "harmless",
    [
        "24시간/연중무휴, 1/2 가격, and/or",
        "https://example.com/home/menu?size=2",
        "models/diffusers/z-image",
        "../origin/a1/a1b2.png",
        "Qwen3-4B-Instruct-2507-abliterated-Q4_K_M_v2.safetensors",
        "0123456789abcdef" * 4,
        "550e8400-e29b-41d4-a716-446655440000",
        "오늘의 secret 레시피, a token of love, key visual2026",
        "data:image/png;base64," + "Ab1" * 40,
        "#E03050",
        "",
    ],
)
def test_words_names_and_digests_stay(harmless: str) -> None:
    assert scrub(harmless, secrets=()) == harmless


def test_a_field_named_like_a_key_is_emptied_also_where_a_graph_repeats_it() -> None:
    graph = {
        "prompt": {"1": {"inputs": {"api_key": "plain words", "max_tokens": 500, "seed": 3, "key": "C"}}},
        "workflow": {"nodes": [{"widgets_values": ["plain words", 500, "a brief with plain words"]}]},
    }
    before = json.dumps(graph)
    cleaned = scrub(graph, secrets=())
    assert cleaned["prompt"]["1"]["inputs"] == {"api_key": REMOVED, "max_tokens": 500, "seed": 3, "key": "C"}
    assert cleaned["workflow"]["nodes"][0]["widgets_values"] == [REMOVED, 500, f"a brief with {REMOVED}"]
    assert json.dumps(graph) == before, "the graph that runs is not touched"


def test_what_this_machine_holds_as_a_secret_goes_whatever_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "no-form-at-all")
    monkeypatch.setenv("OPENAI_API_KEY", "another.odd.key")
    assert scrub("a no-form-at-all b another.odd.key c") == f"a {REMOVED} b {REMOVED} c"


@pytest.mark.parametrize("path", sorted((ROOT / "workflows").rglob("*.json")), ids=lambda path: path.stem)
def test_the_shipped_workflows_come_through_unchanged(path: Path) -> None:
    graph = json.loads(path.read_text(encoding="utf-8"))
    assert scrub(graph) == graph


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_scrubbing_twice_is_scrubbing_once(value: object) -> None:
    once = scrub(value, secrets=())
    assert scrub(once, secrets=()) == once


@pytest.mark.parametrize(
    "hostile", ["/home/" * 200_000, "a/" * 500_000, r"\\a" + r"\b" * 400_000, "~" * 500_000 + "/", "key=" * 300_000]
)
def test_no_text_takes_long(hostile: str) -> None:
    """A fifth of a second; what looked at every pair of letters would take hours, and the whole run's limit ends it."""
    scrub(hostile, secrets=())


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "avif"])
def test_nothing_private_is_in_the_bytes_of_any_file(tmp_path: Path, format: str) -> None:
    import numpy as np

    picture = np.zeros((32, 32, 3), np.float32)
    record = {"error": "cannot read /home/minji/a.png", "key": KEYS[0]}
    graph = {"1": {"inputs": {"image": "/home/minji/b.png", "api_key": "plain words"}}}
    save_picture(
        picture,
        tmp_path,
        format=format,
        original=1 - picture,
        metadata={"adstudio": record, "prompt": graph, "workflow": {"nodes": [{"widgets_values": ["plain words"]}]}},
    )
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 3
    for path in written:
        data = path.read_bytes()
        assert not any(word in data for word in (b"minji", b"plain words", KEYS[0].encode()))
    assert read_metadata(next(path for path in written if path.suffix == ".png"))["adstudio"]
