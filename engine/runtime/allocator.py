"""Keep freed memory in the process, so that torch does not spend its time in page faults."""

from __future__ import annotations

import ctypes
from functools import cache

# Parameters of mallopt(3), from glibc's malloc.h.
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
LARGEST_INT = 2**31 - 1
# Advice of madvise(2) to back a range with large pages, and how large these are, from Linux's mman-common.h and x86_64.
MADV_HUGEPAGE = 14
LARGE_PAGE_BYTES = 2**21
# The heap's first so many bytes lie in large pages: what a worker holds at the peak.
IN_LARGE_PAGES_BYTES = 3 * 2**29


def keep_freed_memory(*, large_pages: bool = False) -> bool:
    """Make glibc reuse large freed blocks instead of giving each back to the kernel at once.

    By default glibc serves every large block (a network's activations have 16 to 128 MiB) with a fresh mapping and
    unmaps it when it is freed, so each layer pays a page fault for every 4 KiB it writes, and the kernel zeroes them:
    390,000 faults for one picture of the generator at 1024 px. With this, blocks up to 2 GiB come from one heap that
    is kept, there are none after the first picture, and a picture on two cores takes a quarter of the time.

    The price is that memory once used stays with the process, and a fifth more at the peak for gaps in the heap. Call
    it as the first thing in a process that runs torch: threads that have allocated before keep their own heap. Calling
    it again does no harm.

    large_pages: whether that heap lies in large ones, where Linux has any to give: a network's planes and a canvas's go
    over more small ones than a processor knows the places of. Only who stays for many photos gains by it: to find and
    clear them takes the first one 2 to 3 s more of a processor.

    Returns whether glibc took all the settings; False on systems without glibc, where nothing is changed.
    """
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018  other C libraries have no such function
        mallopt = libc.mallopt
    except (AttributeError, OSError, TypeError):  # TypeError: Windows has no library without a name
        return False
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    mallopt.restype = ctypes.c_int
    settings = (
        (M_MMAP_THRESHOLD, LARGEST_INT),
        (M_TRIM_THRESHOLD, LARGEST_INT),
        # Heaps of further threads have at most 64 MiB, and what does not fit is mapped after all.
        (M_ARENA_MAX, 1),
    )
    kept = all(mallopt(parameter, value) == 1 for parameter, value in settings)
    if kept and large_pages:
        _in_large_pages()
    return kept


@cache
def _in_large_pages() -> None:
    """Have the heap grow in large pages: a block as large as it will get is taken and freed again, untouched, and the
    kernel is told. It may have none, or not want to: nothing is said of it then."""
    libc = ctypes.CDLL(None)
    libc.malloc.argtypes, libc.malloc.restype = (ctypes.c_size_t,), ctypes.c_void_p
    libc.free.argtypes, libc.free.restype = (ctypes.c_void_p,), None
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    block: int | None = libc.malloc(IN_LARGE_PAGES_BYTES)
    if block is None:
        return
    start = -(-block // LARGE_PAGE_BYTES) * LARGE_PAGE_BYTES
    libc.madvise(start, IN_LARGE_PAGES_BYTES - LARGE_PAGE_BYTES, MADV_HUGEPAGE)
    libc.free(block)
