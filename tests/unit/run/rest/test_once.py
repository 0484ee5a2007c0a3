"""A job that is sent twice is taken once, and nobody else's is touched."""

from __future__ import annotations

from adstudio.run.rest.once import ONCE, Once, is_repeat


def ours(number: str) -> dict[str, object]:
    return {"prompt": {"1": {}}, "prompt_id": number, "extra_data": {ONCE: True}}


def test_a_number_is_taken_once_and_others_stay_as_they_are() -> None:
    once = Once()
    assert once.sift(ours("a")) == ours("a")
    assert "prompt" not in once.sift(ours("a")) and "prompt" in once.sift(ours("b"))
    for body in ({"prompt": {}, "prompt_id": "c"}, {"prompt": {}, "extra_data": {ONCE: True}}, {"prompt": {}}):
        assert once.sift(dict(body)) == body == once.sift(dict(body))


def test_the_oldest_numbers_are_forgotten_before_there_are_too_many() -> None:
    once = Once(kept=2)
    for number in ("a", "b", "c"):
        once.sift(ours(number))
    assert "prompt" in once.sift(ours("a")) and "prompt" not in once.sift(ours("c"))


def test_comfyuis_refusal_of_nothing_is_told_from_others() -> None:
    assert is_repeat({"error": {"type": "no_prompt"}}) and not is_repeat({"error": {"type": "invalid_prompt"}})
    assert not is_repeat({"error": "no_prompt"}) and not is_repeat({})
