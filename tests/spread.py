"""How the tests are spread over processes: a file stays together, a journey goes alone, and the slowest begin.

A file's tests share what it makes once (a running stack, a loaded demonstration, a cast). Marks with `xdist_group` would
say the same, but pytest-xdist up to 3.8 loses them without a word from pytest 9.2 on (pytest-xdist issue 1386).
"""

from __future__ import annotations

import os
from typing import Any

import pytest

JOURNEYS = "tests/journeys/"
# Whoever takes longest begins; journeys, which are short and stand alone, fill the gaps at the end.
FIRST = ("tests/test_compose.py", "tests/test_demo.py", "tests/test_api_schema.py", "tests/test_access.py")


def unit_of(nodeid: str) -> str:
    """What has to run in one process with this test: its file, for a journey only itself."""
    return nodeid if nodeid.startswith(JOURNEYS) else nodeid.partition("::")[0]


def rank(nodeid: str) -> int:
    """Units of a lower rank begin earlier."""
    unit = unit_of(nodeid)
    return FIRST.index(unit) if unit in FIRST else len(FIRST) + unit.startswith(JOURNEYS)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest first; within a rank and within a file the order stays."""
    items.sort(key=lambda item: rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: one more than there are cores, because tests of running processes mostly wait."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of `--dist loadfile`, in our units and in the order of the collection."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Spread(LoadScopeScheduling):
        """Hands out units."""

        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False
    return Spread(config, log)
