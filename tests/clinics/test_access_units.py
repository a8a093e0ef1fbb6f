"""The matrix, the access of a request, the actor, and how long sessions last: without a page."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

from clinics.access import (
    MATRIX,
    PLATFORM_LIMITS,
    PORTAL_LIMITS,
    SCOPES,
    STAFF_LIMITS,
    Access,
    Actor,
    May,
    clinics_where,
    rights_of,
    session_limits,
    system_actor,
)
from clinics.errors import NotAllowed
from clinics.models import Clinic, ClinicSettings, Membership, Role, User
from tests.factories import NOW, make_clinic, make_member, make_user

pytestmark = pytest.mark.django_db


# --- The matrix --------------------------------------------------------------------------------------------------------

CLINICAL = {May.SEE_CLINICAL, May.RECORD_FACTS}
TRAINED = {May.SCORE}
PRESCRIBING, LEADING = {May.PRESCRIBE}, {May.CHOOSE_RULES}
OFFICE = {May.MANAGE_STAFF, May.MANAGE_SETTINGS, May.SEE_CLINIC_AUDIT}
SHARED = {May.SEE_PATIENTS, May.EDIT_PATIENTS, May.GRANT_ACCESS, May.SEE_OWN_AUDIT}


def test_every_right_has_a_row():
    assert set(MATRIX) == set(May)
    assert set(May) == CLINICAL | TRAINED | PRESCRIBING | LEADING | OFFICE | SHARED


def held(role: str, **flags: bool) -> Membership:
    return Membership(role=role, **flags)


@pytest.mark.parametrize(
    ("rows", "rights"),
    [
        ([], set()),
        ([held("dermatologist")], SHARED | CLINICAL | TRAINED),
        ([held("dermatologist", may_prescribe=True)], SHARED | CLINICAL | TRAINED | PRESCRIBING),
        ([held("dermatologist", is_medical_lead=True)], SHARED | CLINICAL | TRAINED | LEADING),
        ([held("nurse")], SHARED | CLINICAL),
        ([held("nurse", may_prescribe=True, is_medical_lead=True)], SHARED | CLINICAL | PRESCRIBING),
        ([held("nurse", may_score=True)], SHARED | CLINICAL | TRAINED),
        ([held("clinic_admin")], SHARED | OFFICE),
        ([held("clinic_admin", may_score=True, may_prescribe=True)], SHARED | OFFICE),
        ([held("nurse"), held("clinic_admin", may_score=True)], SHARED | CLINICAL | OFFICE),
    ],
)
def test_rights_of_roles_together(rows: list[Membership], rights: set[May]):
    assert rights_of(rows) == rights


def test_no_scope_reaches_the_office():
    assert frozenset().union(*SCOPES.values()) & (OFFICE | {May.SEE_OWN_AUDIT}) == frozenset()


# --- Access ------------------------------------------------------------------------------------------------------------


def test_memberships_are_read_once(nurse: User, clinic: Clinic, django_assert_num_queries):
    access = Access(user=nurse)
    with django_assert_num_queries(1):
        assert access.clinic == clinic
        assert access.may(May.SEE_PATIENTS)
        assert not access.may(May.MANAGE_STAFF)
        assert access.roles(clinic) == [Role.NURSE]
        assert getattr(access.clinic, "settings", None) is None


def test_active_clinic_is_the_chosen_one_else_the_first_by_name(nurse: User, clinic: Clinic):
    first = make_clinic("Aardvark")
    make_member(first, Role.CLINIC_ADMIN, user=nurse)
    foreign = make_clinic("Zebra")
    assert Access(user=nurse).clinics == [first, clinic]
    assert Access(user=nurse).clinic == first
    assert Access(user=nurse, wanted_clinic=str(clinic.public_id)).clinic == clinic
    for wanted in (str(foreign.public_id), str(uuid4()), "x"):
        assert Access(user=nurse, wanted_clinic=wanted).clinic == first


def test_rights_are_those_of_the_clinic_of_the_record_not_of_the_active_one(nurse: User, clinic: Clinic):
    office = make_clinic("Aardvark")
    make_member(office, Role.CLINIC_ADMIN, user=nurse)
    access = Access(user=nurse, wanted_clinic=str(office.public_id))
    assert access.may(May.MANAGE_STAFF)
    assert not access.may(May.MANAGE_STAFF, clinic)
    assert access.may(May.SEE_CLINICAL, clinic)
    assert not access.may(May.SEE_CLINICAL, office)


@pytest.mark.parametrize("how", ["role ended", "account closed", "clinic closed"])
def test_what_ended_gives_nothing(nurse: User, clinic: Clinic, how: str):
    if how == "role ended":
        Membership.objects.update(ended_at=NOW, ended_by=nurse)
    elif how == "account closed":
        User.objects.update(is_active=False)
    else:
        Clinic.objects.update(closed_at=NOW)
    access = Access(user=User.objects.get(pk=nurse.pk))
    assert access.clinic is None
    assert not access.may(May.SEE_PATIENTS)
    assert list(clinics_where(nurse, May.SEE_PATIENTS)) == []


def test_nobody_signed_in_has_nothing(clinic: Clinic):
    access = Access(user=AnonymousUser())
    assert (access.memberships, access.clinic, access.roles(clinic)) == ([], None, [])
    by = access.actor(clinic)
    assert (by.user, by.role, by.rights) == (None, "none", frozenset())
    with pytest.raises(NotAllowed):
        by.account  # noqa: B018


def test_clinics_where_follows_the_right(nurse: User, clinic: Clinic, other_clinic: Clinic):
    make_member(other_clinic, Role.CLINIC_ADMIN, user=nurse)
    assert set(clinics_where(nurse, May.SEE_PATIENTS)) == {clinic.pk, other_clinic.pk}
    assert set(clinics_where(nurse, May.SEE_CLINICAL)) == {clinic.pk}
    assert set(clinics_where(nurse, May.MANAGE_STAFF)) == {other_clinic.pk}


def test_token_only_narrows(nurse: User, clinic: Clinic):
    limit = SCOPES["patients:read"] | {May.MANAGE_STAFF}
    by = Access(user=nurse, limit=limit).actor(clinic)
    assert by.rights == {May.SEE_PATIENTS, May.SEE_CLINICAL}


# --- Actor -------------------------------------------------------------------------------------------------------------


def test_actor_carries_the_most_clinical_role_and_the_edge(nurse: User, clinic: Clinic):
    make_member(clinic, Role.CLINIC_ADMIN, user=nurse)
    by = Access(user=nurse, channel="api", request_id="r1", address="192.0.2.1").actor(clinic)
    assert (by.role, by.channel, by.request_id, by.address, by.clinic) == ("nurse", "api", "r1", "192.0.2.1", clinic)
    assert May.MANAGE_STAFF in by.rights


def test_actor_in_a_clinic_without_role_has_none(platform_admin: User, nurse: User, other_clinic: Clinic):
    assert Access(user=platform_admin).actor(other_clinic).role == "platform_admin"
    by = Access(user=nurse).actor(other_clinic)
    assert (by.role, by.clinic, by.rights) == ("none", None, frozenset())


def test_must_asks_for_the_right_in_that_very_clinic(nurse: User, clinic: Clinic, other_clinic: Clinic):
    by = Access(user=nurse).actor(clinic)
    by.must(May.SEE_CLINICAL, clinic)
    with pytest.raises(NotAllowed) as refused:
        by.must(May.MANAGE_STAFF, clinic)
    assert (refused.value.what, refused.value.clinic) == ("manage staff", clinic.public_id)
    with pytest.raises(NotAllowed):
        by.must(May.SEE_CLINICAL, other_clinic)
    with pytest.raises(NotAllowed):
        Actor(nurse, "nurse", None, frozenset(May), "web").must(May.SEE_PATIENTS, clinic)


def test_software_itself_holds_no_right(clinic: Clinic):
    by = system_actor("task")
    assert (by.user, by.role, by.channel, by.rights) == (None, "system", "task", frozenset())
    with pytest.raises(NotAllowed):
        by.must(May.SEE_PATIENTS, clinic)


# --- Session limits ----------------------------------------------------------------------------------------------------


def test_limits_by_role(nurse: User, platform_admin: User, clinic: Clinic):
    assert session_limits(Access(user=nurse)) == STAFF_LIMITS
    assert session_limits(Access(user=platform_admin)) == PLATFORM_LIMITS
    assert session_limits(Access(user=make_user())) == PORTAL_LIMITS


@pytest.mark.parametrize(("own", "idle"), [(None, 15), (5, 5), (60, 60)])
def test_clinics_own_idle_minutes(nurse: User, clinic: Clinic, own: int | None, idle: int):
    ClinicSettings.objects.create(clinic=clinic, idle_minutes=own)
    limits = session_limits(Access(user=nurse))
    assert (limits.idle, limits.absolute) == (timedelta(minutes=idle), timedelta(hours=12))


@pytest.mark.parametrize(("own", "idle"), [(5, 5), (60, 15)])
def test_platform_administrator_in_a_clinic_gets_the_stricter(platform_admin: User, clinic: Clinic, own: int, idle: int):
    make_member(clinic, Role.NURSE, user=platform_admin)
    ClinicSettings.objects.create(clinic=clinic, idle_minutes=own)
    limits = session_limits(Access(user=platform_admin))
    assert (limits.idle, limits.absolute) == (timedelta(minutes=idle), timedelta(hours=8))
