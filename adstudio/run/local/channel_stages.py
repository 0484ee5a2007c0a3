"""The stages of an ad that is made for a channel: fitted to its size, or set by its template; checked before saving."""

from __future__ import annotations

from ...output.channels import get_entry
from ...output.findings import refuse
from ...types import Channel, LayoutPlan, TextStyle
from ..asked import shown_copy
from ..channels import inspect, takes_copy, takes_marks
from ..photos import find_subject
from ..target import template_of
from .stages import Run

_ENLARGED = 1.5


def fit_pictures(run: Run) -> None:
    """Bring the pictures to the exact size of their channel, before products and copy come on them."""
    channel = run.channel
    if channel is None:
        return
    from ..reflow import fit_picture

    with run.recorder.step("fit"):
        height, width = run.originals[0].shape[:2]
        for note in (*_size_notes(channel, (width, height)), *_left_out(run, channel)):
            run.recorder.note(note)
        if 0 in channel.size_px:
            return
        subject = None if run.reference is None else find_subject(run.reference, run.request.strength)
        fitted = [fit_picture(picture, channel, subject) for picture in run.originals]
        run.originals = [one.picture for one in fitted]
        if subject is not None:
            run.masks = [one.mask for one in fitted]
        for note in dict.fromkeys(note for one in fitted for note in one.notes):
            run.recorder.note(note)


def set_template(run: Run) -> None:
    """Set the ad by the template that its channel fixes; nothing is drawn by a model."""
    from ..templates import OFFICIAL, draw_template

    channel, request = run.channel, run.request
    template = None if channel is None else template_of(channel)
    assert channel is not None and template is not None
    with run.recorder.step("template"):
        copy = run.copy
        headline, sub, old_price = ("", "", "") if not template.lines else (
            copy.headline, " ".join(part for part in (copy.price, copy.sub) if part), copy.old_price
        )  # fmt: skip
        own_font = request.text_style.font if request.text_style.font != TextStyle().font else OFFICIAL
        made = draw_template(
            template.id,
            run.cutouts[0],
            headline=headline,
            sub=sub,
            old_price=old_price,
            font=own_font,
            channel=channel.id,
        )
        for note in made.notes:
            run.recorder.note(note)
        more = [copy.badge, copy.legal, copy.hours, copy.link, request.call_to_action and copy.call_to_action]
        more += [] if template.lines else [copy.headline, copy.sub, copy.price]
        if left_out := ", ".join(f"‘{part}’" for part in more if part):
            run.recorder.note(f"정해진 틀에 자리가 없어서 뺐어요: {left_out}")
        if run.logo is not None:
            run.recorder.note("정해진 틀에 자리가 없어서 로고를 뺐어요.")
        if request.ai_label.strip():
            run.recorder.note("정해진 틀에는 AI 표시를 넣지 않아요. AI가 그린 부분이 없어요.")
    run.originals = run.finished = [made.picture]
    run.layouts, run.masks, run.seeds, run.font = [made.plan], [made.mask], [request.seed or 0], made.font
    run.providers["layout"] = made.plan.provider


def check_pictures(run: Run) -> None:
    """Check the finished pictures for their channel; ``refuse_pictures`` then acts on what was found."""
    channel, request = run.channel, run.request
    if channel is None:
        return
    wanted = run.wanted()
    with run.recorder.step("channel"):
        layouts = run.layouts or [LayoutPlan()] * len(run.finished)
        for picture, plan, mask in zip(run.finished, layouts, run.masks, strict=True):
            found = inspect(
                picture,
                channel,
                plan=plan,
                style=request.text_style,
                product=mask if request.task == "composite" else None,
                font=run.font or request.text_style.font,
                format=wanted.settled_format(),
                size_bytes=wanted.max_bytes(),  # the most that the file will have
            )
            run.findings.append(found)
        for finding in dict.fromkeys(finding for found in run.findings for finding in found):
            run.recorder.note(finding.line())


def refuse_pictures(run: Run) -> None:
    """Refuse what the channel would refuse, unless that is overridden.

    Raises:
        InputError: ``channel.refused``.
    """
    if run.channel is not None and not run.request.override_channel:
        refuse((finding for found in run.findings for finding in found), run.channel.english)


def _size_notes(channel: Channel, drawn: tuple[int, int]) -> tuple[str, ...]:
    """What to tell of the way from the drawn size to the channel's."""
    if 0 in channel.size_px:
        note = get_entry(channel.id).note
        return (f"‘{channel.korean}’의 크기는 알려지지 않아서 비율을 그대로 두었어요. {note}".strip(),)
    factor = max(channel.size_px[0] / drawn[0], channel.size_px[1] / drawn[1])
    if factor <= _ENLARGED:
        return ()
    return ("‘{}’ {}x{}에 맞추느라 그린 그림을 {:.1f}배로 늘렸어요.".format(channel.korean, *channel.size_px, factor),)


def _left_out(run: Run, channel: Channel) -> tuple[str, ...]:
    notes = ()
    if not takes_copy(channel) and shown_copy(run.request, run.copy) is not None:
        notes += (f"{channel.korean}: 글자를 넣을 수 없는 채널이라 문구를 뺐어요.",)
    if not takes_marks(channel) and run.logo is not None:
        notes += (f"{channel.korean}: 로고를 넣을 수 없는 채널이라 로고를 뺐어요.",)
    return notes
