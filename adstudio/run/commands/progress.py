"""Show a run's progress on a terminal, or line by line where there is none."""

from __future__ import annotations

from types import TracebackType
from typing import TextIO

from ...types import RunEvent

_NAMES = {
    "check": "checking",
    "logo": "reading the logo",
    "prompt": "writing the prompt",
    "copy": "writing the copy",
    "photo": "reading the photo",
    "cutout": "cutting the product out",
    "load": "loading the model",
    "style": "putting the style on",
    "generate": "drawing",
    "place": "placing the product",
    "compose": "composing",
    "contact": "drawing the ground under the product anew",
    "fit": "fitting the picture to the channel",
    "template": "setting the channel's template",
    "layout": "finding room for the copy",
    "lettering": "lettering",
    "label": "writing the AI label",
    "channel": "checking for the channel",
    "save": "saving",
    "fetch": "downloading",
    "read": "reading the photo",
    "upload": "sending the photo",
    "queue": "waiting for the server",
    "writer": "choosing who writes",
    "seeds": "counting seeds",
    "text encoder": "loading the text encoder",
    "vae": "loading the VAE",
    "channel size": "finding the size to draw in",
    "sub": "joining price and sub",
    "mask": "taking the mask",
    "show mask": "showing the mask",
    "convert": "converting",
}
_BAR = 20


class Progress:
    """Takes ``RunEvent``s. A finished step stays as a line with its notes; a terminal also shows the step under way."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._live = not quiet and stream.isatty()
        self._shown = 0
        self._notes: list[str] = []

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wipe()

    def __call__(self, event: RunEvent) -> None:
        """Show an event."""
        name = _name_of(event.step)
        if event.kind == "start":
            self._notes.clear()
            self._draw(f"{name} …")
        elif event.kind in ("progress", "preview"):
            filled = round(event.value * _BAR)
            self._draw(f"{name} [{'#' * filled}{'.' * (_BAR - filled)}] {event.message}")
        elif event.kind == "note":
            self._notes.append(event.message)
        elif event.kind == "finish" and (event.seconds >= 0.05 or self._notes):
            notes = (f"    · {note.removeprefix('- ')}" for note in self._notes)  # nodes list theirs with dashes
            self.say("\n".join([f"  {name}: {event.seconds:.1f} s", *notes]))

    def say(self, text: str) -> None:
        """Write a line that stays."""
        if self._quiet:
            return
        self._wipe()
        self._stream.write(text + "\n")
        self._stream.flush()

    def _draw(self, text: str) -> None:
        if self._live:
            self._wipe()
            self._stream.write(text)
            self._stream.flush()
            self._shown = len(text)

    def _wipe(self) -> None:
        if self._live and self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._shown = 0


def _name_of(step: str) -> str:
    """What a step is called; where several do the same the server numbers them."""
    plain, _, number = step.rpartition(" ")
    return f"{_NAMES.get(plain, plain)} {number}" if plain and number.isdigit() else _NAMES.get(step, step)
