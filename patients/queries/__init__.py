"""What the pages about patients read."""

from patients.queries.audit import CLINICAL_ROWS, CLINICAL_VERBS, without_clinical_detail
from patients.queries.lists import (
    PAGE_SIZE,
    Line,
    Listed,
    Page,
    Search,
    found,
    lines,
    page_of_patients,
    possible_duplicates,
    status,
)
from patients.queries.lookup import foreign_patient, patient, patient_with_number, record_numbers, row_of, rows_about
from patients.queries.people import People, people
from patients.queries.record import (
    AllergyState,
    Banner,
    PrecautionLine,
    allergy_state,
    banner,
    differences,
    measurements,
    precautions,
    summary,
    taken_back,
)

__all__ = [
    "CLINICAL_ROWS",
    "CLINICAL_VERBS",
    "PAGE_SIZE",
    "AllergyState",
    "Banner",
    "Line",
    "Listed",
    "Page",
    "People",
    "PrecautionLine",
    "Search",
    "allergy_state",
    "banner",
    "differences",
    "foreign_patient",
    "found",
    "lines",
    "measurements",
    "page_of_patients",
    "patient",
    "patient_with_number",
    "people",
    "possible_duplicates",
    "precautions",
    "record_numbers",
    "row_of",
    "rows_about",
    "status",
    "summary",
    "taken_back",
    "without_clinical_detail",
]
