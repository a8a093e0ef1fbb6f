"""Pages of a search: its parts come together in name order, everybody once."""

from __future__ import annotations

import pytest

from clinics.models import Clinic, User
from patients import queries
from patients.models import Patient
from patients.queries import Listed, Search
from tests.factories import make_patient


@pytest.fixture
def people(clinic: Clinic, clinician: User) -> list[Patient]:
    """Whoever "anna berg" may mean, in name order, among others."""
    named = [
        ("Anna Berg", "Zoë", "N1"),
        ("Anna", "Bergit", "N2"),
        ("Berg", "Anna", "N3"),
        ("Berg", "Anna", "N4"),
        ("Berg", "Annabel", "N5"),
        ("Zuse", "Konrad", "anna berg"),
    ]
    rows = [
        make_patient(clinic, family_name=family, given_name=given, record_number=number) for family, given, number in named
    ]
    make_patient(clinic, family_name="Bergmann", given_name="Anna")
    make_patient(clinic, family_name="Anders", given_name="Anna")
    return sorted(rows, key=lambda row: (row.name_key, row.pk))


def ids(rows: list[Patient] | list[Listed]) -> list[int]:
    """Whose rows these are, in their order."""
    return [row.id for row in rows]


def test_parts_come_together_in_name_order(people: list[Patient], clinic: Clinic, clinician: User) -> None:
    page = queries.page_of_patients(queries.found(clinician, clinic, Search("anna berg")))
    assert ids(page.rows) == ids(people)
    assert (page.has_next, page.has_previous) == (False, False)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_paging_forward_and_back_shows_everybody_once(
    people: list[Patient], clinic: Clinic, clinician: User, size: int
) -> None:
    found = queries.found(clinician, clinic, Search("anna berg"))
    pages = [queries.page_of_patients(found, size=size)]
    while pages[-1].has_next:
        pages.append(queries.page_of_patients(found, after=pages[-1].rows[-1].public_id, size=size))
    assert [row.id for page in pages for row in page.rows] == ids(people)
    back = [pages[-1]]
    while back[0].has_previous:
        back.insert(0, queries.page_of_patients(found, before=back[0].rows[0].public_id, size=size))
    assert [page.rows for page in back] == [page.rows for page in pages]


def test_somebody_found_by_number_and_by_name_comes_once(clinic: Clinic, clinician: User) -> None:
    row = make_patient(clinic, family_name="Otto", given_name="Karl", record_number="OTTO")
    assert ids(queries.page_of_patients(queries.found(clinician, clinic, Search("otto"))).rows) == [row.pk]


def test_somebody_who_left_the_list_gives_its_first_page(people: list[Patient], clinic: Clinic, clinician: User) -> None:
    elsewhere = make_patient(clinic, family_name="Elsewhere")
    found = queries.found(clinician, clinic, Search("anna berg"))
    assert ids(queries.page_of_patients(found, after=elsewhere.public_id).rows) == ids(people)
