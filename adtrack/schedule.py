"""When Celery beat says "look now".

Intervals only, in UTC: every task asks the database what is due and may run twice or late,
so several beats may run and a lost message costs one interval, never a piece of work.
"""

from datetime import timedelta
from typing import Any

TIMETABLE: dict[str, dict[str, Any]] = {
    "heartbeat": {"task": "clinics.tasks.beat", "schedule": timedelta(seconds=30)},
    "housekeeping": {"task": "clinics.tasks.housekeeping", "schedule": timedelta(hours=1)},
    # Nightly in every zone: a patient is due once a day, from the clinic's midnight on, until it is done.
    "lines": {"task": "regimens.tasks.sweep", "schedule": timedelta(minutes=10)},
    "doses": {"task": "regimens.tasks.advance_due", "schedule": timedelta(minutes=1)},
}
