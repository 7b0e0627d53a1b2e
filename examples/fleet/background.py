# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An asyncio server in a thread of this process, for the length of a ``with`` block."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading


@contextlib.contextmanager
def in_background(start):
    """Run a server beside the block. ``start``: a coroutine function that begins to listen and returns ``(value, stop)``.

    The block's value is ``value``; ``stop()`` is called at its end. What ``start`` raises is raised here.
    """
    started = concurrent.futures.Future()
    thread = threading.Thread(target=lambda: asyncio.run(_until_finished(start, started)), daemon=True)
    thread.start()
    value, finish = started.result()
    try:
        yield value
    finally:
        finish()
        thread.join()


async def _until_finished(start, started):
    try:
        value, stop = await start()
    except Exception as error:  # whatever it is, it belongs to the thread that waits
        started.set_exception(error)
        return
    finished = asyncio.Event()
    loop = asyncio.get_running_loop()
    started.set_result((value, lambda: loop.call_soon_threadsafe(finished.set)))
    await finished.wait()
    stop()
