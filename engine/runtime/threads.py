"""How the threads of torch and NumPy wait for each other."""

from __future__ import annotations

import os

# Turns of a waiting loop, some tens of microseconds.
SPIN_TURNS = 10_000


def spin_briefly() -> None:
    """Let OpenMP's threads sleep soon when they wait for one another, instead of burning the core.

    By default a thread that has finished its share spins for milliseconds. Where another process wants the core (the
    broker, the bot, a second engine), the spinning takes it from the very thread that is waited for: two engines on
    two cores ran 2 to 10 times slower each. With a short spin they share the cores evenly, and one alone is as quick as
    before. NumPy's and SciPy's OpenBLAS spins as well, for matrices that one thread has done with sooner: it gets no
    second one. A setting that the user made stays.

    Call it before torch and NumPy are imported: both libraries read their variable once, when they are loaded. Child
    processes inherit it.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", str(SPIN_TURNS))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
