"""Three million assessments for the benchmark's patients, scored by the application's own code, multiplied by PostgreSQL.

Some thousand sets of items are drawn, scored and brought in by COPY. One INSERT then gives every patient thirty of them
(one patient 500), each with its own ids and dates and the weights of the age on that day. Indexes, laboratory values and
current scores follow, set by set.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from bench.copying import copy_into, copy_rows, random_id

EACH, LONGEST = 30, 500  # assessments of a patient, and of the one with the most
DRAWN = 2_000  # sets of items of EASI (for either weights) and POEM
LAB_SHARE = 0.05
# Every patient's k-th assessment, from the latest back: a third EASI, a third POEM, the rest vIGA-AD and itch.
ORDER = ("easi", "poem", "viga_ad", "easi", "poem", "itch")
BORN = (date(2022, 1, 1), date(1985, 1, 1))  # under and over 8 years
TABLE = "patients_assessment"


def fill_scores(connection: Any, user_id: int, longest: int, on: date, drawn: Random, *, most: int = LONGEST) -> int:
    """Assessments, laboratory values and current scores of all patients; how many assessments there are then."""
    from django.db import transaction

    from patients.models import Assessment, LabResult, Patient

    born = list(Patient.objects.order_by("id").values_list("id", "birth_date"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be altered
        cursor.execute("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET synchronous_commit = off")
        cursor.execute(f"CREATE TEMP TABLE drawn (LIKE {TABLE})")
        copy_into(connection, "drawn", Assessment, items_drawn(user_id, on, drawn))
        cursor.execute("ANALYZE drawn")
        with without_indexes(cursor, TABLE):
            cursor.execute(
                multiplied(Assessment), {"longest": longest, "most": most, "on": on, "first": born[0][0], "all": len(born)}
            )
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{TABLE}', 'id'), max(id)), count(*) FROM {TABLE}")
        made = cursor.fetchone()[1]
        cursor.execute("DROP TABLE drawn")
    copy_rows(connection, LabResult, lab_results(born, user_id, on, drawn))
    with connection.cursor() as cursor:
        cursor.execute(CURRENT)
        cursor.execute("RESET work_mem; RESET maintenance_work_mem; RESET synchronous_commit")
    return made


def items_drawn(user_id: int, on: date, drawn: Random) -> Iterator[dict[str, Any]]:
    """Rows of Assessment as they are signed, from mild to severe; their `id` is the place within instrument and weights."""
    for born_on in BORN:
        for place in range(DRAWN):
            yield signed("easi", easi_items(place / DRAWN, born_on, on, drawn), born_on, on, user_id) | {"id": place}
    for place in range(DRAWN):
        open_ones = 2 if place % 100 == 50 else 1 if place % 20 == 10 else 0
        yield signed("poem", poem_items(place / DRAWN, open_ones, drawn), born_on, on, user_id) | {"id": place}
    for instrument, levels in (("viga_ad", 5), ("itch", 11)):
        for level in range(levels):
            yield signed(instrument, {"level": level}, born_on, on, user_id) | {"id": level}


def signed(instrument: str, items: dict[str, Any], born_on: date, on: date, user_id: int) -> dict[str, Any]:
    """The columns of a signed assessment with these items, scored as the actions score it."""
    from patients.actions.scores import scored
    from patients.models import CLINICIAN_INSTRUMENTS, Assessment
    from patients.models.assessments import ITEM_COLUMNS

    row = Assessment(instrument=instrument, assessed_on=on, **items)
    is_clinicians = instrument in CLINICIAN_INSTRUMENTS
    return {
        **{name: items.get(name) for name in ITEM_COLUMNS},
        **scored(row, born_on)._asdict(),
        "patient_id": 0,
        "instrument": instrument,
        "state": "signed",
        "assessed_on": on,
        "recorded_at": on,
        "signed_at": on,
        "respondent": "clinician" if is_clinicians else "self",
        "rater_id": user_id if is_clinicians else None,
        "recorded_by_id": user_id,
        "signed_by_id": user_id,
    }


def easi_items(grade: float, born_on: date, on: date, drawn: Random) -> dict[str, Any]:
    """Items of an EASI of a severity between 0 and 1, such as the demonstration has."""
    from adtrack.demo.courses import Skin, findings
    from patients.models.assessments import area_column, sign_column

    values: dict[str, Any] = {}
    for region, (_percent, found) in findings(Skin(born_on, (1.2, 1.2, 1.4, 1.3), drawn), grade, on).items():
        values[area_column(region)] = found.area
        values |= {sign_column(region, sign): value for sign, value in found.signs.items()}
    return values


def poem_items(grade: float, open_ones: int, drawn: Random) -> dict[str, Any]:
    """Seven answers of a severity between 0 and 1, the last so many left open."""
    from patients.models.assessments import POEM_COLUMNS

    given: list[int | None] = [min(round(4 * grade * drawn.uniform(0.7, 1.3)), 4) for _ in POEM_COLUMNS]
    kept = given[: len(given) - open_ones] + [None] * open_ones
    return dict(zip(POEM_COLUMNS, kept, strict=True))


def multiplied(model: Any) -> str:
    """The INSERT: a patient's assessments of neighbouring severities, up to 18 days apart, never before the birth."""
    numbers = ", ".join(f"({number}, '{instrument}')" for number, instrument in enumerate(ORDER))
    own = {
        "id": "(CASE WHEN k < {each} THEN (p.id - %(first)s) * {each} + k ELSE %(all)s * {each} + k END) + 1",
        "public_id": "md5('public ' || p.id || ' ' || k)::uuid",
        "series": "md5('series ' || p.id || ' ' || k)::uuid",
        "submission": "md5('submission ' || p.id || ' ' || k)::uuid",
        "patient_id": "p.id",
        "assessed_on": "s.day",
        "recorded_at": "entered_at",
        "signed_at": "entered_at",
        "respondent": "CASE WHEN d.respondent = 'self' AND s.day < p.birth_date + interval '12 years' "
        "THEN 'proxy' ELSE d.respondent END",
    }
    columns = [field.column for field in model._meta.concrete_fields]
    values = ", ".join(own.get(column, f"d.{column}") for column in columns).replace("{each}", str(EACH))
    return f"""
        INSERT INTO {TABLE} ({", ".join(columns)})
        SELECT {values}
        FROM patients_patient p
        CROSS JOIN LATERAL (SELECT CASE WHEN p.id = %(longest)s THEN %(most)s ELSE {EACH} END AS many) m
        CROSS JOIN LATERAL generate_series(0, many - 1) k
        JOIN (VALUES {numbers}) AS o (number, instrument) ON o.number = k %% {len(ORDER)}
        CROSS JOIN LATERAL (SELECT LEAST(540 + 2460 * (many / %(most)s), %(on)s - p.birth_date) AS days) l
        CROSS JOIN LATERAL (SELECT %(on)s - k * days / many AS day) s
        CROSS JOIN LATERAL (
            SELECT (s.day + time '07:00') AT TIME ZONE 'UTC' + k * interval '1 second' AS entered_at,
            CASE WHEN o.instrument <> 'easi' THEN ''
            WHEN s.day < p.birth_date + interval '8 years' THEN 'under_8' ELSE 'from_8' END AS weights,
            CASE o.instrument WHEN 'viga_ad' THEN 5 WHEN 'itch' THEN 11 ELSE {DRAWN} END AS places
        ) w
        JOIN drawn d ON d.instrument = o.instrument AND d.weight_set = weights
            AND d.id = (p.id * 7919 + k * places / 40) %% places
    """


@contextlib.contextmanager
def without_indexes(cursor: Any, table: str) -> Iterator[None]:
    """Take unique and foreign keys and indexes off a table while the block runs: to make them anew takes a tenth."""
    cursor.execute(
        """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = %s::regclass AND contype IN ('f', 'u') ORDER BY contype DESC, conname""",
        [table],
    )
    constraints = cursor.fetchall()
    for name, _definition in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(
        """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
        WHERE i.indrelid = %s::regclass AND NOT i.indisprimary""",
        [table],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        cursor.execute(definition)
    for name, definition in constraints:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def lab_results(born: list[tuple[int, date]], user_id: int, on: date, drawn: Random) -> Iterator[dict[str, Any]]:
    """Rows of LabResult: two for some, the second withdrawn for few of them."""
    from patients.scoring import tarc

    for pk, born_on in born:
        if drawn.random() >= LAB_SHARE:
            continue
        for weeks in (0, 12):
            day = max(born_on, on - timedelta(weeks=weeks))
            is_wrong = weeks == 0 and drawn.random() < 0.1
            at = f"{day} 08:00+00"
            yield {
                "public_id": random_id(drawn),
                "submission": random_id(drawn),
                "patient_id": pk,
                "recorded_at": at,
                "recorded_by_id": user_id,
                "withdrawn_at": at if is_wrong else None,
                "withdrawn_by_id": user_id if is_wrong else None,
                "withdrawn_reason": "sample of somebody else" if is_wrong else "",
                "collected_on": day,
                "value": Decimal(drawn.randrange(2_000, 60_000)) / 10,
                "assay": "made-up laboratory",
                "reference_limit": tarc.reference_limit(born_on, day),
                "scoring_version": tarc.VERSION,
            }


def latest(name: str) -> str:
    """The current assessment of each patient, found by sorting: another way than the one that is to be proved."""
    return f"""LEFT JOIN (
        SELECT DISTINCT ON (patient_id) patient_id, total, band, head_neck, respondent, assessed_on FROM {TABLE}
        WHERE instrument = '{name}' AND state = 'signed' AND total IS NOT NULL
        ORDER BY patient_id, assessed_on DESC, recorded_at DESC, id DESC
    ) {name} ON {name}.patient_id = p.id"""


CURRENT = f"""
INSERT INTO patients_currentscores (
    patient_id, easi, easi_band, easi_on, easi_head_neck, viga_ad, viga_ad_on,
    poem, poem_band, poem_on, poem_respondent, itch, itch_on, tarc, tarc_on
)
SELECT p.id, easi.total, COALESCE(easi.band, ''), easi.assessed_on, easi.head_neck, viga_ad.total, viga_ad.assessed_on,
    poem.total, COALESCE(poem.band, ''), poem.assessed_on, COALESCE(poem.respondent, ''), itch.total, itch.assessed_on,
    tarc.value, tarc.collected_on
FROM patients_patient p {latest("easi")} {latest("viga_ad")} {latest("poem")} {latest("itch")}
LEFT JOIN (
    SELECT DISTINCT ON (patient_id) patient_id, value, collected_on FROM patients_labresult WHERE withdrawn_at IS NULL
    ORDER BY patient_id, collected_on DESC, recorded_at DESC, id DESC
) tarc ON tarc.patient_id = p.id"""
