"""The WSGI application."""

import gc
import os
from collections.abc import Callable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adtrack.settings")

# CPython keeps the frames of a thread in pieces of 16 KB and gives a piece back to the system as soon as it is left. Where
# a loop of a template happens to run across the border of two pieces, every call in it asks the system for memory.
# Measured: a chart of 500 scores took 400 ms instead of 120. A frame that needs more than half of 128 KB gets a piece of
# that size, and everything below it, the whole request, stays in there.
SLOTS = 8_500  # of eight bytes


def in_one_piece(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application, called from a frame with room for its whole stack."""
    names = ", ".join(f"_{number}" for number in range(SLOTS))
    space: dict[str, Any] = {"application": application}
    exec(f"def call(environ, start_response):\n    return application(environ, start_response)\n    {names} = ()", space)  # noqa: S102
    call: Callable[..., Any] = space["call"]
    return call


application = in_one_piece(get_wsgi_application())

# What was loaded for the start stays: the collector need not walk through it again and again while pages make their rows.
gc.freeze()
gc.set_threshold(50_000, 20, 20)
