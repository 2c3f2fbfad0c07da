"""Work that shares the cores."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import torch

from engine.runtime.side_by_side import (
    at_once,
    at_work,
    is_alone,
    large_piece,
    leaving_room,
    side_by_side,
    wholes_at_once,
)


def test_workers_share_the_threads_and_whoever_called_has_them_again() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(4)
        met = threading.Barrier(2)  # so that both are at work

        def threads(_: int) -> int:
            met.wait()
            return torch.get_num_threads()

        with side_by_side(2) as pool:
            assert list(pool.map(threads, range(2))) == [2, 2]
            assert torch.get_num_threads() == 4
        assert torch.get_num_threads() == 4
        seen: list[int] = []
        later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        later.start()
        later.join()
        assert seen == [4]
    finally:
        torch.set_num_threads(before)


def test_a_gpu_takes_one_piece_after_the_other() -> None:
    assert at_once(torch.device("cuda")) == 1
    assert 1 <= at_once(torch.device("cpu")) <= 2


def test_one_whole_more_than_pieces_is_gone_side_by_side_where_pieces_are_and_there_is_room() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert wholes_at_once(torch.device("cpu")) == at_once(torch.device("cpu")) + 1 == 3
        assert wholes_at_once(torch.device("cpu"), large=True) == 2
        torch.set_num_threads(1)
        assert wholes_at_once(torch.device("cpu")) == 1
        assert wholes_at_once(torch.device("cuda")) == 1
    finally:
        torch.set_num_threads(before)


def test_a_large_piece_waits_for_another_thread_s_and_not_for_its_own() -> None:
    began = threading.Event()

    def another() -> None:
        with large_piece():
            began.set()

    with ThreadPoolExecutor(1) as pool:
        with large_piece(), large_piece():
            waiting = pool.submit(another)
            assert not began.wait(0.1)
        waiting.result()
    assert began.is_set()


def test_a_job_is_alone_until_another_begins_and_once_one_has_ended() -> None:
    assert is_alone()
    with at_work():
        assert is_alone()
        with at_work():
            assert not is_alone()
        assert is_alone()
    assert is_alone()


def test_one_thread_is_left_to_another_job_at_work_and_taken_back() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with at_work():
            with leaving_room():
                assert torch.get_num_threads() == 2
            with at_work(), leaving_room():
                assert torch.get_num_threads() == 1
                with leaving_room():
                    assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
