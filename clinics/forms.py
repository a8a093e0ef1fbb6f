"""What is typed on the pages of a clinic. Shape only: every rule is in the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics.access import STAFF_LIMITS
from clinics.actions.staff import FLAGS
from clinics.fields import DateField
from clinics.mail import default_sender_name
from clinics.models import Jurisdiction, Kind, Outcome, Role, User
from clinics.models.base import one_line
from clinics.models.clinic import language_choices, zone_choices

ROLE_HELP = {
    Role.DERMATOLOGIST: _("Sees and records everything about the patients of the clinic and decides on treatment."),
    Role.NURSE: _("Sees and records everything about the patients of the clinic; prepares what a dermatologist decides."),
    Role.CLINIC_ADMIN: _("Manages staff and settings and sees the audit. Sees who the patients are, but nothing clinical."),
}
ONE_PLAIN_LINE = r"^[^\x00-\x1f\x7f<>@\"]*$"  # it goes into the head of a mail


class FlagsForm(forms.Form):
    """What somebody may do beyond the role."""

    may_prescribe = forms.BooleanField(
        label=_("Prescribe"), help_text=_("Start, change and stop treatment."), required=False
    )
    may_score = forms.BooleanField(
        label=_("Score EASI and vIGA-AD"), help_text=_("For those who are trained in these instruments."), required=False
    )
    is_medical_lead = forms.BooleanField(
        label=_("Lead the clinic medically"),
        help_text=_("Answers for the clinical settings. Dermatologists only."),
        required=False,
    )


class MembershipForm(FlagsForm):
    """The flags of a role somebody holds."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class InviteForm(FlagsForm):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The invitation goes to this address, and the person signs in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("As colleagues see it. The person can correct it when accepting."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    field_order = ("email", "name", "role", *FLAGS)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        label = '<span><strong>{}</strong><span class="choice-help">{}</span></span>'
        self.fields["role"].choices = [
            (role.value, format_html(label, role.label, text)) for role, text in ROLE_HELP.items()
        ]


class ClinicForm(forms.Form):
    """What a clinic chooses."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Shown to staff. Never used in messages."))
    jurisdiction = forms.ChoiceField(
        label=_("Jurisdiction"), choices=Jurisdiction, help_text=_("Whose product labels and guidance apply.")
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        help_text=_("Dates of reviews and the times on these pages follow it."),
    )
    idle_minutes = forms.IntegerField(
        label=_("Minutes without activity before sign-out"),
        min_value=5,
        max_value=60,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 2, "autocomplete": "off"}),
    )
    sender_name = forms.CharField(
        label=_("Neutral sender name"),
        max_length=40,
        required=False,
        validators=[RegexValidator(ONE_PLAIN_LINE, _("Use plain words: no quotation marks, brackets or @."))],
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Languages the clinic works in. Those chosen stand first."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        chosen = self.initial["languages"]
        self.fields["languages"].choices = sorted(language_choices(), key=lambda pair: pair[0] not in chosen)
        self.fields["idle_minutes"].help_text = gettext("Between 5 and 60. Empty means %(minutes)d.") % {
            "minutes": STAFF_LIMITS.idle.total_seconds() // 60
        }
        self.fields["sender_name"].help_text = gettext(
            "Stands as the sender of every message and is seen on locked screens: nothing that tells of skin or of a "
            "clinic. Empty means “%(name)s”."
        ) % {"name": default_sender_name()}


class AcceptForm(forms.Form):
    """A new account: the name colleagues will see, and a password."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=_("As colleagues see it."),
        validators=[one_line],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 12 characters. A few words in a row are easier to remember than signs."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("Password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """The passwords are the same, and good enough for this person."""
        values = super().clean() or {}
        first, second = values.get("password1"), values.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords are not the same."))
        elif first:
            try:
                password_validation.validate_password(first, User(email=self.email, name=values.get("name", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return values


class AuditForm(forms.Form):
    """Which rows of the audit to show."""

    actor = forms.ChoiceField(label=_("Person"), required=False)
    number = forms.CharField(
        label=_("Record number"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label=_("What"), required=False, choices=[("", _("Anything")), *Kind.choices])
    outcome = forms.ChoiceField(label=_("Outcome"), required=False, choices=[("", _("Any")), *Outcome.choices])
    on = DateField(label=_("On the day"), required=False)

    def __init__(self, *args: Any, people: list[tuple[str, str]] | None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if people is None:
            del self.fields["actor"]
        else:
            self.fields["actor"].choices = [("", _("Everybody")), *people]
