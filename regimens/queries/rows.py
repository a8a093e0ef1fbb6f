"""Rows of treatment as the API answers them, with everything that hangs on them; and the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import Prefetch, Q

from patients import queries as patients
from patients.models import Patient
from regimens.models import DosePlan, Override, Product, Regimen, RegimenLine
from regimens.models.regimen import Opened

Row = TypeVar("Row", bound=Opened)

PEOPLE = ("started_by", "ended_by")


def row_of(model: type[Row], user: Any, patient: Patient, public_id: UUID) -> Row:
    """A regimen or a line of this very patient that the account may see, or Http404."""
    return cast(Row, patients.row_of(cast(Any, model), user, patient, public_id))


def _parts(prefix: str = "") -> list[Any]:
    """What hangs on a line: plans with their places, and the warnings that were answered."""
    return [
        Prefetch(f"{prefix}plans", DosePlan.objects.select_related("started_by")),
        f"{prefix}plans__places",
        Prefetch(f"{prefix}overrides", Override.objects.select_related("by")),
    ]


def _lines() -> Any:
    return RegimenLine.objects.select_related("product", "replaces", *PEOPLE)


def _regimens(patient: Patient) -> Any:
    rows = Regimen.objects.filter(patient=patient).select_related(*PEOPLE)
    return rows.prefetch_related(Prefetch("lines", _lines()), *_parts("lines__"))


def whole_regimen(patient: Patient, public_id: UUID | None = None) -> Regimen | None:
    """A regimen with its lines, ended ones too, their phases, places and answered warnings; without an id the open one."""
    rows = _regimens(patient)
    found: Regimen | None = (rows.filter(public_id=public_id) if public_id else rows.live()).first()
    return found


def whole_line(line: RegimenLine) -> RegimenLine:
    """A line as it stands now, with its phases, places and answered warnings."""
    found: RegimenLine = _lines().prefetch_related(*_parts()).get(pk=line.pk)
    return found


def regimens_about(patient: Patient, *, after: UUID | None, size: int) -> tuple[list[Regimen], bool]:
    """Regimens of a patient with everything in them, the last first, those that follow `after`; and whether more follow."""
    rows = _regimens(patient)
    if after is not None:
        rows = rows.filter(id__lt=Regimen.objects.filter(patient=patient, public_id=after).values("id"))
    part = list(rows.order_by("-id")[: size + 1])
    return part[:size], len(part) > size


# --- Catalogue --------------------------------------------------------------------------------------------------------


def products(
    *, family: str = "", text: str = "", with_withdrawn: bool = False, after: UUID | None = None, size: int
) -> tuple[list[Product], bool]:
    """Products by name with their facts, those of a family, with a text in name, substance or ATC code; whether more."""
    rows = Product.objects.prefetch_related("facts")
    if not with_withdrawn:
        rows = rows.filter(is_offered=True)
    if family:
        rows = rows.filter(family=family)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(drug__icontains=text) | Q(atc__iexact=text))
    if after is not None:
        rows = rows.filter(name__gt=Product.objects.filter(public_id=after).values("name"))
    part = list(rows.order_by("name")[: size + 1])
    return part[:size], len(part) > size


def offered(keys: Iterable[str]) -> dict[str, Product]:
    """Products that may be ordered, by key, with their facts."""
    rows = Product.objects.filter(key__in=set(keys), is_offered=True).prefetch_related("facts")
    return {row.key: row for row in rows}


def product_with(key: str) -> Product | None:
    """The product of a key, whether it is offered or not."""
    return Product.objects.filter(key=key).first()
