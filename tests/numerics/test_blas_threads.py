"""Which factorizations keep to one thread, and that all libraries have theirs back afterwards."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import pylmer
from pylmer.numerics import threads
from pylmer.numerics.linalg import solve_lower_columns, solve_upper_columns


class Library:
    """As threadpoolctl has them."""

    def __init__(self, num_threads: int) -> None:
        self.num_threads, self.said = num_threads, [num_threads]

    def set_num_threads(self, count: int) -> None:
        self.num_threads = count
        self.said.append(count)


@pytest.fixture
def libraries(monkeypatch):
    pair = (Library(4), Library(1))
    monkeypatch.setattr(threads, "libraries", lambda: pair)
    return pair


def test_matrices_of_middle_size_keep_to_one_thread(libraries):
    for columns, inside in ((threads.ALONE, 4), (threads.ALONE + 1, 1), (threads.WORTH - 1, 1), (threads.WORTH, 4)):
        with threads.threads_for(columns):
            assert libraries[0].num_threads == inside
        assert libraries[0].num_threads == 4
    assert libraries[1].said == [1]


def test_many_rows_are_worth_their_threads(libraries):
    for rows, inside in ((1_000, 1), (10_000_000, 4)):
        with threads.threads_for(100, rows):
            assert libraries[0].num_threads == inside


def test_the_last_to_leave_gives_the_threads_back(libraries):
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with threads.threads_for(500):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with threads.threads_for(500), threads.threads_for(300):
        thread.start()
        assert entered.wait(10)
    assert libraries[0].num_threads == 1
    leave.set()
    thread.join()
    assert libraries[0].said == [4, 1, 4]


def test_threads_are_back_after_an_error(libraries):
    with pytest.raises(pylmer.NumericalError), threads.threads_for(500):
        raise pylmer.NumericalError("no")
    assert libraries[0].num_threads == 4


def test_a_crossed_fit_asks_for_one_thread(libraries):
    rng = np.random.default_rng(1)
    data = {"a": rng.integers(0, 150, 900), "b": rng.integers(0, 90, 900), "y": rng.normal(size=900)}
    data["y"] = data["y"] + rng.normal(size=150)[data["a"]] + rng.normal(size=90)[data["b"]]
    pylmer.lmer("y ~ 1 + (1 | a) + (1 | b)", data)
    assert libraries[0].said[:3] == [4, 1, 4]
    assert libraries[0].num_threads == 4


@pytest.mark.parametrize("columns", [1, 3, 20])
@pytest.mark.parametrize("transposed", [False, True])
def test_triangular_solves_of_few_and_of_many_columns(columns, transposed):
    rng = np.random.default_rng(columns)
    L, C = np.tril(rng.normal(size=(9, 9))) + 5 * np.eye(9), rng.normal(size=(9, columns))
    wanted = np.linalg.solve(L.T if transposed else L, C)
    for order in ("C", "F"):
        given = np.array(L, order=order)
        np.testing.assert_allclose(solve_lower_columns(given, C, transposed), wanted, rtol=1e-12)
    np.testing.assert_allclose(solve_upper_columns(L.T, C), np.linalg.solve(L.T, C), rtol=1e-12)
    assert solve_lower_columns(np.zeros((0, 0)), np.zeros((0, columns))).shape == (0, columns)
    assert solve_lower_columns(L, np.zeros((9, 0))).shape == (9, 0)


def test_threadpoolctl_finds_what_numpy_and_scipy_use():
    pytest.importorskip("threadpoolctl")
    threads.libraries.cache_clear()
    assert threads.libraries()
