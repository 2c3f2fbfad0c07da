"""Orders from their acceptance to their answer: the bot's whole seam to the queue."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from bot.config import BotConfig
from bot.delivery.delivery import Delivery
from bot.delivery.post import Post, error_post
from bot.errors import Refused
from bot.jobs.active import Active, Reached, Unwanted
from bot.jobs.answers import Answers
from bot.jobs.intake import Photos
from bot.jobs.outlook import Outlook
from bot.jobs.progress import NOT_READY, Pacer, ProgressMessage
from bot.jobs.reencoding import Reencoding
from bot.jobs.sweep import sweep
from bot.jobs.under_way import UnderWay
from bot.jobs.verdict import verdict
from bot.jobs.watch import watch_waiting
from bot.order import Order, from_json, to_json
from bot.policy.policy import Policy
from bot.policy.questions import end_old_questions
from bot.runtime.metrics import BotMetrics
from bot.storage.storage import Storage
from engine.errors import BrokerUnreachable, Cancelled, Expired, RecedeError
from engine.protocol import AnimationOptions, Progress, Result
from engine.queue import Queue, QueueConfig
from engine.queue.tasks import Supervisor

log = logging.getLogger("recede.bot")


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
        self._queue: Queue | None = None
        self._answers = Answers(storage, delivery, metrics, policy)
        self.under_way = UnderWay()
        self._outlook = Outlook(self.under_way, queue_config.deadline_s)
        self._reencoding = Reencoding(self.under_way, self._outlook.check_room, policy)
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
            active.message.update(submitted=stored.submitted)
            if stored.submitted:
                active.reach(Reached.SUBMITTED)
                queue.expect(order.job_id, order.expires_at_s)
            else:
                self.tasks.spawn(self._hand_in(active))
        if self.under_way.all():
            log.info("%d jobs of an earlier run are taken up", len(self.under_way), extra={"event": "resumed"})
        await queue.progress(self._on_progress)
        await queue.results(self._on_result)
        self.tasks.keep("sweep", self._sweep)
        self.tasks.keep("watch-waiting", self._watch)

    async def close(self) -> None:
        """Tell those who wait that it goes on later, and stop listening. Their jobs stay in the queue."""
        self.closing = True
        for active in self.under_way.all():
            active.message.update(note="restarting")
        await asyncio.gather(*(active.message.flush() for active in self.under_way.all()), return_exceptions=True)
        for active in self.under_way.all():
            await active.message.close()
        await self.tasks.end()

    # ---- taking orders
    def check_room(self, user_id: int, guild_id: int) -> None:
        """Raises Busy or Refused where one more of that user's, from that server (0: none), would not end in time."""
        self._outlook.check_room(user_id, guild_id)

    async def _watch(self) -> None:
        await watch_waiting(self.under_way.active, self.queue, self._outlook.learn, self._config.watch_period_s)

    def begin(self, order: Order) -> None:
        """Carry the order out; its asker has been told that it is being done."""
        active = self._follow(order)
        self.under_way.release(order.order_id)
        self.tasks.spawn(self._accept(active))

    async def cancel(self, order_id: str) -> bool:
        """End an order; False when it has ended."""
        active = self.under_way.find_order(order_id)
        if active is None:
            return False
        active.drop(Unwanted.CANCELLED)
        active.message.update(note="cancelling")
        if active.reached is Reached.ACCEPTED:
            return True  # seen before it is handed in
        return await self.queue.cancel(active.order.job_id)

    async def drop_user(self, user_id: int) -> int:
        """End the orders of that user, and those with their picture, so that nothing of them is kept; how many."""
        theirs = self.under_way.of_or_with(user_id)
        for active in theirs:
            active.drop(Refused("forgotten"))
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
        for active in self.under_way.active():
            if self._answers.refuse(active) is not None and active.in_queue:
                await self._cancel_quietly(active.order.job_id)

    def engine_died(self) -> None:
        """Tell those whose picture was being worked on."""
        for active in self.under_way.all():
            if active.begun:
                active.message.update(note="retrying")

    # ---- carrying them out
    def _follow(self, order: Order, rest_s: float = 0.0) -> Active:
        period_s, edited = self._config.progress_period_s, self.metrics.edits.inc
        withdraw = partial(self._withdraw, order.job_id)
        message = ProgressMessage(order, self._delivery, self._pacer, period_s, edited, withdraw, rest_s)
        active = Active(order, message)
        self.under_way.put(active)
        self.metrics.under_way.set(len(self.under_way))
        return active

    async def _accept(self, active: Active) -> None:
        try:
            new = await self._storage.add_job(active.order.job_id, to_json(active.order))
        except sqlite3.Error:
            log.exception("a job could not be noted", extra={"event": "hand_in_failed", "job": active.order.job_id})
            await self._tell(active, Refused("unexpected"))
            return
        if new:
            if not active.order.is_copy:  # its answer comes before there is anything to tell
                active.message.update(submitted=False)
            await self._hand_in(active)
        else:
            await self._forget(active)

    async def _hand_in(self, active: Active) -> None:
        order = active.order
        try:
            if await self._reencoding.serve(self.queue, active):
                return
            order = active.order
            photo = await self._photos.fetch(order.photo)
            if refused := self._answers.refuse(active):
                raise refused
            if active.unwanted is not None:
                raise Cancelled("The job was cancelled before it was handed in.")
            await self.queue.submit(order.job(self.queue.receiver, photo))
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
        active.reach(Reached.SUBMITTED)
        active.message.update(submitted=True)
        await self._storage.note_submitted(active.order.job_id)
        if active.unwanted is not None:  # while it was being handed in
            await self._cancel_quietly(active.order.job_id)

    async def _on_progress(self, progress: Progress) -> None:
        if (active := self.under_way.find(progress.job_id)) is None:
            return
        if progress.stage == "starting":
            active.begin()
        changes: dict[str, Any] = {"progress": self._outlook.told(active, progress)}
        if progress.preview_jpeg is not None and not active.withdrawn and self._answers.refuse(active) is None:
            changes["preview"] = progress.preview_jpeg
        if active.reached is Reached.BEGUN_AGAIN and active.unwanted is None:
            changes["note"] = "retrying"
        elif active.begun and active.message.state.note in NOT_READY:
            changes["note"] = ""
        active.message.update(**changes)

    async def _on_result(self, result: Result) -> None:
        """Answer a job. Raises BrokerUnreachable to be handed the result again later."""
        active = self.under_way.find(result.job_id)
        if active is None:
            log.warning("a result of an unknown job was dropped", extra={"event": "unknown_job", "job": result.job_id})
            return
        told = verdict(active, result)
        if isinstance(told.answer, AnimationOptions):
            await self._again(active, told.answer)
            return
        if told.outcome == "ok":
            await active.message.close()
        await self._answer(active, told.answer, told.outcome, told.size_bytes)

    async def _answer(self, active: Active, post: Post, outcome: str, size_bytes: int = 0) -> None:
        """Post the answer, or see to it that a smaller one is made. Raises BrokerUnreachable."""
        smaller = await self._answers.give(active, post, outcome, size_bytes)
        if smaller is None:
            await self._forget(active)
        else:
            await self._again(active, smaller)

    async def _again(self, active: Active, animation: AnimationOptions) -> None:
        """The same once more, in a smaller file, of the engine's pictures; without them the photo is fetched again."""
        order = active.order.again(animation, time.time() + self._queue_config.deadline_s)
        log.info("a smaller file is made", extra={"event": "smaller", "job": order.job_id})
        known = await self._storage.add_job(order.job_id, to_json(order))
        await self._storage.finish_job(active.order.job_id, "reencoded")
        await self._forget(active)
        if known:
            again = self._follow(order, active.message.rest_s)  # it goes on in the same message
            again.message.update(note="smaller")
            self.tasks.spawn(self._hand_in(again))

    async def _withdraw(self, job_id: str) -> None:
        active = self.under_way.find(job_id)
        if active is not None and not active.withdrawn:
            log.info("its message was deleted, so the job is cancelled", extra={"event": "withdrawn", "job": job_id})
            active.drop(Unwanted.WITHDRAWN)
            if active.in_queue:
                self.tasks.spawn(self._cancel_quietly(job_id))

    async def _cancel_quietly(self, job_id: str) -> None:
        try:
            await self.queue.cancel(job_id)
        except RecedeError as error:
            log.info("a job could not be cancelled: %s", error, extra={"event": "cancel_failed", "job": job_id})

    async def _forget(self, active: Active) -> None:
        await active.message.close()
        active.ended.set()
        self._outlook.leave(active.order.job_id)
        self.under_way.remove(active)
        self.metrics.under_way.set(len(self.under_way))

    async def _sweep(self) -> None:
        old_questions = partial(end_old_questions, self._storage, self._delivery, self._answers.forget_use)
        keep_s = self._queue_config.keep_s
        await sweep(self.under_way, self._answer_lost, old_questions, self._storage, self._config, keep_s)

    async def _answer_lost(self, active: Active) -> None:
        error = Expired("The job was lost on its way: send the photo again.")
        await self._answer(active, error_post(active.order, error), "lost")
