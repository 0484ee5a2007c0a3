"""Errors keep their code, sentence and hint on the way between processes and wherever they are shown."""

from __future__ import annotations

import pickle

import pytest

from adstudio import errors
from adstudio.run.remote.connection import Refused


@pytest.mark.parametrize(
    "error",
    [
        errors.InputError("text.does_not_fit", "The headline has no room.", "Shorten it.", width=20),
        errors.MissingDependency("rembg", "The cut-out", "rembg[cpu]"),
        errors.MissingDependency("rembg", "The cut-out"),
        Refused(503, {"error": {"message": "full"}}, "http://gpu:8188/prompt"),
    ],
)
def test_an_error_survives_pickling(error: errors.AdStudioError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)
    assert (again.code, again.message, again.hint) == (error.code, error.message, error.hint)
    assert again.told() == error.told()


def test_an_error_tells_its_figures_beside_its_words() -> None:
    error = errors.InputError("photo.too_small", "The photo is 20 × 9 pixels.", "Use another.", width=20, height=9)
    told = {"code": "photo.too_small", "message": "The photo is 20 × 9 pixels.", "hint": "Use another."}
    assert error.told() == told | {"figures": {"width": 20, "height": 9}}


@pytest.mark.parametrize(("count", "begins"), [(1, "The photo"), (3, "Photo 2 of 3: The photo")])
def test_an_error_says_which_of_several_it_speaks_of(count: int, begins: str) -> None:
    with pytest.raises(errors.InputError) as caught, errors.numbered("Photo", 2, count):
        raise errors.InputError("photo.too_small", "The photo is 20 × 9 pixels.", "Use another.", width=20)
    assert caught.value.message.startswith(begins) and caught.value.hint == "Use another."
    assert caught.value.told()["figures"] == {"width": 20} | ({"number": 2, "of": 3} if count > 1 else {})
    assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message


def test_a_missing_package_says_how_to_install_it() -> None:
    error = errors.MissingDependency("rembg", "The cut-out", "rembg[cpu]")
    assert str(error).endswith("pip install rembg[cpu]") and "The cut-out needs" in str(error)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_shown_as_the_products_own(name: str) -> None:
    assert getattr(errors, name).__module__ == "adstudio"
