"""Audit rows about patients, for those who may not see the record."""

from __future__ import annotations

from clinics.models import AuditEvent, Kind

CLINICAL_ROWS = frozenset(
    {
        "adverseevent",
        "allergy",
        "application",
        "assessment",
        "labresult",
        "measurement",
        "pasttreatment",
        "precaution",
        "regimen",
        "regimenline",
        "tubereport",
        "workitem",
    }
)
CLINICAL_VERBS = frozenset(
    {
        "action plan opened",
        "adherence opened",
        "adverse event amended",
        "adverse event recorded",
        "adverse event withdrawn",
        "adverse events listed",
        "adverse events opened",
        "affected scores shown",
        "allergies opened",
        "allergy state recorded",
        "application recorded",
        "assessment opened",
        "assessments opened",
        "chart opened",
        "current scores renewed",
        "dose changed",
        "dose recorded",
        "dose times changed",
        "dose undone",
        "doses listed",
        "doses opened",
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
        "tubes listed",
        "tubes opened",
        "tubes reported",
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
