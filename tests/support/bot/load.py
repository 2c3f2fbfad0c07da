"""Many members at once, while the engine is busy: `python -m tests.support.bot.load [--json] [--then-s 1200]`.

With --then-s, the first wave is followed by two a second from members of several servers, more than the engine can do.

The bot runs in its own process beside a real broker and a real engine process whose pipeline is the stand-in; Discord
is the fake, with Discord's limits in force. Photos and animations have usual sizes.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import io
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
from PIL import Image

from bot.messages import say_error
from engine.errors import Expired
from tests.support.bot.harness import online
from tests.support.bot.members import final, picture
from tests.support.bot.standin import behind
from tests.support.fake_discord import FakeDiscord, Guild, Interaction, Upload
from tests.support.faults.shared_broker import free_port

MAX_JOBS = 60  # of the queue: more than that is Busy
JOB_S = 0.3
ANIMATION_BYTES = 2_000_000
PHOTO_SIDE_PX = 512  # of noise, which makes about 800 kB as PNG
PATIENCE_S = 240.0
# The time that a waiting member is told, in steps of five seconds, and when it counts as broken.
PROMISE = re.compile(r"in the queue · about (\d+) (s|min)")
ROUNDING_S = 5.0
BROKEN = 1.5


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds."""

    p50: float
    p99: float


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    acks_ms: from the event's sending to the callback's arrival. loop_lag_ms_max: how late the bot's event loop was at
    worst. answered: interactions that ended in an animation or a sentence, of which `animations` and `busy`.
    duplicates: interactions with more than one callback or more than one answer. limits_exceeded: requests that
    Discord would have refused as too many, or as wrong. expired: accepted, and not begun in time. promises: pictures
    whose members were told a time; broken where it took half as long again; worst: the longest, in times of what was
    told.
    """

    interactions: int
    acks_ms: Percentiles
    loop_lag_ms_max: float
    answered: int
    animations: int
    busy: int
    duplicates: int
    edits: int
    shortest_progress_gap_ms: float
    limits_exceeded: int
    expired: int
    promises: int
    promises_broken: int
    worst_promise: float


@dataclass(frozen=True)
class Siege:
    """What follows the first wave: so many a second for so long, while the engine needs job_s for each, so that most
    have to be refused. deadline_s: of the queue. again_every: of so many, one is by whoever asked just before, and has
    that picture still under way."""

    seconds: float
    per_s: float = 2.0
    job_s: float = 1.0
    deadline_s: float = 840.0
    servers: int = 8
    again_every: int = 10


async def measure_siege(folder: Path, siege: Siege, interactions: int = 200, within_s: float = 5.0) -> Outcome:
    """The first wave, then the siege, from members of several servers."""
    port = free_port()
    queue = {"max_jobs": 1000, "deadline_s": siege.deadline_s}
    async with online(folder, bot={"metrics_port": port}, queue=queue) as (discord, _):
        first = await discord.slash("bald", picture(seconds=siege.job_s))  # from which it is known how long one takes
        await first.finished(PATIENCE_S)
        guilds = [await discord.join(f"Server {number}") for number in range(siege.servers)]
        photo = behind(_noise(), seconds=siege.job_s, bytes=ANIMATION_BYTES)
        sent = await _send(discord, photo, interactions, within_s, guilds, siege.again_every)
        sent += await _send(
            discord, photo, round(siege.per_s * siege.seconds), siege.seconds, guilds, siege.again_every
        )
        limit_s = siege.deadline_s + PATIENCE_S
        await discord.until(lambda: all(final(one) or one.ack is None for one in sent), limit_s, "all answers")
        lag_s = await _metric(port, "recede_bot_loop_lag_seconds_max")
        return _outcome(discord, sent, lag_s)


async def measure(folder: Path, interactions: int = 200, within_s: float = 5.0, max_jobs: int = MAX_JOBS) -> Outcome:
    """Send `interactions` evenly within `within_s` from as many members, and wait until all have ended.

    max_jobs: of the queue; whoever comes when it is full is told Busy.
    """
    port = free_port()
    async with online(folder, bot={"metrics_port": port}, queue={"max_jobs": max_jobs}) as (discord, _):
        hold = await discord.slash("bald", picture(seconds=within_s, steps=20))
        await hold.until(lambda: hold.edits_s)  # the engine is busy from the first one on
        photo = behind(_noise(), seconds=JOB_S, bytes=ANIMATION_BYTES)
        sent = await _send(discord, photo, interactions, within_s)
        await discord.until(lambda: all(final(one) or one.ack is None for one in sent), PATIENCE_S, "all answers")
        await discord.until(lambda: all(final(one) for one in sent), PATIENCE_S, "the last ones")
        lag_s = await _metric(port, "recede_bot_loop_lag_seconds_max")
        return _outcome(discord, sent, lag_s)


async def _send(
    discord: FakeDiscord, photo: bytes, count: int, within_s: float, guilds: Sequence[Guild] = (), again_every: int = 0
) -> list[Interaction]:
    world, loop = discord.world, asyncio.get_running_loop()
    begun_s, sent = loop.time(), []
    for number in range(count):
        if not again_every or number % again_every != again_every - 1:
            guild = guilds[number % len(guilds)] if guilds else world.guild
            channel = next(iter(guild.channels.values()))
            member = world.add_member(guild, world.add_user(f"M{number}"))
        await asyncio.sleep(max(0.0, begun_s + number * within_s / count - loop.time()))
        sent.append(await discord.slash("bald", {"image": Upload("me.png", photo)}, user=member, channel=channel))
    return sent


def _promise(interaction: Interaction) -> float | None:
    """How long it took from the first time told to the picture, in times of what was told; None without either."""
    message = interaction.animation_message()
    if message is None:
        return None
    for at_s, look in message.history:
        told = PROMISE.search(look["content"])
        if told is not None:
            promised_s = float(told[1]) * (60.0 if told[2] == "min" else 1.0)
            took_s = message.history[-1][0] - at_s
            return took_s / promised_s if took_s > promised_s + ROUNDING_S else min(1.0, took_s / promised_s)
    return None


def _noise() -> bytes:
    """A PNG of about the size of a photo."""
    pixels = np.random.default_rng(0).integers(0, 256, (PHOTO_SIDE_PX, PHOTO_SIDE_PX, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


async def _metric(port: int, name: str) -> float:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as response:
        lines = (await response.text()).splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


def _outcome(discord: FakeDiscord, sent: Sequence[Interaction], lag_s: float) -> Outcome:
    acks_ms = np.array([1000 * one.acked_s for one in sent if one.acked_s is not None])
    animations = sum(one.animation_message() is not None for one in sent)
    answered = sum(final(one) is not None for one in sent)
    promises = [promise for one in sent if (promise := _promise(one)) is not None]
    # The answer itself may come right after a progress edit; the edits before it must keep their distance.
    gaps_s = [b - a for one in sent for a, b in zip(one.edits_s[:-1], one.edits_s[1:-1], strict=False)]
    return Outcome(
        interactions=len(sent),
        acks_ms=Percentiles(*(round(float(np.percentile(acks_ms, share)), 1) for share in (50, 99))),
        loop_lag_ms_max=round(1000 * lag_s, 1),
        answered=answered,
        animations=animations,
        busy=answered - animations,
        duplicates=sum(one.callbacks > 1 or len(one.messages()) > 1 for one in sent) + len(discord.posted),
        edits=sum(len(one.edits_s) for one in sent),
        shortest_progress_gap_ms=round(1000 * min(gaps_s, default=0.0), 1),
        limits_exceeded=len(discord.misbehaviour()),
        expired=sum(say_error("en", Expired("")) in message.text for one in sent if (message := final(one))),
        promises=len(promises),
        promises_broken=sum(promise > BROKEN for promise in promises),
        worst_promise=round(max(promises, default=0.0), 2),
    )


def main() -> int:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--interactions", type=int, default=200)
    parser.add_argument("--within-s", type=float, default=5.0)
    parser.add_argument("--then-s", type=float, default=0.0, help="so long, two a second follow (20 minutes: 1200)")
    parser.add_argument("--job-s", type=float, default=1.0, help="what the engine needs for each of these")
    parser.add_argument("--deadline-s", type=float, default=840.0, help="the queue's, for a siege in less time")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recede-load-") as folder:
        if args.then_s:
            siege = Siege(args.then_s, job_s=args.job_s, deadline_s=args.deadline_s)
            measured = measure_siege(Path(folder), siege, args.interactions, args.within_s)
        else:
            measured = measure(Path(folder), args.interactions, args.within_s)
        outcome = asyncio.run(measured)
    told = dataclasses.asdict(outcome)
    print(json.dumps(told) if args.json else "\n".join(f"{name}: {value}" for name, value in told.items()))
    return 0 if outcome.answered == outcome.interactions and not outcome.duplicates else 1


if __name__ == "__main__":
    sys.exit(main())
