"""The proof of the current scores: every row compared with history by the database, without the code that wrote it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db import connection

# What is stored beside what history says. The trend rule once more, written out: the latest signed one with a total by
# day, then by when it was entered; of laboratory values the latest that was not withdrawn.
PAIRS = {
    "c.easi": "easi.total",
    "c.easi_on": "easi.assessed_on",
    "c.easi_head_neck": "easi.head_neck",
    "COALESCE(c.easi_band, '')": "COALESCE(easi.band, '')",
    "c.viga_ad": "viga_ad.total",
    "c.viga_ad_on": "viga_ad.assessed_on",
    "c.poem": "poem.total",
    "c.poem_on": "poem.assessed_on",
    "COALESCE(c.poem_band, '')": "COALESCE(poem.band, '')",
    "COALESCE(c.poem_respondent, '')": "COALESCE(poem.respondent, '')",
    "c.itch": "itch.total",
    "c.itch_on": "itch.assessed_on",
    "c.tarc": "tarc.value",
    "c.tarc_on": "tarc.collected_on",
}
LATEST = """
LEFT JOIN patients_assessment {name} ON {name}.id = (
    SELECT a.id FROM patients_assessment a
    WHERE a.patient_id = p.id AND a.instrument = '{name}' AND a.state = 'signed' AND a.total IS NOT NULL
    ORDER BY a.assessed_on DESC, a.recorded_at DESC, a.id DESC LIMIT 1
)"""
LATEST_LAB = """
LEFT JOIN patients_labresult tarc ON tarc.id = (
    SELECT l.id FROM patients_labresult l
    WHERE l.patient_id = p.id AND l.withdrawn_at IS NULL
    ORDER BY l.collected_on DESC, l.recorded_at DESC, l.id DESC LIMIT 1
)"""
# A look into an index per patient and score: no sort, so the memory does not grow with the table. One row that is missing
# and one that is empty say the same. (IS DISTINCT FROM came to SQLite only with 3.39.)
PATIENTS = "FROM patients_patient p LEFT JOIN patients_currentscores c ON c.patient_id = p.id"
PATIENTS += "".join(LATEST.format(name=name) for name in ("easi", "viga_ad", "poem", "itch")) + LATEST_LAB
DIFFERS = " OR ".join(f"{kept} <> {true} OR ({kept} IS NULL) <> ({true} IS NULL)" for kept, true in PAIRS.items())
COUNT = f"SELECT COUNT(*), COUNT(CASE WHEN {DIFFERS} THEN 1 END) {PATIENTS}"
LIST = f"SELECT p.id, p.public_id {PATIENTS} WHERE p.id > %s AND ({DIFFERS}) ORDER BY p.id LIMIT %s"


class Differing(NamedTuple):
    """A patient whose current scores are not what history says."""

    id: int
    public_id: UUID


def current_scores_counted() -> tuple[int, int]:
    """How many patients there are, and of how many the current scores differ from history; as of one instant."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        checked, differ = cursor.fetchone()
    return checked, differ


def differing(*, after: int = 0, size: int = 20) -> list[Differing]:
    """The next patients (behind this id) whose current scores differ from history."""
    with connection.cursor() as cursor:
        cursor.execute(LIST, [after, size])
        return [Differing(pk, UUID(str(public_id))) for pk, public_id in cursor.fetchall()]
