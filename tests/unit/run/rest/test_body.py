"""Bodies come from anybody: each is a request that could be drawn, or an error that says what is wrong."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio import AdStudioError, InputError
from adstudio.run.request import AdRequest
from adstudio.run.rest.body import read_ask, read_form, read_json
from adstudio.run.rest.openapi import body_schema, document
from adstudio.run.rest.pictures import read_input

PNG = b"\x89PNG\r\n\x1a\nnot really"
CODED = base64.b64encode(PNG).decode()


def no_input(name: str) -> bytes:
    raise InputError("request.no_such_photo", "No photo.", "")


def code_of(task: str, body: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        read_ask(task, body, no_input)
    return caught.value.code


def test_photos_become_bytes_whichever_way_they_come() -> None:
    for source in (CODED, f"data:image/png;base64,{CODED}", f"{CODED[:12]}\n{CODED[12:]}\n"):
        ask = read_ask("edit", {"brief": "커피", "reference": source}, no_input)
        assert base64.b64decode(str(ask.request.reference).partition(",")[2]) == PNG
        assert ask.request.aspect == "auto"
    named = read_ask("composite", {"brief": "커피", "products": ["input:a/b.png"]}, lambda name: name.encode())
    assert base64.b64decode(named.request.products[0].partition(",")[2]) == b"a/b.png"


@pytest.mark.parametrize(
    "source",
    ["/etc/passwd", "../../secret.png", "http://169.254.169.254/latest", "file:///etc/passwd", "C:\\secret.png"],
)
def test_no_path_and_no_address_is_ever_opened(source: str) -> None:
    assert code_of("edit", {"brief": "커피", "reference": source}) == "request.bad_photo"


@pytest.mark.parametrize("source", ["/etc/passwd", "file:///etc/passwd", ["/etc/passwd"]])
def test_a_logo_is_never_opened_by_a_path_either(source: Any) -> None:
    assert code_of("generate", {"brief": "커피", "logo": source}) in ("request.bad_photo", "request.bad_type")
    assert read_ask("generate", {"brief": "커피", "logo": CODED}, no_input).request.logo == (
        f"data:application/octet-stream;base64,{CODED}"
    )


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "a/../../secret.png", "..\\secret.png", "note.txt"])
def test_names_of_uploads_never_lead_out_of_the_input_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "input" / "note.txt").write_text("no photo")
    (tmp_path / "input" / "link.png").symlink_to(tmp_path / "secret.png")
    for each in (name, "link.png"):
        with pytest.raises(InputError) as caught:
            read_input(tmp_path / "input", each)
        assert caught.value.code == "request.no_such_photo"


@pytest.mark.parametrize(
    ("task", "body", "code"),
    [
        ("generate", {"brief": "봄", "base_url": "http://10.0.0.1/"}, "request.unknown_field"),
        ("generate", {"brief": "봄", "task": "composite"}, "request.unknown_field"),
        ("generate", {"brief": "봄", "paint": 1}, "request.unknown_field"),
        ("generate", {"brief": "봄", "products": [CODED]}, "request.product_without_composite"),
        ("generate", {"brief": 7}, "request.bad_type"),
        (
            "generate",
            {"brief": "봄", "text_style": {"fallback": ["Noto Sans", "/home/kim/a.ttf"]}},
            "text.font_is_a_path",
        ),
        ("generate", {"brief": "봄", "text_style": {"font": "\\\\host\\share\\a.ttf"}}, "text.font_is_a_path"),
        ("generate", {"brief": "봄", "text_style": {"fallback": ["D:a.ttf"]}}, "text.font_is_a_path"),
        ("generate", {"brief": "봄" * 5000}, "request.too_long"),
        ("generate", {"brief": "봄", "steps": 1000}, "request.steps"),
        ("generate", {"brief": "봄", "wait_s": -1}, "request.bad_type"),
        ("generate", {"brief": "봄", "webhook": 7}, "rest.bad_webhook"),
        ("edit", {"brief": "봄"}, "request.no_photo"),
        ("edit", {"brief": "봄", "reference": ["x"]}, "request.bad_type"),
        ("composite", {"brief": "봄"}, "request.no_product"),
        ("composite", {"brief": "봄", "products": [CODED] * 9}, "request.products"),
    ],
)
def test_what_is_wrong_is_said(task: str, body: dict[str, Any], code: str) -> None:
    assert code_of(task, body) == code


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b'"x"', b'{"steps": NaN}', b'{"a": "\\ud800"}', b"\xff\xfe"),
        *(b"[" * 100_000, b'{"a":' * 20 + b"1" + b"}" * 20),
    ],
)
def test_broken_json_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_json(data)
    assert caught.value.code == "rest.bad_json"


def test_a_form_holds_fields_and_files() -> None:
    body = read_form(
        [("request", '{"brief": "봄", "steps": 4}'.encode()), ("count", b"2"), ("headline", "봄날".encode())],
        [("products", PNG), ("products", PNG)],
    )
    ask = read_ask("composite", body, no_input)
    assert (ask.request.steps, ask.request.count, ask.request.headline) == (4, 2, "봄날")
    assert len(ask.request.products) == 2
    for files in ([("virus", PNG)], [("products", PNG)] * 4):
        with pytest.raises(InputError):
            read_form([], files)


def test_a_form_leaves_text_as_text_whatever_it_looks_like() -> None:
    said = {"brief": "2026", "price": "5000", "badge": "1", "headline": "true", "legal": "[1]", "format": "png"}
    fields = [(name, value.encode()) for name, value in said.items()]
    ask = read_ask("generate", read_form([*fields, ("sub", b"null"), ("hours", b'"9"'), ("seed", b"7")], []), no_input)
    assert {name: getattr(ask.request, name) for name in said} == said
    assert (ask.request.sub, ask.request.hours, ask.request.seed) == (None, "9", 7)


def test_a_field_left_empty_says_nothing_and_empty_words_say_none() -> None:
    left = (
        "style",
        "tone",
        "engine",
        "checkpoint",
        "format",
        "vae",
        "lettering",
        "copy_space",
        "seed",
        "steps",
        "logo",
    )
    fields = [
        ("brief", "봄 라떼".encode()),
        ("headline", b""),
        ("call_to_action", b""),
        *((name, b"") for name in left),
    ]
    request = read_ask("generate", read_form(fields, []), no_input).request
    assert (request.headline, request.call_to_action) == ("", "")
    assert {name: getattr(request, name) for name in left} == {name: getattr(AdRequest(), name) for name in left}
    with pytest.raises(InputError) as caught:
        read_ask("edit", {"brief": "봄", "reference": ""}, no_input)
    assert caught.value.code == "request.no_photo"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["봄", CODED]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(sorted(body_schema("composite")["properties"])) | st.text(max_size=10)


@settings(max_examples=300)
@given(st.sampled_from(["generate", "edit", "composite"]), st.dictionaries(_NAMES, _VALUES, max_size=6))
def test_any_body_is_an_ask_or_a_typed_error(task: str, body: dict[str, Any]) -> None:
    try:
        data = json.dumps(body).encode()
        ask = read_ask(task, read_json(data), no_input)
    except AdStudioError as error:
        assert error.code and error.message
    else:
        assert ask.request.task == ("composite" if task == "composite" else "generate")


def test_the_document_describes_every_field_that_a_body_may_have() -> None:
    properties = body_schema("composite")["properties"]
    ask = read_ask("composite", {"brief": "봄", "products": [CODED]}, no_input)
    assert set(properties) - {"wait_s", "webhook"} == set(ask.request.to_dict()) - {"task", "base_url", "reference"}
    shown = document()
    assert json.loads(json.dumps(shown)) == shown
    assert {"/adstudio/generate", "/adstudio/jobs/{id}", "/adstudio/health"} <= shown["paths"].keys()


def test_every_default_of_the_document_is_the_requests_own() -> None:
    for name, schema in body_schema("generate")["properties"].items():
        if schema.get("default") is not None:
            ask = read_ask("generate", {"brief": "봄", name: schema["default"]}, no_input)
            assert ask == read_ask("generate", {"brief": schema["default"] if name == "brief" else "봄"}, no_input)
