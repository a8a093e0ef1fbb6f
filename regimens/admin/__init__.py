"""The catalogue in the Django admin, for the platform to keep; treatment, for clinicians to read."""

from regimens.admin.catalogue import ProductAdmin, ProductFactAdmin
from regimens.admin.treatment import PastTreatmentAdmin, RegimenAdmin, RegimenLineAdmin, WorkItemAdmin

__all__ = [
    "PastTreatmentAdmin",
    "ProductAdmin",
    "ProductFactAdmin",
    "RegimenAdmin",
    "RegimenLineAdmin",
    "WorkItemAdmin",
]
