"""Orders from their acceptance to their answer: the bot's whole seam to the queue."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import sqlite3
import time
from collections.abc import Iterable
from typing import Any

from bot.config import BotConfig
from bot.delivery.delivery import Delivery
from bot.delivery.post import Post, error_post, picture_post
from bot.errors import Refused, TooLarge, Undelivered, Withdrawn
from bot.jobs.active import Active
from bot.jobs.intake import Photos
from bot.jobs.progress import NOT_READY, Pacer, ProgressMessage
from bot.jobs.watch import watch_waiting
from bot.order import TOKEN_LIFE_S, Order, from_json, to_json
from bot.policy.capacity import Load, check_room, load_of
from bot.policy.policy import Policy
from bot.policy.questions import end_old_questions
from bot.runtime.metrics import BotMetrics
from bot.storage.storage import Storage
from engine.errors import BrokerUnreachable, Cancelled, Expired, RecedeError, ResultTooLarge
from engine.protocol import MIB, EngineStatus, Job, Progress, Result
from engine.queue import Queue, QueueConfig
from engine.queue.tasks import Supervisor

log = logging.getLogger("recede.bot")

# Discord says that a file is too large without saying what would fit. Everywhere 10 MiB do, which the request's other
# parts share; a proxy in between may want less still.
FITS_BYTES = 9 * MIB
SMALLER = 0.6
MAX_ATTEMPTS = 5
LEAST_BYTES = 64 * 1024
# A job that has begun in time may work for this long; after that the queue has lost it.
LOST_AFTER_S = 1200.0


class Desk:
    """Takes orders, follows them, answers them. `open` before use."""

    def __init__(
        self,
        config: BotConfig,
        queue_config: QueueConfig,
        storage: Storage,
        photos: Photos,
        delivery: Delivery,
        metrics: BotMetrics,
        policy: Policy | None = None,
    ) -> None:
        self.metrics = metrics
        self._config = config
        self._queue_config = queue_config
        self._storage = storage
        self._photos = photos
        self._delivery = delivery
        self._policy = policy
        self._queue: Queue | None = None
        self._active: dict[str, Active] = {}
        self._reserved: dict[str, tuple[int, int]] = {}
        self._load = Load()
        self._pacer = Pacer()
        self.tasks = Supervisor()
        self.closing = False

    @property
    def queue(self) -> Queue:
        """The queue, once it is open. Raises BrokerUnreachable before that."""
        if self._queue is None:
            raise BrokerUnreachable("The queue is not open yet: try again in a moment.")
        return self._queue

    async def open(self, queue: Queue) -> None:
        """Take up what an earlier run has left, and listen."""
        self._queue = queue
        for stored in await self._storage.jobs():
            try:
                order = from_json(stored.order_json)
            except ValueError as error:
                log.warning("a stored job cannot be read: %s", error, extra={"event": "bad_job", "job": stored.job_id})
                await self._storage.finish_job(stored.job_id, "lost")
                continue
            active = self._follow(order)
            active.submitted = stored.submitted
            active.message.update(submitted=stored.submitted)
            if stored.submitted:
                queue.expect(order.job_id, order.expires_at_s)
            else:
                self.tasks.spawn(self._hand_in(active))
        if self._active:
            log.info("%d jobs of an earlier run are taken up", len(self._active), extra={"event": "resumed"})
        await queue.progress(self._on_progress)
        await queue.results(self._on_result)
        self.tasks.keep("sweep", self._sweep)
        self.tasks.keep("watch-waiting", self._watch)

    async def close(self) -> None:
        """Tell those who wait that it goes on later, and stop listening. Their jobs stay in the queue."""
        self.closing = True
        for active in list(self._active.values()):
            active.message.update(note="restarting")
        await asyncio.gather(*(active.message.flush() for active in self._active.values()), return_exceptions=True)
        for active in list(self._active.values()):
            await active.message.close()
        await self.tasks.end()

    # ---- taking orders
    def check_room(self, user_id: int, guild_id: int) -> None:
        """Raises Busy or Refused where one more of that user's, from that server (0: none), would not end in time."""
        held = {active.order.order_id: active.order for active in self.active()}
        others = [whose for order_id, whose in self._reserved.items() if order_id not in held]
        askers = [(order.user_id, order.place.guild_id) for order in held.values()] + others
        servers = sum(guild == guild_id for _, guild in askers) if guild_id else 0
        left_s = min(self._queue_config.deadline_s, TOKEN_LIFE_S)
        check_room(self._load, left_s, len(askers), servers, sum(user == user_id for user, _ in askers))

    async def _watch(self) -> None:
        await watch_waiting(self.active, self.queue, self._learn, self._config.watch_period_s)

    def _learn(self, statuses: list[EngineStatus]) -> None:
        self._load = load_of(statuses)

    def reserve(self, order_id: str, user_id: int, guild_id: int = 0) -> None:
        """Count an order before it exists, so that two at the same time cannot both slip below the limit."""
        self._reserved[order_id] = user_id, guild_id

    def release(self, order_id: str) -> None:
        """It did not come to be."""
        self._reserved.pop(order_id, None)

    def under_way(self, user_id: int) -> int:
        """How many of that user's orders have no answer yet."""
        mine = {active.order.order_id for active in self.active(user_id)}
        return len(mine | {order_id for order_id, (user, _) in self._reserved.items() if user == user_id})

    def active(self, user_id: int | None = None) -> list[Active]:
        """Orders without an answer, all or one user's, oldest first."""
        waiting = [entry for entry in self._active.values() if not entry.answered]
        return [entry for entry in waiting if user_id in (None, entry.order.user_id)]

    def begin(self, order: Order) -> None:
        """Carry the order out; its asker has been told that it is being done."""
        active = self._follow(order)
        self.release(order.order_id)
        self.tasks.spawn(self._accept(active))

    async def cancel(self, order_id: str) -> bool:
        """End an order; False when it has ended."""
        active = next((entry for entry in self._active.values() if entry.order.order_id == order_id), None)
        if active is None:
            return False
        active.cancelled = True
        active.message.update(note="cancelling")
        if not active.submitted:
            return True  # seen before it is handed in
        return await self.queue.cancel(active.order.job_id)

    def under_way_in(self, guild_id: int) -> int:
        """How many orders from that server have no answer yet; 0 in direct messages."""
        held = {active.order.order_id for active in self.active() if active.order.place.guild_id == guild_id}
        reserved = {order_id for order_id, (_, guild) in self._reserved.items() if guild == guild_id}
        return len(held | reserved) if guild_id else 0

    async def drop_user(self, user_id: int) -> int:
        """End the orders of that user, and those with their picture, so that nothing of them is kept; how many."""
        theirs = [entry for entry in self.active() if user_id in (entry.order.user_id, entry.order.pictured_id)]
        for active in theirs:
            active.refused = Refused("forgotten")
            await self.cancel(active.order.order_id)
        return len(theirs)

    async def forget_prepared(self, user_ids: Iterable[int]) -> None:
        """Have the engines drop what they keep in memory of the photos that these users asked for."""
        try:
            await self.queue.forget(str(user_id) for user_id in user_ids)
        except RecedeError as error:  # what is not heard is dropped when its time is over
            log.info("%s", error.sentence, extra={"event": "forget_failed"})

    async def drop_refused(self) -> None:
        """End the orders with pictures of people who have opted out, other than their own."""
        for active in self.active():
            if self._refuse(active) is not None and active.submitted:
                await self._cancel_quietly(active.order.job_id)

    def _refuse(self, active: Active) -> Refused | None:
        """Why the order's picture is not to be shown any more, None where it may be."""
        if self._policy is not None and active.refused is None:
            active.refused = self._policy.objection(active.order.user_id, active.order.pictured_id)
        return active.refused

    def engine_died(self) -> None:
        """Tell those whose picture was being worked on."""
        for active in self._active.values():
            if active.begun:
                active.message.update(note="retrying")

    # ---- carrying them out
    def _follow(self, order: Order, rest_s: float = 0.0) -> Active:
        message = ProgressMessage(
            order,
            self._delivery,
            self._pacer,
            self._config.progress_period_s,
            self.metrics.edits.inc,
            lambda: self._withdraw(order.job_id),
            rest_s,
        )
        active = self._active[order.job_id] = Active(order, message)
        self.metrics.under_way.set(len(self._active))
        return active

    async def _accept(self, active: Active) -> None:
        try:
            new = await self._storage.add_job(active.order.job_id, to_json(active.order))
        except sqlite3.Error:
            log.exception("a job could not be noted", extra={"event": "hand_in_failed", "job": active.order.job_id})
            await self._tell(active, Refused("unexpected"))
            return
        if new:
            active.message.update(submitted=False)
            await self._hand_in(active)
        else:
            await self._forget(active)

    async def _hand_in(self, active: Active) -> None:
        order = active.order
        try:
            photo = await self._photos.fetch(order.photo)
            if refused := self._refuse(active):
                raise refused
            if active.cancelled:
                raise Cancelled("The job was cancelled before it was handed in.")
            job = Job(
                order.job_id,
                str(order.user_id),
                self.queue.receiver,
                photo,
                order.options,
                order.animation,
                order.expires_at_s,
            )
            await self.queue.submit(job)
        except (RecedeError, Refused) as error:
            await self._tell(active, error)
            return
        except Exception:
            log.exception("a job could not be handed in", extra={"event": "hand_in_failed", "job": order.job_id})
            await self._tell(active, Refused("unexpected"))
            return
        await self._handed_in(active)

    async def _tell(self, active: Active, error: RecedeError | Refused) -> None:
        """Answer a job that the queue does not have, so that nobody else would try again while Discord is away."""
        outcome = error.key if isinstance(error, Refused) else error.code
        while True:
            try:
                await self._answer(active, error_post(active.order, error), outcome)
                return
            except BrokerUnreachable as trouble:
                log.info("%s", trouble.sentence, extra={"event": "tell_failed", "job": active.order.job_id})
            await asyncio.sleep(self._config.sweep_period_s)

    async def _handed_in(self, active: Active) -> None:
        active.submitted = True
        active.message.update(submitted=True)
        await self._storage.note_submitted(active.order.job_id)
        if active.cancelled or active.refused:  # while it was being handed in
            await self._cancel_quietly(active.order.job_id)

    async def _on_progress(self, progress: Progress) -> None:
        active = self._active.get(progress.job_id)
        if active is None:
            return
        if progress.stage == "starting":
            active.begun += 1
        changes: dict[str, Any] = {"progress": progress}
        if progress.preview_jpeg is not None and self._refuse(active) is None:
            changes["preview"] = progress.preview_jpeg
        if active.begun > 1 and not active.cancelled:
            changes["note"] = "retrying"
        elif active.begun and active.message.state.note in NOT_READY:
            changes["note"] = ""
        active.message.update(**changes)

    async def _on_result(self, result: Result) -> None:
        """Answer a job. Raises BrokerUnreachable to be handed the result again later."""
        active = self._active.get(result.job_id)
        if active is None:
            log.warning("a result of an unknown job was dropped", extra={"event": "unknown_job", "job": result.job_id})
            return
        order = active.order
        if result.rendered is not None:
            await active.message.close()
            await self._answer(active, picture_post(order, result.rendered), "ok", len(result.rendered.animation))
            return
        assert result.failure is not None
        error = result.failure.error()
        if isinstance(error, Expired) and active.message.state.note == "no_engine":
            await self._answer(active, error_post(order, Refused("no_engine_came")), "no_engine_came")
            return
        if error.code == "result_too_large" and order.animation.format != "mp4" and order.attempt < MAX_ATTEMPTS:
            await self._again(active, dataclasses.replace(order.animation, format="mp4"))
            return
        await self._answer(active, error_post(order, error), error.code)

    async def _answer(self, active: Active, post: Post, outcome: str, size_bytes: int = 0) -> None:
        """Post the answer, or see to it that a smaller one is made, and remember which."""
        order = active.order
        await active.message.close()
        if active.withdrawn:
            outcome = "withdrawn"
        else:
            if refused := self._refuse(active):
                post, outcome = error_post(order, refused), refused.key
            try:
                way = await self._delivery.deliver(order, post)
                active.answered = True
                outcome = "nowhere" if way == "nowhere" else outcome
            except TooLarge:
                if order.attempt < MAX_ATTEMPTS:
                    limit = min(FITS_BYTES, round(min(size_bytes, order.animation.max_bytes) * SMALLER))
                    await self._again(active, dataclasses.replace(order.animation, max_bytes=max(LEAST_BYTES, limit)))
                    return
                log.warning("no file is small enough", extra={"event": "too_large", "job": order.job_id})
                error = ResultTooLarge("Discord takes none of the files, however small.")
                await self._answer(active, error_post(order, error), error.code)
                return
            except Withdrawn:
                outcome = "withdrawn"
            except Undelivered as error:
                log.warning("Discord does not take the answer: %s", error, extra={"event": "undelivered"})
                raise BrokerUnreachable(f"Discord does not take the answer ({error}): it is tried again.") from error
        kept = order.order_id if post.order is not None and outcome == "ok" else ""
        try:
            text = to_json(order.without_token()) if kept else ""
            day = self._policy.note_picture(order.place.guild_id) if kept and self._policy is not None else None
            await self._storage.finish_job(order.job_id, outcome, kept, text, day)
        except sqlite3.Error:
            # The answer is there; to post it once more would help nobody.
            log.exception("an answer could not be noted", extra={"event": "note_failed", "job": order.job_id})
        self.metrics.outcomes.labels(outcome).inc()
        if self._policy is not None and post.attached is None:
            self._policy.forget_use(order.place.guild_id, order.user_id)
        await self._forget(active)

    async def _again(self, active: Active, animation: Any) -> None:
        """The same once more, in a smaller file: the photo was not kept, so it is fetched and handed in anew."""
        order = dataclasses.replace(
            active.order,
            animation=animation,
            attempt=active.order.attempt + 1,
            expires_at_s=time.time() + self._queue_config.deadline_s,
        )
        log.info("a smaller file is made", extra={"event": "smaller", "job": order.job_id})
        known = await self._storage.add_job(order.job_id, to_json(order))
        await self._storage.finish_job(active.order.job_id, "reencoded")
        await self._forget(active)
        if known:
            again = self._follow(order, active.message.rest_s)  # it goes on in the same message
            again.message.update(note="smaller")
            self.tasks.spawn(self._hand_in(again))

    async def _withdraw(self, job_id: str) -> None:
        active = self._active.get(job_id)
        if active is not None and not active.withdrawn:
            log.info("its message was deleted, so the job is cancelled", extra={"event": "withdrawn", "job": job_id})
            active.withdrawn = active.cancelled = True
            if active.submitted:
                self.tasks.spawn(self._cancel_quietly(job_id))

    async def _cancel_quietly(self, job_id: str) -> None:
        try:
            await self.queue.cancel(job_id)
        except RecedeError as error:
            log.info("a job could not be cancelled: %s", error, extra={"event": "cancel_failed", "job": job_id})

    async def _forget(self, active: Active) -> None:
        await active.message.close()
        if self._active.get(active.order.job_id) is active:
            del self._active[active.order.job_id]
        self.metrics.under_way.set(len(self._active))

    async def _sweep(self) -> None:
        """Answer jobs that the queue has lost, and forget what is old."""
        while True:
            await asyncio.sleep(self._config.sweep_period_s)  # first, for what waits in the queue after a long absence
            now_s = time.time()
            for active in list(self._active.values()):
                if active.submitted and now_s > active.order.expires_at_s + LOST_AFTER_S:
                    error = Expired("The job was lost on its way: send the photo again.")
                    try:
                        await self._answer(active, error_post(active.order, error), "lost")
                    except RecedeError as trouble:
                        log.info("%s", trouble.sentence, extra={"event": "sweep_failed"})
            try:
                await end_old_questions(self._storage, self._delivery)
                await self._storage.forget_old(self._config.buttons_s, self._queue_config.keep_s + LOST_AFTER_S)
            except sqlite3.Error:
                log.exception("what is old could not be forgotten", extra={"event": "sweep_failed"})
