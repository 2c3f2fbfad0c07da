"""What somebody asked for: everything that is needed to do it, and to answer, even after a restart. Never a photo."""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass
from typing import Any, Literal

from engine.protocol import AnimationOptions, AttributeEdit, BaldOptions, EditOptions, Job

Language = Literal["en", "zh", "zh-TW"]

# Discord lets an interaction be answered for 15 minutes; the rest is for the upload itself.
TOKEN_LIFE_S = 885.0
# An order's origin where its picture is that of its asker's last order in the same place.
LAST_ORDER = "last"


@dataclass(frozen=True)
class PhotoSource:
    """Where the photo lies at Discord. kind: "preview" is Discord's copy of what a link, a sticker or a gallery shows;
    spoiler: whether it was hidden there; explicit: whether Discord takes it for explicit."""

    url: str
    kind: Literal["attachment", "avatar", "preview"] = "attachment"
    spoiler: bool = False
    explicit: bool = False


@dataclass(frozen=True)
class Place:
    """Where the answer goes.

    token: of the interaction, which lives 15 minutes from born_s (seconds since 1970). guild_id: 0 in direct
    messages. bot_present: whether the bot itself is in that server or conversation, not only its command.
    private: only the asker sees the answer. spoiler: hide the picture until it is clicked.
    """

    application_id: int
    token: str
    born_s: float
    channel_id: int
    guild_id: int
    bot_present: bool
    private: bool
    spoiler: bool

    @property
    def token_alive(self) -> bool:
        """Whether the interaction can still be answered by its token."""
        return self.token_left_s > 0

    @property
    def token_left_s(self) -> float:
        """How long its token lives on."""
        return self.born_s + TOKEN_LIFE_S - time.time() if self.token else 0.0


@dataclass(frozen=True)
class Order:
    """One thing asked for. order_id: the interaction's; pictured_id: the member whose picture it is, 0 if unknown.

    attempt: counts the encodings, of which later ones are smaller. expires_at_s: seconds since 1970. origin: the
    address of the message whose picture the bot chose by itself, or LAST_ORDER, "" where the asker has chosen it.
    drawn_by: the job whose pictures this is another file of, "" where it has pictures of its own.
    """

    order_id: str
    user_id: int
    pictured_id: int
    language: Language
    photo: PhotoSource
    options: BaldOptions | EditOptions
    animation: AnimationOptions
    place: Place
    expires_at_s: float
    attempt: int = 1
    origin: str = ""
    drawn_by: str = ""

    @property
    def is_copy(self) -> bool:
        """Whether it is another file of an earlier order's answer, which does not count as a picture."""
        return self.drawn_by.partition("-")[0] not in ("", self.order_id)

    @property
    def job_id(self) -> str:
        """The job's name in the queue; another attempt is another job."""
        return self.order_id if self.attempt == 1 else f"{self.order_id}-{self.attempt}"

    def again(self, animation: AnimationOptions, expires_at_s: float) -> Order:
        """The same once more, in another file."""
        drawn_by = self.drawn_by or self.job_id
        next_one = self.attempt + 1
        return dataclasses.replace(
            self, animation=animation, attempt=next_one, expires_at_s=expires_at_s, drawn_by=drawn_by
        )

    def drawn_again(self) -> Order:
        """The same with pictures of its own: nobody has the others any more."""
        return dataclasses.replace(self, drawn_by="")

    def job(self, receiver: str, photo: bytes) -> Job:
        """What is asked of the engine. receiver: the name under which its results are heard."""
        return Job(self.job_id, str(self.user_id), receiver, photo, self.options, self.animation, self.expires_at_s)

    def without_token(self) -> Order:
        """The same with the key to the conversation taken out, for keeping."""
        return dataclasses.replace(self, place=dataclasses.replace(self.place, token=""))


def to_json(order: Order) -> str:
    """The order as text for the bot's memory."""
    return json.dumps(dataclasses.asdict(order), separators=(",", ":"))


def from_json(text: str) -> Order:
    """The order in `text`. Raises ValueError where it is not one of this version's."""
    try:
        plain = json.loads(text)
        options: dict[str, Any] = plain.pop("options")
        chosen: BaldOptions | EditOptions
        if "edits" in options:
            edits = tuple(AttributeEdit(**edit) for edit in options.pop("edits"))
            hold = options.pop("hold")
            chosen = EditOptions(edits=edits, hold=None if hold is None else tuple(hold), **options)
        else:
            chosen = BaldOptions(**options)
        return Order(
            photo=PhotoSource(**plain.pop("photo")),
            options=chosen,
            animation=AnimationOptions(**plain.pop("animation")),
            place=Place(**plain.pop("place")),
            **plain,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"an order of another version: {error}") from error
