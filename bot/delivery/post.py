"""An answer as it is posted: its text, its file, and what stands below it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import discord

from bot.delivery.buttons import answer_view, removal_view
from bot.errors import Refused
from bot.messages import comma, say, say_edits, say_error
from bot.order import LAST_ORDER, Language, Order
from engine.errors import RecedeError
from engine.protocol import BaldOptions, Rendered

MAX_ALT_CHARS = 1024
# Sentences for why a face was passed over, by the code of engine.errors.
PASSED_OVER = {
    "face_too_small": "why_face_too_small",
    "face_blurred": "why_face_blurred",
    "drawn_face": "why_drawn_face",
    "face_cut": "why_face_cut",
    "hat_in_the_way": "why_hat_in_the_way",
    "too_young": "why_too_young",
    "no_hair_left": "why_no_hair_left",
    "nothing_to_edit": "why_nothing_to_edit",
}


@dataclass(frozen=True)
class Attached:
    """A file to be uploaded."""

    name: str
    data: bytes
    alt_text: str
    spoiler: bool

    def file(self) -> discord.File:
        """The file, to be sent once."""
        return discord.File(
            io.BytesIO(self.data), self.name, description=self.alt_text[:MAX_ALT_CHARS], spoiler=self.spoiler
        )


@dataclass(frozen=True)
class Post:
    """A finished answer. order: for the buttons below it, None where there are none; failed: the order that came to
    nothing, which is its asker's business alone."""

    text: str
    attached: Attached | None = None
    order: Order | None = None
    failed: Order | None = None

    def view(self) -> discord.ui.View | None:
        """The buttons, made for each sending. What others can read can be removed."""
        if self.order is not None:
            return answer_view(self.order)
        if self.failed is not None and not self.failed.place.private:
            failed = self.failed
            return removal_view(failed.language, failed.order_id, failed.user_id, failed.pictured_id)
        return None


def picture_post(order: Order, rendered: Rendered) -> Post:
    """The answer to an order that was carried out."""
    name = "bald" if isinstance(order.options, BaldOptions) else "edit"
    attached = Attached(
        f"recede-{name}.{rendered.format}", rendered.animation, _alt_text(order, rendered), order.place.spoiler
    )
    return Post(_text(order, rendered), attached, order)


def error_post(order: Order, error: RecedeError | Refused) -> Post:
    """The answer to one that was not."""
    return Post(say_error(order.language, error), failed=order)


def _text(order: Order, rendered: Rendered) -> str:
    language, options = order.language, order.options
    if not isinstance(options, BaldOptions):
        title = say(language, "edit_done", edits=say_edits(language, options.edits))
    elif options.clean:
        title = say(language, "bald_clean_done")
    else:
        title = say(language, "bald_done", stage=options.stage)
    lines = [title]
    today = rendered.measured.get("norwood_stage")
    if today is not None and isinstance(options, BaldOptions):
        lines.append(say(language, "norwood_today", stage=f"{today:.2g}"))
    if "frame_used" in rendered.measured:
        frame = round(rendered.measured["frame_used"])
        lines.append(f"-# {say(language, 'frame_used', frame=frame)}")
    if rendered.measured.get("faces_passed_over"):
        lines.append(f"-# {_passed_over(language, rendered.measured)}")
    if rendered.gave_up:
        lines.append(f"-# {say(language, 'gave_up')}")
    if order.origin:
        key = "from_last_order" if order.origin == LAST_ORDER else "from_message"
        lines.append(f"-# {say(language, key, message=order.origin)}")
    if order.pictured_id not in (0, order.user_id):
        whose = say(language, "whose_picture", user=f"<@{order.pictured_id}>", asker=f"<@{order.user_id}>")
        lines.append(f"-# {whose}")
    lines.append(f"-# ✏️ {say(language, 'edited_mark')}")
    return "\n".join(lines)


def _passed_over(language: Language, measured: Mapping[str, float]) -> str:
    """How many faces were found, done and left as they are, and why."""
    whys = []
    for name, count in measured.items():
        if name.startswith("passed_over_"):
            why = say(language, PASSED_OVER.get(name.removeprefix("passed_over_"), "why_other"))
            whys.append(say(language, "why", count=round(count), why=why))
    found, done, passed = (round(measured.get(name, 0)) for name in ("faces_found", "faces", "faces_passed_over"))
    joint = comma(language)
    return say(language, "faces_done", found=found, done=done, passed=passed, whys=joint.join(whys))


def _alt_text(order: Order, rendered: Rendered) -> str:
    language, options = order.language, order.options
    if language == "en" and rendered.alt_text:
        return rendered.alt_text
    count = round(rendered.measured.get("faces", 1))
    who = say(language, "one_person") if count == 1 else say(language, "several_people", count=count)
    if not isinstance(options, BaldOptions):
        return say(language, "alt_edit", who=who, edits=say_edits(language, options.edits))
    if options.clean:
        return say(language, "alt_bald_clean", who=who)
    return say(language, "alt_bald", who=who, stage=options.stage)
