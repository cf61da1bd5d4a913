"""Runs a coroutine in an event loop of its own, which Ctrl-C ends in an orderly way."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """The result of the coroutine. Ctrl-C cancels it, and KeyboardInterrupt is raised when its tasks have ended.

    `asyncio.run` does that from Python 3.11 on. In 3.10 it breaks off the step that is running, and prints a traceback
    for each task that was not finished.
    """
    if sys.version_info >= (3, 11) or not _may_handle_signals():
        return asyncio.run(main)
    return asyncio.run(_cancelled_by_ctrl_c(main))


def _may_handle_signals() -> bool:
    """Whether this is the main thread, and Ctrl-C has no handler of somebody else."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler


async def _cancelled_by_ctrl_c(main: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(main)
    interrupts = 0

    def interrupted(_number: int, _frame: object) -> None:
        nonlocal interrupts
        interrupts += 1
        if interrupts > 1:  # somebody is impatient
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(task.cancel)

    signal.signal(signal.SIGINT, interrupted)
    try:
        return await task
    except asyncio.CancelledError:
        if interrupts:
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
