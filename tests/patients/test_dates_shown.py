"""An instant is shown as the calendar date of the clinic, never as that of UTC."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.template import Context, Engine
from django.test import Client
from django.urls import reverse

from clinics.access import Actor
from clinics.actions import end_membership
from clinics.models import Clinic, Membership, Role, User
from patients import actions, queries
from patients.models import ContactPoint, Patient
from tests.factories import actor_for, easi_values, make_assessment, make_lab, make_member, make_patient

ROOT = Path(__file__).resolve().parents[2]
EVENING = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)  # 21:30 in New York on 19 November
SignIn = Callable[[User], Client]


@pytest.fixture
def there(outsider: User, other_clinic: Clinic) -> Actor:
    """The dermatologist of a clinic in New York."""
    return actor_for(outsider, other_clinic)


@pytest.fixture
def adult(there: Actor, other_clinic: Clinic) -> Patient:
    """A patient of that clinic, registered in the evening."""
    return make_patient(other_clinic, at=EVENING, birth_date=date(1990, 5, 4))


def shown(client: Client, name: str, *ids: object) -> str:
    """A page as text, without markup."""
    answer = client.get(reverse(name, args=ids))
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.content.decode().partition("<main")[2])
    return re.sub(r"\s+", " ", text).replace(" ,", ",").replace(" :", ":")


@pytest.mark.parametrize(
    ("zone", "at", "on"),
    [
        ("America/New_York", "2026-11-20T04:59:59Z", "19-Nov-2026"),
        ("America/New_York", "2026-11-20T05:00:00Z", "20-Nov-2026"),
        ("America/New_York", "2026-07-01T03:59:59Z", "30-Jun-2026"),
        ("America/New_York", "2026-07-01T04:00:00Z", "01-Jul-2026"),
        ("Pacific/Kiritimati", "2026-11-20T09:59:59Z", "20-Nov-2026"),
        ("Pacific/Kiritimati", "2026-11-20T10:00:00Z", "21-Nov-2026"),
        ("UTC", "2026-12-31T23:59:59Z", "31-Dec-2026"),
        ("UTC", "2027-01-01T00:00:00Z", "01-Jan-2027"),
    ],
)
def test_the_day_changes_at_midnight_of_the_zone(zone: str, at: str, on: str) -> None:
    template = Engine.get_default().from_string("{{ at|day_at:zone }}")
    page = template.render(Context({"at": datetime.fromisoformat(at), "zone": zone}))
    assert page == f'<bdi class="nowrap">{on}</bdi>'


def test_no_instant_is_no_date() -> None:
    template = Engine.get_default().from_string("{{ at|day_at:'UTC' }}")
    assert template.render(Context({"at": None})) == '<bdi class="nowrap"></bdi>'


@pytest.mark.django_db
def test_an_assessment_is_signed_shown_and_taken_back_on_the_clinics_day(
    signed_in: SignIn, outsider: User, there: Actor, adult: Patient
) -> None:
    client = signed_in(outsider)
    row = make_assessment(adult, by=there, at=EVENING, on=date(2026, 11, 18))
    actions.release_assessment(there, row, release=True, at=EVENING)
    values = easi_values({"hn": "1 0 0 0 | 1"}, assessed_on=row.assessed_on)
    new = actions.amend_assessment(there, row, values, reason="slip", submission=uuid4(), at=EVENING)
    text = shown(client, "assessment_page", adult.public_id, new.public_id)
    assert f"Signed 19-Nov-2026, {outsider.name}" in text
    assert "The patient and the guardians, since 19-Nov-2026" in text
    assert [version.on for version in queries.versions(new)] == ["19-Nov-2026"] * 2
    assert "20-Nov-2026" not in text
    actions.release_assessment(there, new, release=True, visible_to_guardians=False, at=EVENING)
    text = shown(client, "assessment_page", adult.public_id, new.public_id)
    assert "The patient, not the guardians, since 19-Nov-2026" in text
    actions.withdraw_assessment(there, new, reason="another patient", at=EVENING)
    text = shown(client, "assessment_page", adult.public_id, new.public_id)
    assert f"Taken back on 19-Nov-2026 by {outsider.name}" in text


@pytest.mark.django_db
def test_the_first_page_of_a_record_keeps_the_clinics_days(
    signed_in: SignIn, outsider: User, there: Actor, adult: Patient
) -> None:
    for n, code in enumerate(("macrolides", "penicillins")):
        allergy = actions.record_allergy(there, adult, kind="class", code=code, at=EVENING)
        if n:
            actions.withdraw(there, allergy, reason="patch test negative", at=EVENING)
    actions.record_precaution(there, adult, {"kind": "epilepsy", "state": "present"}, at=EVENING)
    make_lab(adult, by=there, at=EVENING)
    actions.close_patient(there, adult, reason="moved", version=1, at=EVENING)
    text = shown(signed_in(outsider), "patient_page", adult.public_id)
    for words in (
        "This record was closed on 19-Nov-2026",
        "Registered 19-Nov-2026",
        "Closed 19-Nov-2026",
        f"recorded 19-Nov-2026 by {outsider.name}",
        f"taken back 19-Nov-2026 by {outsider.name}: patch test negative",
    ):
        assert words in text
    assert "20-Nov-2026" not in text


@pytest.mark.django_db
def test_people_of_a_record_come_and_go_on_the_clinics_days(
    signed_in: SignIn, outsider: User, there: Actor, adult: Patient
) -> None:
    granted = {"name": "Maria Example", "relation": "mother", "scope": "manage", "evidence": "passport"}
    given = {"purpose": "reminders", "channel": "email", "given_by": "Robin Example"}
    on = date(2026, 11, 19)
    ended = [
        actions.grant_guardian(there, adult, granted | {"from_on": on}, at=EVENING),
        actions.add_contact_point(there, adult, kind="email", address="robin@example.org", at=EVENING),
        actions.record_consent(there, adult, **given, given_on=on, at=EVENING),
    ]
    for row in ended:
        actions.withdraw(there, row, reason="moved out", at=EVENING)
    failed = actions.add_contact_point(there, adult, kind="email", address="old@example.org", at=EVENING)
    ContactPoint.objects.filter(pk=failed.pk).update(failed_at=EVENING)
    account = make_member(adult.clinic, Role.NURSE)
    actions.link_account(there, adult, account, at=EVENING)
    text = shown(signed_in(outsider), "patient_people", adult.public_id)
    for words in (
        "since 19-Nov-2026",
        "Ended 19-Nov-2026: moved out",
        "Failed 19-Nov-2026",
        "Withdrawn 19-Nov-2026",
    ):
        assert words in text
    assert text.count("Ended 19-Nov-2026") == 2  # the guardian and the address
    assert "20-Nov-2026" not in text


@pytest.mark.django_db
def test_roles_begin_and_end_on_the_clinics_days(signed_in: SignIn, other_clinic: Clinic, there: Actor) -> None:
    boss = make_member(other_clinic, Role.CLINIC_ADMIN)
    nurse = make_member(other_clinic, Role.NURSE)
    Membership.objects.filter(clinic=other_clinic).update(started_at=EVENING)
    end_membership(actor_for(boss, other_clinic), Membership.objects.get(user=nurse), at=EVENING)
    text = shown(signed_in(boss), "staff_list")
    assert "19-Nov-2026 to 19-Nov-2026, ended by" in text
    assert text.count("19-Nov-2026") == 4  # and two roles that go on


# --- No template forgets the zone ---------------------------------------------------------------------------------------

DATE = re.compile(r"[\w.]+(_on|\.on|\.birth_date)")


def without_zone(text: str) -> list[str]:
    """What a template writes as a day though it is, or may be, an instant without a zone; and instants written raw."""
    days = [name for name in re.findall(r"([^\s{}=%]+)\|day\b", text) if not DATE.fullmatch(name)]
    zoned = [
        name for name in re.findall(r"(\S+?\|day_at\b[^\s|}%]*)", text) if not re.search(r"\|day_at:[\w.]+\.zone$", name)
    ]
    return days + zoned + re.findall(r"(?:\{\{\s*|=)([\w.]+_at)\b(?!\|day_at:|\|timeuntil:)", text)


@pytest.mark.parametrize(
    "wrong",
    [
        "{{ row.signed_at|day }}",
        "{% blocktranslate with on=row.withdrawn_at|day who=row.withdrawn_by.name %}",
        "{{ row.user.last_login|day }}",
        "{{ row.signed_at|timezone:patient.clinic.zone|day }}",
        "{{ row.signed_at|day_at }}",
        "{{ row.signed_at|day_at:'UTC' }}",
        "{{ row.signed_at }}",
        "{{ row.signed_at|date:'Y' }}",
        "{% blocktranslate with on=row.signed_at %}",
    ],
)
def test_a_template_without_the_zone_would_be_found(wrong: str) -> None:
    assert without_zone(wrong)


@pytest.mark.parametrize(
    "right",
    [
        "{{ row.assessed_on|day }}, {{ previous.on|day }}, {{ row.birth_date|day }}",
        "{% if row.signed_at %}{{ row.signed_at|day_at:patient.clinic.zone }}{% endif %}",
        "{% blocktranslate with on=row.signed_at|day_at:request.access.clinic.zone who=row.signed_by.name %}",
    ],
)
def test_a_template_with_the_zone_is_left_alone(right: str) -> None:
    assert without_zone(right) == []


def test_every_template_writes_instants_in_a_zone() -> None:
    templates = [path for app in ("adtrack", "clinics", "patients") for path in (ROOT / app).rglob("templates/**/*.html")]
    assert sum("|day_at:" in path.read_text() for path in templates) >= 4
    found = {str(path.relative_to(ROOT)): without_zone(path.read_text()) for path in templates}
    assert {path: names for path, names in found.items() if names} == {}
