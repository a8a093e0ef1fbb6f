"""People around a patient: who is the patient, who cares for them, how they are reached, what they agreed to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.access import May
from clinics.models import User
from clinics.models.base import one_line
from patients.models.base import ClinicalQuerySet, PatientRow


class PeopleQuerySet(ClinicalQuerySet):
    """Rows without clinical content: for everybody who may see the patient."""

    needs = May.SEE_PATIENTS


class PatientLink(PatientRow):
    """This account is this patient. Withdrawn means the account no longer opens the record."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="patient_links")

    objects = PeopleQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        constraints = [
            *PatientRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["patient"], condition=Q(withdrawn_at__isnull=True), name="patientlink_one_live_per_patient"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is patient {self.patient_id}"


class Relation(models.TextChoices):
    """What a guardian is to the patient."""

    MOTHER = "mother", _("Mother")
    FATHER = "father", _("Father")
    PARENT = "parent", _("Parent")
    FOSTER = "foster", _("Foster parent")
    LEGAL = "legal", _("Legal guardian")
    GRANDPARENT = "grandparent", _("Grandparent")
    PARTNER = "partner", _("Partner")
    CARER = "carer", _("Carer")
    OTHER = "other", _("Other")


class GuardianScope(models.TextChoices):
    """How much a guardian may do."""

    READ = "read", _("See the plan and the scores")
    RECORD = "record", _("See, and record doses and POEM")
    MANAGE = "manage", _("See, record, and manage reminders and access")


class GuardianLink(PatientRow):
    """Somebody may act for this patient. The account may come later, by invitation; until then there is only the person."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="guardian_links")
    name = models.CharField(_("name"), max_length=120, validators=[one_line])
    relation = models.CharField(_("relation"), max_length=12, choices=Relation)
    scope = models.CharField(_("may"), max_length=8, choices=GuardianScope)
    evidence = models.CharField(_("evidence seen"), max_length=120)
    evidence_checked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"), null=True, blank=True)

    objects = PeopleQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        constraints = [
            *PatientRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["patient", "user"],
                condition=Q(withdrawn_at__isnull=True, user__isnull=False),
                name="guardianlink_one_live_per_account",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=models.F("from_on")),
                name="guardianlink_until_after_from",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_relation_display()})"


class ContactKind(models.TextChoices):
    """How somebody is reached."""

    EMAIL = "email", _("E-mail")
    MOBILE = "mobile", _("Mobile phone")


class ContactPoint(PatientRow):
    """An address of the patient, or of a guardian of theirs; used for messages only once it is verified."""

    guardian = models.ForeignKey(
        GuardianLink, on_delete=models.PROTECT, null=True, blank=True, related_name="contact_points"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=ContactKind)
    address = models.CharField(_("address"), max_length=254)
    is_preferred = models.BooleanField(_("preferred"), default=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    objects = PeopleQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        constraints = [
            *PatientRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["patient", "kind", "address"],
                condition=Q(withdrawn_at__isnull=True, guardian__isnull=True),
                name="contactpoint_of_patient_once_while_live",
            ),
            models.UniqueConstraint(
                fields=["guardian", "kind", "address"],
                condition=Q(withdrawn_at__isnull=True, guardian__isnull=False),
                name="contactpoint_of_guardian_once_while_live",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.get_kind_display()})"


class ConsentPurpose(models.TextChoices):
    """What somebody agrees to."""

    PORTAL = "portal", _("Use of the patient portal")
    REMINDERS = "reminders", _("Reminders")
    DETAILED_REMINDERS = "detailed_reminders", _("Reminders that name the treatment")
    PHOTOS = "photos", _("Photos in the record")
    TEACHING = "teaching", _("Photos for teaching")


class ConsentChannel(models.TextChoices):
    """By which way, where the purpose has one."""

    NONE = "", _("—")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")
    PUSH = "push", _("Notification on the phone")


class Consent(PatientRow):
    """A consent given by the patient or a guardian; withdrawing it is dated and named."""

    purpose = models.CharField(_("for"), max_length=20, choices=ConsentPurpose)
    channel = models.CharField(_("by"), max_length=8, choices=ConsentChannel, blank=True)
    given_on = models.DateField(_("given on"))
    given_by = models.CharField(_("given by"), max_length=120, validators=[one_line])

    objects = PeopleQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        constraints = [
            *PatientRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["patient", "purpose", "channel"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_once_while_live",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.get_channel_display()}"
