"""Rows for tests, made through the actions wherever one exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from clinics.access import Access, Actor
from clinics.models import Clinic, Membership, Role, User
from patients import actions
from patients.models import Assessment, LabResult, Patient
from patients.models.assessments import POEM_COLUMNS
from patients.sites import Side
from regimens import actions as regimen_actions
from regimens.actions import Reply
from regimens.errors import Unsafe
from regimens.models import Product, Regimen, RegimenLine
from regimens.protocol.facts import Phase, Place

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
PASSWORD = "correct horse battery staple"

T = TypeVar("T")

_numbers = count(1)


def make_clinic(name: str = "", **more: Any) -> Clinic:
    """An open clinic in Berlin under EU rules."""
    values = {"zone": "Europe/Berlin", "jurisdiction": "EU", "languages": ["en"], "opened_at": NOW}
    return Clinic.objects.create(name=name or f"Clinic {next(_numbers)}", **(values | more))


def make_user(email: str = "", name: str = "", **more: Any) -> User:
    """An account that can sign in with PASSWORD."""
    number = next(_numbers)
    return User.objects.create_user(email or f"user{number}@example.org", name or f"User {number}", PASSWORD, **more)


def make_member(clinic: Clinic, role: Role, *, user: User | None = None, **flags: bool) -> User:
    """An account with a live role in a clinic."""
    user = user or make_user(f"{role.value}{next(_numbers)}@example.org", f"{role.label} {next(_numbers)}")
    Membership.objects.create(user=user, clinic=clinic, role=role, started_at=NOW, **flags)
    return user


def actor_for(user: User, clinic: Clinic, channel: str = "web") -> Actor:
    """The account as an actor in a clinic, as the edge would make it."""
    return Access(user=user, channel=channel, request_id="test").actor(clinic)


def patient_values(**more: Any) -> dict[str, Any]:
    """Values of a clearly made-up patient, each call another record number."""
    number = next(_numbers)
    return {
        "record_number": f"T{number:05d}",
        "family_name": f"Example{number}",
        "given_name": "Robin",
        "birth_date": date(2019, 5, 4),
        "sex": "female",
        "no_guardian_reason": "later",
    } | more


def make_patient(clinic: Clinic, *, at: datetime = NOW, **more: Any) -> Patient:
    """A registered patient of the clinic."""
    by = Membership.objects.live().filter(clinic=clinic).select_related("user").first()
    user = by.user if by else make_member(clinic, Role.NURSE)
    return actions.register_patient(actor_for(user, clinic), clinic, patient_values(**more), at=at)


def scorer_of(clinic: Clinic) -> Actor:
    """The clinic's dermatologist, who may record and score everything; one joins where there is none."""
    doctors = Membership.objects.live().filter(clinic=clinic, role=Role.DERMATOLOGIST).select_related("user")
    found = doctors.order_by("pk").first()
    return actor_for(found.user if found else make_member(clinic, Role.DERMATOLOGIST, may_score=True), clinic)


E5 = {"hn": "2 1 1 0 | 2", "ul": "2 2 1 1 | 3", "tr": "1 1 0 0 | 2", "ll": "2 2 2 1 | 3"}
SIGN_ORDER = ("redness", "thickness", "scratching", "lichenification")


def easi_values(findings: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Items of an EASI with the date, written as "redness thickness scratching lichenification | area" for hn, ul, tr, ll.

    A region not named is 0; without findings E5, which is 14.0 from the 8th birthday and 12.7 before it.
    """
    values: dict[str, Any] = {"assessed_on": NOW.date()}
    for prefix in ("hn", "ul", "tr", "ll"):
        signs, area = (E5 if findings is None else findings).get(prefix, "0 0 0 0 | 0").split("|")
        values |= {f"{prefix}_{name}": Decimal(value) for name, value in zip(SIGN_ORDER, signs.split(), strict=True)}
        values[f"{prefix}_area"] = int(area)
    return values | more


def poem_values(answers: str = "2 1 1 1 1 1 1", **more: Any) -> dict[str, Any]:
    """The seven answers of a POEM in the order of the form, "-" for one left open, by the patient; 8 unless told."""
    given = [None if answer == "-" else int(answer) for answer in answers.split()]
    return {"assessed_on": NOW.date(), "respondent": "self"} | dict(zip(POEM_COLUMNS, given, strict=True)) | more


def make_assessment(
    patient: Patient,
    instrument: str = "easi",
    *,
    by: Actor | None = None,
    on: date | None = None,
    at: datetime = NOW,
    sign: bool = True,
    **values: Any,
) -> Assessment:
    """A signed assessment (or a draft), today unless told: EASI E5, vIGA-AD 2, POEM 8 or itch 5 with `values` in place."""
    submission = values.pop("submission", uuid4())
    values["assessed_on"] = on or patient.clinic.today(at)
    usual: dict[str, dict[str, Any]] = {
        "easi": easi_values(),
        "viga_ad": {"level": 2},
        "poem": poem_values(),
        "itch": {"level": 5, "respondent": "self"},
    }
    return actions.record_assessment(
        by or scorer_of(patient.clinic),
        patient,
        instrument,
        usual[instrument] | values,
        submission=submission,
        sign=sign,
        at=at,
    )


def make_lab(
    patient: Patient,
    value: str = "5000",
    *,
    by: Actor | None = None,
    on: date | None = None,
    at: datetime = NOW,
    **more: Any,
) -> LabResult:
    """A serum TARC in pg/mL, collected today unless told."""
    values = {"value": Decimal(value), "collected_on": on or patient.clinic.today(at), "assay": "HISCL, central laboratory"}
    submission = more.pop("submission", uuid4())
    return actions.record_lab_result(by or scorer_of(patient.clinic), patient, values | more, submission=submission, at=at)


def make_line(
    patient: Patient, *, by: Actor | None = None, key: str = "emollient", at: datetime = NOW, **more: Any
) -> RegimenLine:
    """A line of the catalogue in use, twice daily on the whole body from today unless said otherwise."""
    by = by or actor_for(prescriber(patient.clinic), patient.clinic)
    values: dict[str, Any] = {"phase": Phase.INDUCTION, "per_day": 2, "places": (Place("whole_body"),)}
    values |= {"starts_on": patient.clinic.today(at), "product": Product.objects.prefetch_related("facts").get(key=key)}
    order = regimen_actions.Order(**(values | more))
    regimen = Regimen.objects.live().filter(patient=patient).first()
    if regimen is None:
        regimen_actions.start_regimen(by, patient, [order], at=at)
    else:
        regimen_actions.add_line(by, regimen, [order], at=at)
    return RegimenLine.objects.filter(patient=patient).latest("pk")


def prescriber(clinic: Clinic) -> User:
    """Somebody of the clinic who may prescribe."""
    member = Membership.objects.live().filter(clinic=clinic, may_prescribe=True).select_related("user").first()
    return member.user if member else make_member(clinic, Role.DERMATOLOGIST, may_prescribe=True)


def place(written: str) -> Place:
    """ "face", "hands:left"."""
    site, _colon, side = written.partition(":")
    return Place(site, Side(side))


def make_order(key: str = "tacrolimus-0.1", *sites: str, on: date = TODAY, **more: Any) -> regimen_actions.Order:
    """An order, twice daily on the face from `on` with a review six weeks later unless told; nothing is saved."""
    usual: dict[str, Any] = {"phase": Phase.INDUCTION, "review_on": on + timedelta(days=42)}
    if more.get("phase", Phase.INDUCTION) == Phase.INDUCTION:
        usual["per_day"] = 2
    product = Product.objects.get(key=key)
    places = tuple(place(site) for site in sites or (("face",) if product.has_sites else ()))
    return regimen_actions.Order(product, **(usual | {"places": places, "starts_on": on} | more))


def make_emollient(*, on: date = TODAY, **more: Any) -> regimen_actions.Order:
    """An order of an emollient for the whole body, twice daily."""
    return make_order("emollient", "whole_body", on=on, **({"review_on": None} | more))


def replying(act: Callable[[Mapping[str, Reply]], T], replies: Mapping[str, Reply]) -> T:
    """Do it; where it warns, do it again with replies, given by rule, to what was shown. A second Unsafe goes through."""
    try:
        return act({})
    except Unsafe as unsafe:
        asked = {key: reply for key, lack in unsafe.unanswered.items() if (reply := replies.get(lack.rule))}
        if not asked:
            raise
        return act(asked)


def make_regimen(
    patient: Patient,
    *orders: regimen_actions.Order,
    by: Actor | None = None,
    replies: Mapping[str, Reply] | None = None,
    at: datetime = NOW,
) -> Regimen:
    """An open regimen with these lines: unless told, tacrolimus 0.1 % on the face and an emollient, from today.

    `replies` are by rule: to every warning of it.
    """
    on = patient.clinic.today(at)
    who = by or actor_for(prescriber(patient.clinic), patient.clinic)
    wanted = list(orders) or [make_order(on=on), make_emollient(on=on)]
    return replying(lambda keyed: regimen_actions.start_regimen(who, patient, wanted, replies=keyed, at=at), replies or {})
