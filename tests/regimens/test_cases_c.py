"""The table of contradictions, each row by an order that meets it, on page and API: level, source, what a reply saves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinics.access import Actor
from clinics.models import Clinic, Role, User
from patients import actions as records
from patients.models import Patient
from regimens import actions
from regimens.models import Override, Regimen, RegimenLine
from regimens.protocol.base import RULES
from tests.api import Api
from tests.factories import (
    NOW,
    TODAY,
    actor_for,
    make_assessment,
    make_clinic,
    make_emollient,
    make_member,
    make_order,
    make_patient,
    make_regimen,
)
from tests.regimens.pages import article_of, buttons_of, findings_of, order_form, text_of, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
Prepare = Callable[[Actor, Patient], None]

LEAFLET = "EMA package leaflet EU/1/02/201/001"
S0 = "S0: machine-written answer, 30 January 2026, not reviewed"
S1 = "S1: machine-written answer, 8 September 2025, not reviewed"
S2 = "S2: machine-written answer, 13 February 2026, not reviewed"
S3 = "S3: machine-written answer, 3 November 2025, not reviewed"
AAD = "AAD guideline 2023, adults"
ADULT, NINE, TODDLER = date(1980, 5, 4), date(2017, 3, 1), date(2025, 9, 1)


def nothing(by: Actor, patient: Patient) -> None:
    """A record with nothing in it."""


def present(kind: str, **more: Any) -> Prepare:
    """A precaution that is there."""
    return lambda by, patient: records.record_precaution(by, patient, {"kind": kind, "state": "present"} | more, at=NOW)


def viga(level: int) -> Prepare:
    """Today's vIGA-AD."""
    return lambda by, patient: make_assessment(patient, "viga_ad", by=by, level=level)


def in_use(key: str, *places: str, **more: Any) -> Prepare:
    """Something in use already, with an emollient."""
    return lambda by, patient: make_regimen(patient, make_order(key, *places, **more), make_emollient(), by=by)


@dataclass(frozen=True)
class Case:
    """An order, who it is for, and what one rule says about it. The order is written as on the page."""

    topic: str
    rule: str
    level: str
    says: str
    sources: tuple[str, ...]
    product: str
    places: tuple[str, ...] = ("face",)
    use: dict[str, Any] = field(default_factory=dict)
    born: date = ADULT
    label: str = "EU"
    prepare: Prepare = nothing

    @property
    def name(self) -> str:
        """For the report."""
        return f"{self.topic} {self.rule} {self.level} {self.label}"

    def typed(self) -> dict[str, Any]:
        """As somebody types it."""
        typed = order_form(self.product, *self.places, **self.use)
        return typed if self.places else {name: value for name, value in typed.items() if name != "places"}

    def as_json(self) -> dict[str, Any]:
        """As a program sends it."""
        order: dict[str, Any] = {"product": self.product, "starts_on": "2026-11-20", "review_on": "2027-01-01"}
        order["places"] = [dict(zip(("site", "side"), place.split(":"), strict=False)) for place in self.places]
        use = {"phase": "induction", "per_day": "2"} if "phase" not in self.use else self.use
        order["phase"] = use["phase"]
        names = {"per_day": "per_day", "course_per_day": "per_day", "course_days": "course_days"}
        order |= {names[name]: int(value) for name, value in use.items() if name in names}
        if "weekdays" in use:
            order["weekdays"] = [int(day) for day in use["weekdays"]]
        if "every" in use:
            order["every_days"] = int(use["every"]) * int(use["every_unit"])
        return order


def course(days: int) -> dict[str, Any]:
    return {"phase": "course", "course_per_day": "1", "course_days": str(days)}


def maintenance(*days: int) -> dict[str, Any]:
    return {"phase": "maintenance", "weekdays": [str(day) for day in days]}


UVB = {"phase": "interval", "every": "3", "every_unit": "1"}
DAILY = {"phase": "induction", "per_day": "1"}
WEAK, STRONG = "tacrolimus-0.03", "tacrolimus-0.1"

CASES = [
    Case("C1", "tacrolimus-0.1-age", "warn", "from 16 years", (LEAFLET, S0, S1, S2), STRONG, born=NINE),
    Case("C1", "tacrolimus-0.1-age", "warn", "from 16 years", (LEAFLET, "Protopic", S2), STRONG, born=NINE, label="US"),
    Case("C2", "tacrolimus-under-2", "warn", "from 2 years", (LEAFLET, S0, S1, S2), WEAK, born=TODDLER),
    Case(
        "C3",
        "pimecrolimus-under-3-months",
        "stop",
        "under 3 months",
        ("Elidel", S1),
        "pimecrolimus-1",
        born=date(2026, 8, 21),
    ),
    Case("C3", "pimecrolimus-age", "warn", "from 2 years", ("Elidel", S1, S2), "pimecrolimus-1", born=TODDLER, label="US"),
    Case("C4", "pimecrolimus-severe", "inform", "vIGA-AD 4", (S1, S2), "pimecrolimus-1", prepare=viga(4)),
    Case("C5", "oral-steroid-length", "warn", "7 days", (S0, S1, S2, S3, AAD), "prednisolone-oral", (), course(7)),
    Case("C5", "oral-steroid-length", "warn", "14 days", (S0, S2, AAD), "prednisolone-oral", (), course(14)),
    Case("C5", "oral-steroid-length", "stop", "15 days", (S0, S2, AAD), "prednisolone-oral", (), course(15)),
    Case("C5", "oral-steroid-length", "warn", "in children", (S2, S0), "prednisolone-oral", (), course(1), born=NINE),
    Case("C6a", "phototherapy-age", "warn", "from 12 years", (S0, S3, AAD), "nb-uvb", ("trunk",), UVB, born=NINE),
    Case("C6b", "phototherapy-with-tci", "warn", "share days", (LEAFLET, S0, S2), STRONG, prepare=present("phototherapy")),
    Case(
        "C6b",
        "phototherapy-with-tci",
        "warn",
        "share days",
        (LEAFLET, S0, S2),
        "nb-uvb",
        ("trunk",),
        UVB,
        prepare=in_use(STRONG),
    ),
    Case("C7", "antihistamine-oral", "inform", "not to rely on them", (S0, S3), "cetirizine", (), DAILY),
    Case(
        "C7",
        "antihistamine-epilepsy",
        "warn",
        "epilepsy is recorded",
        (S0,),
        "cetirizine",
        (),
        DAILY,
        prepare=present("epilepsy"),
    ),
    Case("C7", "antihistamine-topical", "warn", "not to use it", (S3, AAD), "antihistamine-topical"),
    Case("C8", "maintenance-weekdays", "warn", "3 days a week", (LEAFLET, S0, S1, S2), STRONG, use=maintenance(0, 2, 4)),
    Case("C8", "maintenance-weekdays", "warn", "fewer than 2 days", (LEAFLET, S0, S1, S2), STRONG, use=maintenance(0, 2)),
    Case("C9", "maintenance-not-on-the-label", "inform", "EU label:", (S0, S1), STRONG, use=maintenance(0, 3), label="US"),
    Case("C12", "wrap-over-tci", "stop", "no wraps", (S1,), "wet-wrap", ("face",), course(5), prepare=in_use(STRONG)),
    Case(
        "C12",
        "wrap-over-tci",
        "stop",
        "no wraps",
        (S1,),
        STRONG,
        prepare=in_use("wet-wrap", "face", phase="course", per_day=1, course_days=5),
    ),
    Case("C13", "no-emollient", "inform", "No emollient is in use", (S0, S2, S3, AAD), STRONG),
    Case("C16", "tacrolimus-strength", "inform", "mild or clear", (S2, "Protopic"), STRONG, prepare=viga(2)),
    Case("C16", "tacrolimus-strength", "inform", "starts a flare", (S2, "Protopic"), WEAK, prepare=viga(4)),
    Case(
        "C17",
        "off-label",
        "inform",
        "off-label in atopic dermatitis",
        ("ciclosporin",),
        "ciclosporin",
        (),
        DAILY,
        label="US",
    ),
    Case("C18", "topical-jak-off-label", "warn", "not licensed", ("opzelura",), "ruxolitinib-1.5"),
    Case(
        "C21",
        "infection-tci",
        "warn",
        "an infection is recorded",
        (S1, S3),
        STRONG,
        prepare=present("skin_infection", site="face", from_on=TODAY),
    ),
    Case(
        "C23",
        "immunocompromise",
        "stop",
        "immunocompromise is recorded",
        (S0, S2),
        STRONG,
        prepare=present("immunocompromise"),
    ),
    Case(
        "C23",
        "immunocompromise",
        "stop",
        "not immunocompromised",
        ("opzelura",),
        "ruxolitinib-1.5",
        prepare=present("immunocompromise"),
    ),
    Case("C23", "barrier-defect", "stop", "Netherton", (S0, S2), STRONG, prepare=present("barrier_defect")),
    Case("C24", "pregnancy-tci", "warn", "pregnancy is recorded", (S0,), STRONG, prepare=present("pregnancy")),
    Case(
        "C24",
        "pregnancy-systemic",
        "stop",
        "not for use in pregnancy",
        (),
        "upadacitinib-15",
        (),
        DAILY,
        prepare=present("pregnancy"),
    ),
    Case(
        "C24",
        "pregnancy-systemic",
        "stop",
        "not for use in pregnancy",
        (),
        "baricitinib-4",
        (),
        DAILY,
        prepare=present("pregnancy"),
    ),
    Case(
        "C24",
        "pregnancy-systemic",
        "stop",
        "not for use in pregnancy",
        (),
        "methotrexate",
        (),
        UVB | {"every": "7"},
        prepare=present("pregnancy"),
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@dataclass(frozen=True)
class Room:
    """A patient as the case wants them, with the doctor in front of a browser and of a program."""

    patient: Patient
    client: Client
    api: Api
    by: Actor

    def send(self, case: Case, do: str, **replies: str) -> Any:
        """Send the order from the page as it is opened now."""
        address = url("regimen_prescribe", self.patient)
        regimen = Regimen.objects.live().filter(patient=self.patient).first()
        return self.client.post(
            address, case.typed() | replies | {"do": do, "version": str(regimen.version if regimen else 0)}
        )

    def check(self, case: Case) -> Any:
        """Ask the rules by the API."""
        return self.api.post(f"patients/{self.patient.public_id}/orders/check/", {"orders": [case.as_json()]})

    def keys(self, case: Case) -> dict[str, str]:
        """The keys of its findings by rule: the same on both doors."""
        return {one["rule"]: one["key"] for one in self.check(case).json()["findings"]}

    def replies(self, case: Case, rules: list[str]) -> dict[str, str]:
        """A reason and a sentence for these rules, as the page would send them."""
        keys = self.keys(case)
        parts = {"reason": "known", "sentence": "Seen weekly."}
        return {f"{part}_{keys[rule]}": value for rule in rules for part, value in parts.items()}

    def start(self, case: Case, rules: list[str]) -> Any:
        """Order it by the API, with replies for these rules."""
        keys = self.keys(case)
        body = {
            "orders": [case.as_json()],
            "replies": {keys[rule]: {"reason": "known", "sentence": "Seen weekly."} for rule in rules},
        }
        regimen = Regimen.objects.live().filter(patient=self.patient).first()
        path = f"patients/{self.patient.public_id}/regimens/" + (f"{regimen.public_id}/lines/" if regimen else "")
        return self.api.post(path, body, **({"If_Match": f'"{regimen.version}"'} if regimen else {}))


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def room(signed_in: SignIn, request: pytest.FixtureRequest, db: None) -> Room:
    """The room of the case of this test."""
    case: Case = request.getfixturevalue("case")
    clinic = make_clinic(jurisdiction=case.label)
    doctor = make_member(clinic, Role.DERMATOLOGIST, may_prescribe=True, may_score=True)
    by, patient = actor_for(doctor, clinic), make_patient(clinic, birth_date=case.born)
    case.prepare(by, patient)
    return Room(patient, signed_in(doctor), Api(doctor), by)


def shown(answer: Any) -> dict[str, str]:
    return dict(findings_of(answer))


def asked(answer: Any) -> list[str]:
    """The rules that ask for a reason."""
    return [rule for rule, level in findings_of(answer) if level == "warn"]


@each_case
def test_the_page_shows_level_source_version_and_for_whom(room: Room, case: Case) -> None:
    answer = room.send(case, "look")
    assert answer.status_code == 200, text_of(answer)[:600]
    assert shown(answer)[case.rule] == case.level
    words = article_of(answer, case.rule)
    assert case.says in words
    for source in case.sources:
        assert source.lower() in words.lower(), f"{source} is not shown: {words}"
    assert f"Rule {case.rule}, version {RULES[case.rule].version}" in words
    assert RULES[case.rule].logic in words
    assert ("adults" not in words) or "speaks for adults" in words or AAD not in case.sources
    assert not RegimenLine.objects.filter(product__key=case.product).exists()


@each_case
def test_the_page_saves_what_only_informs_asks_for_a_reason_and_never_saves_a_stop(room: Room, case: Case) -> None:
    looked = room.send(case, "look")
    others = [rule for rule in asked(looked) if rule != case.rule]
    without = room.send(case, "save", **room.replies(case, others))
    if case.level == "inform":
        assert without.status_code == 302
        assert not Override.objects.filter(rule=case.rule).exists()
        return
    assert without.status_code == 422
    assert not RegimenLine.objects.filter(product__key=case.product).exists()
    answered = room.send(case, "save", **room.replies(case, [*others, case.rule]))
    if case.level == "stop":
        assert answered.status_code == 422
        assert ("do", "save") not in buttons_of(looked) + buttons_of(answered)
        assert not RegimenLine.objects.filter(product__key=case.product).exists()
        assert not Override.objects.filter(rule=case.rule).exists()
        return
    assert answered.status_code == 302
    kept = Override.objects.get(rule=case.rule)
    assert (kept.rule_version, kept.level, kept.reason) == (RULES[case.rule].version, 2, "known")
    assert (kept.sentence, kept.by, kept.line.product.key) == ("Seen weekly.", room.by.account, case.product)
    page = text_of(room.client.get(url("patient_regimen", room.patient)))
    assert f"Known and watched: Seen weekly. 20-Nov-2026, {room.by.account.name}" in page
    assert f"rule {case.rule}, version {kept.rule_version}" in page


@each_case
def test_the_api_checks_with_level_source_and_version(room: Room, case: Case) -> None:
    answer = room.check(case)
    assert answer.status_code == 200, answer.content
    said = answer.json()
    found = next(one for one in said["findings"] if one["rule"] == case.rule)
    assert (found["level"], found["version"], found["order"]) == (case.level, RULES[case.rule].version, 0)
    assert case.says in found["text"]
    cited = " ".join(f"{one['name']} {one['section']}" for one in found["sources"]).lower()
    assert found["sources"]
    for source in case.sources:
        assert source.lower() in cited
    assert said["is_stopped"] == any(one["level"] == "stop" for one in said["findings"])
    assert (found["key"] in said["unanswered"]) == (case.level == "warn")
    for one in found["sources"]:
        assert one["speaks_for"] == ("adults" if one["name"].startswith(AAD) else "")
    # One answer on both doors.
    page = findings_of(room.send(case, "look"))
    assert [(one["rule"], one["level"]) for one in said["findings"]] == page


@each_case
def test_the_api_saves_what_only_informs_asks_for_a_reason_and_never_saves_a_stop(room: Room, case: Case) -> None:
    said = room.check(case).json()
    others = [one["rule"] for one in said["findings"] if one["is_unanswered"] and one["rule"] != case.rule]
    without = room.start(case, others)
    if case.level == "inform":
        assert without.status_code == 201, without.content
        return
    assert without.status_code == 422
    assert case.rule in {one["rule"] for one in without.json()["findings"]}
    assert case.rule in without.json()["detail"]
    answered = room.start(case, [*others, case.rule])
    if case.level == "stop":
        assert answered.status_code == 422
        assert not Override.objects.filter(rule=case.rule).exists()
        assert not RegimenLine.objects.filter(product__key=case.product).exists()
        return
    assert answered.status_code == 201, answered.content
    lines = [line for line in answered.json()["lines"] if line["product"]["key"] == case.product]
    kept = [one for one in lines[-1]["overrides"] if one["rule"] == case.rule]
    assert [(one["rule_version"], one["level"]) for one in kept] == [(RULES[case.rule].version, "warn")]
    assert (kept[0]["reason"], kept[0]["sentence"], kept[0]["by"]) == ("known", "Seen weekly.", room.by.account.name)


# --- What does not meet them ------------------------------------------------------------------------------------------

QUIET = [
    Case("C1", "tacrolimus-0.1-age", "", "", (), STRONG, born=date(2010, 11, 20)),  # sixteen today
    Case("C2", "tacrolimus-under-2", "", "", (), WEAK, born=date(2024, 11, 20)),  # two today
    Case("C3", "pimecrolimus-age", "", "", (), "pimecrolimus-1", born=TODDLER),  # EU: from 3 months
    Case("C3", "pimecrolimus-under-3-months", "", "", (), "pimecrolimus-1", born=date(2026, 8, 20)),  # three months today
    Case("C5", "oral-steroid-length", "", "", (), "prednisolone-oral", (), course(6)),
    Case("C8", "maintenance-weekdays", "", "", (), STRONG, use=maintenance(0, 3)),
    Case("C8", "maintenance-weekdays", "", "", (), STRONG, use=maintenance(0, 4)),
    Case("C12", "wrap-over-tci", "", "", (), "wet-wrap", ("trunk",), course(5), prepare=in_use(STRONG)),
    Case("C13", "no-emollient", "", "", (), STRONG, prepare=in_use("hydrocortisone-1", "trunk")),
    Case("C17", "off-label", "", "", (), "ciclosporin", (), DAILY),  # licensed in the EU
    Case("C18", "topical-jak-off-label", "", "", (), "ruxolitinib-1.5", label="US"),
    Case(
        "C21",
        "infection-tci",
        "",
        "",
        (),
        STRONG,
        ("trunk",),
        prepare=present("skin_infection", site="face", from_on=TODAY),
    ),
    Case("C24", "pregnancy-systemic", "", "", (), "ciclosporin", (), DAILY, prepare=present("pregnancy")),
]


@pytest.mark.parametrize("case", QUIET, ids=[case.name for case in QUIET])
def test_the_other_side_of_the_boundary_is_quiet(room: Room, case: Case) -> None:
    assert case.rule not in shown(room.send(case, "look"))
    assert case.rule not in {one["rule"] for one in room.check(case).json()["findings"]}


CORRECT = [
    Case("adult, EU", "", "", "", (), STRONG, ("face", "neck")),
    Case("nine years, US", "", "", "", (), WEAK, ("trunk",), born=NINE, label="US"),
    Case(
        "nine years, EU",
        "",
        "",
        "",
        (),
        WEAK,
        ("trunk",),
        {"phase": "induction", "per_day": "2", "review": "14"},
        born=NINE,
    ),
    Case("maintenance, EU", "", "", "", (), STRONG, ("face",), maintenance(0, 3)),
]


@pytest.mark.parametrize("case", CORRECT, ids=[case.topic for case in CORRECT])
def test_a_correct_order_meets_no_interruption(room: Room, case: Case) -> None:
    answer = room.send(case, "save", with_emollient="on", emollient_per_day="2")
    assert answer.status_code == 302, findings_of(answer)
    assert not Override.objects.exists()
    assert RegimenLine.objects.count() == 2


# --- Together, lowered, unknown ---------------------------------------------------------------------------------------

MANY = Case("many", "immunocompromise", "stop", "", (), STRONG, born=NINE, prepare=nothing)


@pytest.mark.parametrize("case", [MANY], ids=["many"])
def test_several_findings_come_in_one_panel_the_gravest_first(room: Room, case: Case) -> None:
    for kind in ("pregnancy", "phototherapy", "immunocompromise"):
        present(kind)(room.by, room.patient)
    answer = room.send(case, "look")
    assert answer.content.decode().count('class="card-box safety') == 1
    levels = [level for _rule, level in findings_of(answer)]
    assert levels == sorted(levels, key=["stop", "warn", "inform"].index)
    assert {"immunocompromise", "tacrolimus-0.1-age", "pregnancy-tci", "phototherapy-with-tci", "no-emollient"} <= set(
        shown(answer)
    )


@pytest.mark.parametrize("case", [Case("C23", "immunocompromise", "warn", "", (), STRONG)], ids=["lowered"])
def test_a_stop_that_the_medical_lead_lowered_asks_for_a_reason(room: Room, case: Case) -> None:
    present("immunocompromise")(room.by, room.patient)
    clinic: Clinic = room.patient.clinic
    lead = actor_for(make_member(clinic, Role.DERMATOLOGIST, may_prescribe=True, is_medical_lead=True), clinic)
    actions.choose_rule(
        lead, clinic, "immunocompromise", level=2, params={}, source="Own guideline, 2026", reason="Rare", at=NOW
    )
    looked = room.send(case, "look")
    assert shown(looked)["immunocompromise"] == "warn"
    assert room.send(case, "save").status_code == 422
    assert room.send(case, "save", **room.replies(case, asked(looked))).status_code == 302
    assert Override.objects.get(rule="immunocompromise").level == 2


@pytest.mark.parametrize("case", [Case("C23", "immunocompromise", "", "", (), STRONG)], ids=["not asked"])
def test_what_nobody_asked_is_said_on_both_doors_and_never_passed(room: Room, case: Case) -> None:
    page = text_of(room.send(case, "look"))
    unchecked = {one["rule"]: one for one in room.check(case).json()["unchecked"]}
    for rule in ("immunocompromise", "barrier-defect", "infection-tci", "phototherapy-with-tci", "pregnancy-tci"):
        assert unchecked[rule]["because"] in page
        assert unchecked[rule]["missing"]


@pytest.mark.parametrize("case", [Case("C23", "immunocompromise", "", "", (), STRONG)], ids=["inputs"])
def test_a_finding_shows_what_it_rests_on_with_day_and_person(room: Room, case: Case) -> None:
    present("immunocompromise", text="ciclosporin since May")(room.by, room.patient)
    records.record_measurement(room.by, room.patient, kind="weight", value=Decimal(70), measured_on=TODAY, at=NOW)
    words = article_of(room.send(case, "look"), "immunocompromise")
    assert f"immunocompromise present, ciclosporin since May 20-Nov-2026 {room.by.account.name}" in words
    found = next(one for one in room.check(case).json()["findings"] if one["rule"] == "immunocompromise")
    assert found["inputs"] == [
        {
            "what": "immunocompromise",
            "value": "present, ciclosporin since May",
            "on": "2026-11-20",
            "by": room.by.account.name,
        }
    ]
