"""Roles: every one has a style, a user's file changes single fields of it, and a wrong file is named."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from adstudio.errors import InputError
from adstudio.text.faces.fontfile import weight_of
from adstudio.text.lines.typesetting import set_copy
from adstudio.text.roles import RoleStyle, role_style
from adstudio.types import Box, LayoutPlan, TextBlock, TextRole, TextStyle


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("role", get_args(TextRole))
def test_every_role_has_a_style_that_a_reader_can_bear(role: TextRole, home: Path):
    style = role_style(role)
    assert 1.1 <= style.leading <= 1.5 and abs(style.tracking) <= 0.03
    assert style.share is None if role == "headline" else style.share


def test_small_roles_are_lighter_than_the_headline_but_never_heavier_than_a_light_one(home: Path):
    assert [role_style("sub").weight_for(weight) for weight in (300, 400, 500, 700, 900)] == [300, 400, 400, 500, 600]
    assert role_style("price").weight_for(800) == 800
    assert role_style("legal").weight_for(900) == 400
    assert all(role_style(role).weight_for(200) <= 200 for role in get_args(TextRole))


def test_small_print_may_be_smaller_than_the_rest_and_never_larger(home: Path):
    assert role_style("legal").smallest(20) == 16
    assert role_style("legal").smallest(10) == 10
    assert role_style("sub").smallest(20) == 20


def test_users_file_changes_single_fields_at_once(home: Path):
    before = role_style("cta")
    path = home / "roles.yaml"
    path.write_text("cta: {weight: Black, plate: panel, fill: '#FFAA00'}", encoding="utf-8")
    changed = role_style("cta")
    assert (changed.weight, changed.plate, changed.fill) == ((900, 900), "panel", "#FFAA00")
    assert (changed.leading, changed.share) == (before.leading, before.share)
    assert role_style("sub").plate == "auto"
    path.unlink()
    assert role_style("cta") == before


def test_size_and_weight_follow_the_role(home: Path):
    (home / "roles.yaml").write_text("note: {share: 0.3, weight: light}", encoding="utf-8")
    plan = LayoutPlan(tuple(TextBlock(role, "가나", Box(0, 0, 1, 1)) for role in ("note", "headline", "price")))
    settings = {each.block.role: each for each in set_copy(plan, TextStyle(weight=800), (400, 400))}
    assert settings["note"].size == pytest.approx(0.3 * settings["headline"].size)
    assert settings["note"].face.weight == 300
    assert settings["price"].size >= settings["headline"].size * 0.99


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("headlin: {leading: 1.2}", "no role 'headlin' (did you mean 'headline'?)"),
        ("headline: {trakcing: 0}", "no field 'trakcing' (did you mean 'tracking'?)"),
        ("headline: {leading: 20}", "'headline.leading' should be a number of em"),
        ("headline: {leading: true}", "'headline.leading'"),
        ("headline: {weight: [bold, thin]}", "'headline.weight'"),
        ("headline: {weight: heavy}", "'headline.weight'"),
        ("headline: {fill: red}", "'headline.fill' should be a colour"),
        ("headline: {plate: wood}", "auto, none, scrim, panel, pill"),
        ("headline: {min_px: 1.5}", "'headline.min_px'"),
        ("headline: 3", "'headline' should hold fields"),
        ("- headline", "should hold roles"),
        ("headline: {", "cannot be read as YAML"),
    ],
)
def test_wrong_file_is_refused_with_its_place(home: Path, text: str, named: str):
    (home / "roles.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        role_style("headline")
    assert error.value.code == "text.bad_roles"
    assert named in error.value.message and str(home / "roles.yaml") in error.value.message


@pytest.mark.parametrize(
    ("name", "number"), [("thin", 100), ("Semi Bold", 600), ("extra-bold", 800), ("BLACK", 900), ("450", 450), (45, 45)]
)
def test_weights_have_names(name: str | int, number: int):
    assert weight_of(name) == number


@pytest.mark.parametrize("name", ["fat", "", "4e2", 0, 1001])
def test_unknown_weight_is_refused(name: str | int):
    with pytest.raises(InputError) as error:
        weight_of(name)
    assert error.value.code == "text.bad_weight" and "semibold" in error.value.hint


def test_style_without_fields_of_its_own_changes_nothing():
    assert RoleStyle((100, 900)).weight_for(650) == 650
