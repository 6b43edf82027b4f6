"""How a call ends: with an answer, in words, in Python's own words on the signature, or otherwise."""

from __future__ import annotations

import contextlib
import io
import re
import signal
import sys
import warnings
from collections.abc import Iterator
from types import FrameType

import pylmer

from .calls import Slot

SECONDS = 10
MEMORY = 4 << 30  # of addresses: what asks for more ends in a MemoryError, not in the machine's end
GOOD = ("answer", "words", "signature")


class TooLongError(BaseException):
    """More than ten seconds."""


def outcome(slot: Slot, given: str) -> str:
    """One of GOOD, or the exception."""
    try:
        with quiet(), limited(SECONDS):
            str(slot.call(given))
    except pylmer.PylmerError:
        return "words"
    except TypeError as error:
        name = slot.word.rpartition(".")[2]
        if re.search(rf"\b{name}(\.__init__|\.__new__)?\(\) (got|missing|takes)", str(error)):
            return "signature"
        return told(error)
    except TooLongError:
        return f"over {SECONDS} s"
    except Exception as error:
        return told(error)
    return "answer"


def told(error: Exception) -> str:
    frame = error.__traceback__
    place = ""
    while frame is not None:
        if "/pylmer/" in frame.tb_frame.f_code.co_filename:
            place = f"{frame.tb_frame.f_code.co_filename.rpartition('/pylmer/')[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"{type(error).__name__}: {str(error)[:120]} [{place}]"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Notes and progress bars are not shown; other warnings are errors; pictures are put away."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", pylmer.FitNote)
        try:
            yield
        finally:
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooLongError when the seconds are over, where there are signals."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def bounded(bytes_: int = MEMORY) -> Iterator[None]:
    """No more addresses than these, where the system can say so."""
    try:
        import resource
    except ImportError:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (bytes_, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
