"""What is told of how a language model was asked, beside what it says itself."""

from __future__ import annotations

from ..types import Note

KEPT_ANSWER = Note("chat.kept_answer", "전에 받아 둔 답을 다시 썼어요 (모델에 다시 묻지 않음)")
ASKED_TWICE = Note("chat.asked_twice", "모델의 첫 답이 틀려서 한 번 더 물었어요")
NO_FORM = Note("chat.no_form", "이 서버는 답의 형식을 정해 보낼 수 없어, 지시문만으로 형식을 부탁했어요")
SMALL_ENCODER = Note(
    "chat.small_encoder", "이 체크포인트의 텍스트 인코더는 글을 쓰기에는 작아서 결과가 엉성할 수 있어요"
)
_OURS = {str(note): note for note in (KEPT_ANSWER, ASKED_TWICE, NO_FORM, SMALL_ENCODER)}


def as_note(words: str) -> str:
    """A sentence of ours that was kept as plain text, as the note that it was; any other as it is."""
    return _OURS.get(words, words)
