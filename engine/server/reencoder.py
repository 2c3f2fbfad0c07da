"""Another file of an answer whose pictures are still here: made by a thread beside the job that the worker is at."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Protocol

from engine.errors import RecedeError
from engine.pipeline.recent import Key, Recent
from engine.protocol import AnimationOptions, Failure, Reencode, Rendered, Result
from engine.protocol.codec import pack
from engine.server import messages

# A second or two each: whoever would come behind so many is served as quickly by the queue.
MOST_WAITING = 4


class Reencodable(Protocol):
    """What is kept of an answer: engine.pipeline.film.Film, which a server knows no more of."""

    def has(self, animation: AnimationOptions) -> bool:
        """Whether all pictures of such a file are here."""

    def rendered(self, animation: AnimationOptions) -> Rendered:
        """The answer once more, in such a file. Raises RecedeError."""


class Reencoder:
    """films: what is kept, by asker and job; send: one message to the supervisor."""

    def __init__(self, films: Recent[Reencodable], send: Callable[[bytes, bytes], None]) -> None:
        self._films = films
        self._send = send
        self._waiting: queue.Queue[Reencode] = queue.Queue(MOST_WAITING)
        threading.Thread(target=self._run, daemon=True).start()

    def ask(self, wish: Reencode) -> None:
        """Say at once whether the pictures are here; where they are, make the file as soon as the others are made."""
        film = self._find(wish)
        if film is None or not film.has(wish.animation) or self._waiting.full():
            self._send(messages.NOT_KEPT, wish.job_id.encode())
            return
        self._send(messages.KEPT, wish.job_id.encode())
        self._waiting.put(wish)

    def _run(self) -> None:
        while True:
            # Without a name that holds on to the pictures while the next wish is waited for.
            self._send(*self._answer(self._waiting.get()))

    def _answer(self, wish: Reencode) -> tuple[bytes, bytes]:
        """The message that answers a wish; its pictures may have been forgotten while it waited."""
        film = self._find(wish)
        if film is not None:
            try:
                return messages.REENCODED, pack(Result(wish.job_id, film.rendered(wish.animation)))
            except RecedeError as error:
                return messages.REENCODED, pack(Result(wish.job_id, failure=Failure.of(error)))
            except Exception:  # a mistake of ours, whose words may quote a picture: a job will tell where it is
                pass
        return messages.NOT_KEPT, wish.job_id.encode()

    def _find(self, wish: Reencode) -> Reencodable | None:
        return self._films.find(Key(wish.user, wish.answered_id))
