"""A user's own words for material, light, camera, props, trades and function; a broken list is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.picture.look import Look, read_look
from adstudio.prompt.reading.keywords import read_keywords
from adstudio.prompt.reading.scan import scan


def put(folder: Path, text: str) -> None:
    (folder / "lexicon" / "own.yaml").write_text(text, encoding="utf-8")


def test_own_words_of_every_new_section_count_at_once(user_folder: Path) -> None:
    text = "뽀글천 위에 삐까조명, 빙글샷으로 쪼르미 놓고"
    assert read_look(text, scan(text)) == Look(light_quality="soft lamp light")
    put(
        user_folder,
        "materials: {뽀글천: bubbly boucle}\nlighting: {삐까조명: {en: sparkling light, mood: fresh}}\n"
        "camera: {빙글샷: orbiting view}\nprops: {쪼르미: a row of pebbles}\n",
    )
    assert read_look(text, scan(text)) == Look(
        "bubbly boucle", "sparkling light", "orbiting view", ("a row of pebbles",)
    )


def test_an_own_phrase_replaces_ours(user_folder: Path) -> None:
    put(user_folder, "lighting: {역광: rim light}\n")
    assert read_look("역광", scan("역광")).light_quality == "rim light"


def test_a_light_may_steer_the_scene(user_folder: Path) -> None:
    put(user_folder, "lighting: {삐까조명: {en: sparkling light, place: seaside}}\n")
    assert processor.write("삐까조명").scene.place == "seaside"


def test_own_trades_and_function_words(user_folder: Path) -> None:
    before = read_keywords("뽀로롱펌 하실분 쿠쿠요", scan("뽀로롱펌 하실분 쿠쿠요"))
    assert {word.korean for word in before.unknown} == {"뽀로롱펌", "쿠쿠"}
    put(user_folder, "trades: {hair: [뽀로롱펌]}\nfunction: [쿠쿠요]\naudience: {하실분: whoever wants it}\n")
    told = read_keywords("뽀로롱펌 하실분 쿠쿠요", scan("뽀로롱펌 하실분 쿠쿠요"))
    assert not told.unknown
    assert [(word.axis, word.english) for word in told.understood] == [
        ("industry", "hair"),
        ("audience", "whoever wants it"),
    ]
    assert processor.write("뽀로롱펌").industry == "hair"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("materials: {뽀글천: 뽀글}\n", "plain English"),
        ("lighting: {간판빛: neon sign}\n", "lettering"),
        ("camera: {빙글샷: {place: seaside}}\n", "lacks the field 'en'"),
        ("props: {쪼르미: {en: pebbles, colour: mauve}}\n", "use one of"),
        ("lighting: {삐까: {en: light, moood: fresh}}\n", "did you mean 'mood'"),
        ("trades: {barber: [뽀로롱펌]}\n", "is no industry"),
        ("trades: {hair: 뽀로롱펌}\n", "list of words"),
        ("function: {쿠쿠: x}\n", "list of words"),
        ("matreials: {뽀글천: boucle}\n", "materials"),
    ],
)
def test_a_broken_list_is_told_with_its_place(user_folder: Path, text: str, said: str) -> None:
    put(user_folder, text)
    with pytest.raises(errors.InputError, match=r"own\.yaml") as caught:
        scan("라떼")
    assert caught.value.code == "prompt.bad_table"
    assert said in str(caught.value)
