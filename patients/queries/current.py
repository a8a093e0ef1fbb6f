"""The proof of the current scores: every row compared with history by the database, without the code that wrote it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db import connection

# What history says of each column: a value of the latest row of an instrument.
TRUTH = {
    "easi": ("easi", "total"),
    "easi_on": ("easi", "assessed_on"),
    "easi_head_neck": ("easi", "head_neck"),
    "easi_band": ("easi", "band"),
    "viga_ad": ("viga_ad", "total"),
    "viga_ad_on": ("viga_ad", "assessed_on"),
    "poem": ("poem", "total"),
    "poem_on": ("poem", "assessed_on"),
    "poem_band": ("poem", "band"),
    "poem_respondent": ("poem", "respondent"),
    "itch": ("itch", "total"),
    "itch_on": ("itch", "assessed_on"),
    "tarc": ("tarc", "value"),
    "tarc_on": ("tarc", "collected_on"),
}
VALUES = ", ".join(
    f"MAX(CASE WHEN instrument = '{instrument}' THEN {value} END) AS {column}"
    for column, (instrument, value) in TRUTH.items()
    if instrument != "tarc"
)
# The trend rule once more, written out: the latest signed one with a total by day, then by when it was entered; of
# laboratory values the latest that was not withdrawn. PostgreSQL reads both in the order of their indexes, patient by
# patient: the memory does not grow with the tables.
LATEST = f"""
FROM patients_patient p
LEFT JOIN patients_currentscores c ON c.patient_id = p.id
LEFT JOIN (
    SELECT patient_id, {VALUES}
    FROM (
        SELECT patient_id, instrument, total, band, head_neck, respondent, assessed_on, ROW_NUMBER() OVER (
            PARTITION BY patient_id, instrument ORDER BY assessed_on DESC, recorded_at DESC, id DESC
        ) AS place
        FROM patients_assessment WHERE state = 'signed' AND total IS NOT NULL AND patient_id > %(after)s
    ) ranked
    WHERE place = 1 GROUP BY patient_id
) a ON a.patient_id = p.id
LEFT JOIN (
    SELECT patient_id, value AS tarc, collected_on AS tarc_on, ROW_NUMBER() OVER (
        PARTITION BY patient_id ORDER BY collected_on DESC, recorded_at DESC, id DESC
    ) AS place
    FROM patients_labresult WHERE withdrawn_at IS NULL AND patient_id > %(after)s
) l ON l.patient_id = p.id AND l.place = 1
WHERE p.id > %(after)s"""  # noqa: S608 - constants


def _differs(column: str, instrument: str) -> str:
    """Whether a column differs. A row that is missing and one that is empty say the same; texts are empty, not NULL.

    (IS DISTINCT FROM came to SQLite only with 3.39.)
    """
    kept, true = f"c.{column}", f"{'l' if instrument == 'tarc' else 'a'}.{column}"
    if column.endswith(("_band", "_respondent")):
        return f"COALESCE({kept}, '') <> COALESCE({true}, '')"
    return f"{kept} <> {true} OR ({kept} IS NULL) <> ({true} IS NULL)"


DIFFERS = " OR ".join(_differs(column, instrument) for column, (instrument, _value) in TRUTH.items())
COUNT = f"SELECT COUNT(*), COUNT(CASE WHEN {DIFFERS} THEN 1 END) {LATEST}"
LIST = f"SELECT p.id, p.public_id {LATEST} AND ({DIFFERS}) ORDER BY p.id LIMIT %(size)s"


class Differing(NamedTuple):
    """A patient whose current scores are not what history says."""

    id: int
    public_id: UUID


def current_scores_counted() -> tuple[int, int]:
    """How many patients there are, and of how many the current scores differ from history; as of one instant."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"after": 0})
        checked, differ = cursor.fetchone()
    return checked, differ


def differing(*, after: int = 0, size: int = 20) -> list[Differing]:
    """The next patients (behind this id) whose current scores differ from history."""
    with connection.cursor() as cursor:
        cursor.execute(LIST, {"after": after, "size": size})
        return [Differing(pk, UUID(str(public_id))) for pk, public_id in cursor.fetchall()]
