"""Every rule, one file per family; importing them registers them. The order here is the order on screen."""

# ruff: noqa: I001
from regimens.protocol.rules import (  # noqa: F401
    allergies,
    ages,
    licences,
    conditions,
    together,
    schedules,
    courses,
    systemic,
)
