"""Audit rows about patients, for those who may not see the record."""

from __future__ import annotations

from clinics.models import AuditEvent, Kind

CLINICAL_ROWS = frozenset(
    {
        "allergy",
        "assessment",
        "labresult",
        "measurement",
        "pasttreatment",
        "precaution",
        "regimen",
        "regimenline",
        "workitem",
    }
)
CLINICAL_VERBS = frozenset(
    {
        "affected scores shown",
        "allergies opened",
        "allergy state recorded",
        "assessment opened",
        "assessments opened",
        "chart opened",
        "current scores renewed",
        "laboratory results listed",
        "laboratory results opened",
        "measurements opened",
        "order checked",
        "past treatments listed",
        "past treatments opened",
        "precautions opened",
        "regimen opened",
        "regimens listed",
        "score form opened",
        "treatment history opened",
        "treatment opened",
        "treatment page opened",
        "score opened",
        "scores kept as stored",
        "scores listed",
        "scores recomputed",
        "work item opened",
        "work items listed",
    }
)


def without_clinical_detail(rows: list[AuditEvent]) -> list[AuditEvent]:
    """Audit rows as a clinic administrator may read them: that clinical facts were touched, not which."""
    for row in rows:
        if row.object_type in CLINICAL_ROWS or row.verb in CLINICAL_VERBS:
            row.verb, row.object_type = f"clinical facts {Kind(row.kind).label}", "patient"
    return rows
