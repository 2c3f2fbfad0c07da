"""The queue between whoever has a photo and the engine: NATS JetStream, on a private broker or the operator's.

    queue = await open_queue(load_config().queue, receiver="bot")
    await queue.progress(on_progress)
    await queue.results(on_result)
    await queue.submit(Job(job_id, user, "bot", photo, BaldOptions(), AnimationOptions(), time.time() + 840))

Nothing behind this import needs torch or NumPy, so the bot may use all of it.
"""

from engine.config import Config, QueueConfig, load_config, parse_config, read_table, read_tables
from engine.queue.client import Queue, open_queue
from engine.queue.ledger import FileLedger, Ledger, MemoryLedger
from engine.queue.subjects import Ticket
from engine.runtime.state import check_state_dir, state_dir

__all__ = [
    "Config",
    "FileLedger",
    "Ledger",
    "MemoryLedger",
    "Queue",
    "QueueConfig",
    "Ticket",
    "check_state_dir",
    "load_config",
    "open_queue",
    "parse_config",
    "read_table",
    "read_tables",
    "state_dir",
]
