"""Who the rules cite, named as in the catalogue. S0 to S3 are requirements, not truth: nobody reviewed them."""

from __future__ import annotations

from datetime import date

from regimens.protocol.base import Source

S0 = Source("S0: machine-written answer, 30 January 2026, not reviewed", on=date(2026, 1, 30))
S1 = Source("S1: machine-written answer, 8 September 2025, not reviewed", on=date(2025, 9, 8))
S2 = Source("S2: machine-written answer, 13 February 2026, not reviewed", on=date(2026, 2, 13))
S3 = Source("S3: machine-written answer, 3 November 2025, not reviewed", on=date(2025, 11, 3))
AAD_TOPICAL = Source("AAD guideline 2023, adults, topical treatment (pharmaconews.net)", speaks_for="adults")
AAD_SYSTEMIC = Source(
    "AAD guideline 2023, adults, systemic treatment (guidelinecentral.com, managedhealthcareexecutive.com)",
    speaks_for="adults",
)
ELSEVIER = Source("Elsevier ClinicalKey, US drug monograph (elsevier.com/resources/clinicalkey-ai)")
OWN = Source("adtrack's own rule: no label and no guideline on file says it")
