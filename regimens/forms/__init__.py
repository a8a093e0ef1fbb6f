"""What staff type about treatment."""

from regimens.forms.history import PastTreatmentForm
from regimens.forms.orders import OrderForm
from regimens.forms.replies import RepliesForm
from regimens.forms.steps import DownForm, HoldForm, InductionForm, MaintenanceForm, ResumeForm, StopForm, StopRegimenForm

__all__ = [
    "DownForm",
    "HoldForm",
    "InductionForm",
    "MaintenanceForm",
    "OrderForm",
    "PastTreatmentForm",
    "RepliesForm",
    "ResumeForm",
    "StopForm",
    "StopRegimenForm",
]
