"""Fill the benchmark's database: 100,000 made-up patients with three million assessments, the same every time.

    python -m bench.load [--fresh]

A database that was filled by this very code is left as it is. PostgreSQL only: the rows come by COPY.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.copying import copy_rows, random_id
from bench.scores import LONGEST, fill_scores

DATABASE = "adtrack_bench"
SIZES = {"Bench Clinic One": 50_000, "Bench Clinic Two": 30_000, "Bench Clinic Three": 19_999, "Bench Clinic of One": 1}
PASSWORD = "a password for the benchmark only"  # noqa: S105 - made-up people in a database of its own
USER = "dermatologist@bench.example"  # works in the largest clinic
TWO_CLINICS = "two-clinics@bench.example"
LONE = "lone@bench.example"  # works where there is one patient
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CLOSED_SHARE, ALLERGY_SHARE, MEASURED_SHARE = 0.08, 0.3, 0.4
CODES = ("nickel", "fragrance", "latex", "neomycin", "lanolin")

STARTS = (
    *(
        "Ab",
        "Al",
        "An",
        "Bar",
        "Ber",
        "Bran",
        "Cal",
        "Car",
        "Chen",
        "Dal",
        "Dan",
        "Der",
        "Eg",
        "El",
        "Fal",
        "Fer",
        "Gar",
        "Gol",
    ),
    *(
        "Hal",
        "Har",
        "Hin",
        "Iv",
        "Jan",
        "Jor",
        "Kal",
        "Kar",
        "Kov",
        "Lan",
        "Len",
        "Lin",
        "Mal",
        "Mar",
        "Mo",
        "Nak",
        "Nel",
        "Nor",
    ),
    *(
        "Ok",
        "Or",
        "Pal",
        "Per",
        "Pop",
        "Qui",
        "Ram",
        "Ros",
        "Rut",
        "Sal",
        "San",
        "Sch",
        "Sil",
        "Sin",
        "Tan",
        "Tor",
        "Ul",
        "Val",
    ),
    *("Var", "Wal", "Wei", "Yam", "Yil", "Zel", "Šim", "Øst", "Łuk", "Örn", "D'Am", "O'Br"),
)
MIDDLES = ("", "a", "e", "i", "o", "en", "er", "in", "an")
ENDS = ("berg", "dottir", "es", "ez", "ić", "ini", "man", "mann", "ov", "ova", "sen", "ski", "son", "stein", "ya")
GIVEN_STARTS = (
    "Ad",
    "Al",
    "An",
    "Bea",
    "Cla",
    "Dan",
    "El",
    "Fat",
    "Gre",
    "Han",
    "Is",
    "Jo",
    "Ka",
    "Li",
    "Mar",
    "Nor",
    "Ol",
    "Ra",
)
GIVEN_ENDS = (
    "a",
    "ah",
    "an",
    "ana",
    "el",
    "en",
    "er",
    "i",
    "ia",
    "ian",
    "ik",
    "in",
    "ine",
    "io",
    "is",
    "o",
    "on",
    "ra",
    "us",
    "ya",
)
SURNAMES = [start + middle + end for start in STARTS for middle in MIDDLES for end in ENDS]
GIVEN = [first + last for first in GIVEN_STARTS for last in GIVEN_ENDS] + [
    f"{first} {last}{end}" for first in ("Maria", "Jean", "Ali") for last in GIVEN_STARTS for end in ("a", "o", "en")
]


def own_database(url: str, name: str = DATABASE) -> str:
    """The same server, but the benchmark's own database: a DATABASE_URL that names another one stays untouched."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgres"):
        parts = urlsplit("postgresql://127.0.0.1:5432/")
    return urlunsplit(parts._replace(path=f"/{name}"))


def common(names: Sequence[str], drawn: Random) -> str:
    """A name of the list, the first ones much more often than the last ones, as names are."""
    return names[int(len(names) * drawn.random() ** 2)]


def fill(connection: Any, sizes: dict[str, int] = SIZES, *, password: str = PASSWORD, most: int = LONGEST) -> None:
    """Clinics, accounts with roles, patients with their facts and scores; ANALYZE at the end."""
    from clinics.models import Clinic, Membership, User
    from patients.models import Allergy, Measurement, Patient

    clinics = [Clinic(name=name, zone="Europe/Berlin", jurisdiction="EU", opened_at=AT) for name in sizes]
    Clinic.objects.bulk_create(clinics)
    user = User.objects.create_user(USER, "Bench Dermatologist", password)
    both = User.objects.create_user(TWO_CLINICS, "Bench Colleague")
    lone = User.objects.create_user(LONE, "Bench Country Doctor")
    for member, clinic in ((user, clinics[0]), (both, clinics[0]), (both, clinics[1]), (lone, clinics[-1])):
        Membership.objects.create(user=member, clinic=clinic, role="dermatologist", started_at=AT)
    last = Patient.objects.order_by("-id").values_list("id", flat=True).first() or 0
    drawn = Random("adtrack benchmark")
    copy_rows(connection, Patient, patients(clinics, list(sizes.values()), user.pk, last + 1, drawn))
    ids = range(last + 1, last + 1 + sum(sizes.values()))
    copy_rows(connection, Allergy, allergies(ids, user.pk, drawn))
    copy_rows(connection, Measurement, measurements(ids, user.pk, drawn))
    fill_scores(connection, user.pk, longest(sizes).pk, AT.date(), drawn, most=most)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def longest(sizes: dict[str, int] = SIZES) -> Any:
    """The patient with the most assessments: the first adult of the largest clinic."""
    from patients.models import Patient

    largest = Patient.objects.open().filter(clinic__name=next(iter(sizes)), birth_date__lt=date(1990, 1, 1))
    return largest.order_by("id")[0]


def patients(clinics: list[Any], sizes: list[int], user_id: int, first_id: int, drawn: Random) -> Iterator[dict[str, Any]]:
    """Rows of Patient. Record numbers begin anew in every clinic."""
    from patients.models import Patient

    ids = count(first_id)
    for clinic, size in zip(clinics, sizes, strict=True):
        for number in range(1, size + 1):
            row = Patient(family_name=common(SURNAMES, drawn), given_name=common(GIVEN, drawn))
            row.fill_keys()
            is_closed = drawn.random() < CLOSED_SHARE
            yield {
                "id": next(ids),
                "public_id": random_id(drawn),
                "clinic_id": clinic.pk,
                "record_number": f"B{number:06d}",
                "family_name": row.family_name,
                "given_name": row.given_name,
                "birth_date": date(2026, 11, 1) - timedelta(days=int(drawn.random() ** 1.5 * 33_000)),
                "sex": "female" if drawn.random() < 0.5 else "male",
                "closed_at": AT if is_closed else None,
                "closed_by_id": user_id if is_closed else None,
                "close_reason": "ended" if is_closed else "",
                "registered_at": AT,
                "registered_by_id": user_id,
                "name_key": row.name_key,
                "alike_key": row.alike_key,
            }


def about(patient_id: int, user_id: int, drawn: Random) -> dict[str, Any]:
    """The columns every row about a patient has."""
    return {
        "public_id": random_id(drawn),
        "patient_id": patient_id,
        "recorded_at": AT,
        "recorded_by_id": user_id,
    }


def allergies(ids: Iterable[int], user_id: int, drawn: Random) -> Iterator[dict[str, Any]]:
    """Rows of Allergy: one for some."""
    for pk in ids:
        if drawn.random() < ALLERGY_SHARE:
            code = common(CODES, drawn)
            yield about(pk, user_id, drawn) | {"kind": "substance", "code": code}


def measurements(ids: Iterable[int], user_id: int, drawn: Random) -> Iterator[dict[str, Any]]:
    """Rows of Measurement: three weights, a week apart, for some."""
    for pk in ids:
        if drawn.random() < MEASURED_SHARE:
            weight = Decimal(30 + int(drawn.random() * 700)) / 10 + 20
            for weeks in range(3):
                day = AT.date() - timedelta(weeks=weeks)
                yield about(pk, user_id, drawn) | {"kind": "weight", "value": weight, "measured_on": day}


def mark() -> str:
    """What the database says of itself: changes whenever this code, the search keys or the tables do."""
    root = Path(__file__).resolve().parent.parent
    here = [root / "bench" / f"{name}.py" for name in ("copying", "load", "scores")]
    sources = [*here, root / "patients" / "names.py", *root.glob("patients/scoring/*.py"), *root.glob("*/migrations/0*.py")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()
    return f"filled by bench.load {digest[:16]}"


def prepare(*, fresh: bool = False) -> None:
    """Make the database and fill it, unless this very code did so before."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    config = settings.DATABASES["default"]
    name = config["NAME"]
    if name != DATABASE:
        raise SystemExit(f"The benchmark drops and fills {DATABASE} only, not {name}.")
    given = {"host": config["HOST"], "port": config["PORT"], "user": config["USER"], "password": config["PASSWORD"]}
    server = {key: value for key, value in given.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as admin:
        said = admin.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if said is not None and said[0] == mark() and not fresh:
            return
        began = time.monotonic()
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        admin.execute(f'CREATE DATABASE "{name}"')
        call_command("migrate", verbosity=0)
        fill(connection)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        admin.execute(f"COMMENT ON DATABASE \"{name}\" IS '{mark()}'")
    print(f"Loaded {sum(SIZES.values()):,} patients in {time.monotonic() - began:.0f} s.", flush=True)


def main(arguments: list[str]) -> None:
    """`python -m bench.load`."""
    parser = argparse.ArgumentParser(description="Fill the benchmark's database.")
    parser.add_argument("--fresh", action="store_true", help="drop it and fill it again")
    options = parser.parse_args(arguments)
    setup()
    prepare(fresh=options.fresh)


def setup() -> None:
    """Django under the benchmark's settings."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()


if __name__ == "__main__":
    main(sys.argv[1:])
