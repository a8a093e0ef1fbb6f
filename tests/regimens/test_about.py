"""The page about the software: what it is for, what it is not, and which rules it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import User
from regimens.protocol.base import RULES
from regimens.queries.guidance import rule_set

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def text_of(client: Client) -> str:
    answer = client.get(reverse("about"))
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


@pytest.mark.parametrize(
    "person", ["clinician", "nurse", "clinic_admin", "platform_admin", "portal_user", "guardian", "outsider"]
)
def test_everybody_signed_in_reads_it_and_finds_it_in_the_footer(
    request: pytest.FixtureRequest, person: str, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(person))
    for said in ("not CE-marked", "not UKCA-marked", "not cleared by the FDA", "Not for emergencies", "clinicians decide"):
        assert said in text_of(client), said
    page = client.get(reverse("account_change_password")).content.decode()
    assert f'<a href="{reverse("about")}">About this software</a>' in page.partition("<footer")[2]


def test_nobody_else_is_offered_it(client: Client) -> None:
    assert client.get(reverse("about")).status_code == 302
    assert reverse("about") not in client.get(reverse("account_login")).content.decode()


def test_every_rule_is_there_with_its_version(signed_in: SignIn, nurse: User) -> None:
    page = signed_in(nurse).get(reverse("about")).content.decode()
    listed = re.findall(r"<li><code>([\w.-]+)</code> <span class=\"nowrap\">version (\d+)</span>", page)
    assert listed == [(rule_id, str(RULES[rule_id].version)) for rule_id in sorted(RULES)]
    assert f"Rule set <code>{rule_set()}</code>, {len(RULES)} rules." in page


def test_rule_set_has_another_name_when_a_rule_has_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rule_set()
    assert re.fullmatch(r"[0-9a-f]{8}", before)
    monkeypatch.setitem(RULES, "allergy", replace(RULES["allergy"], title="Another title"))
    assert rule_set() == before
    monkeypatch.setitem(RULES, "allergy", replace(RULES["allergy"], version=RULES["allergy"].version + 1))
    assert rule_set() != before


def test_owners_of_the_instruments_are_credited(signed_in: SignIn, nurse: User) -> None:
    text = text_of(signed_in(nurse))
    for said in ("© The University of Nottingham", "Copyright ©2017 Eli Lilly and Company", "Hanifin et al. 2001"):
        assert said in text


def test_contact_for_safety_is_the_one_of_the_deployment(signed_in: SignIn, nurse: User, settings: Any) -> None:
    settings.SAFETY_CONTACT = ""
    assert "Tell the administrator of your clinic when something looked unsafe" in text_of(signed_in(nurse))
    settings.SAFETY_CONTACT = "safety@example.org <b>"
    text = signed_in(nurse).get(reverse("about")).content.decode()
    assert "safety@example.org &lt;b&gt;" in text
    assert "administrator of your clinic" not in text
