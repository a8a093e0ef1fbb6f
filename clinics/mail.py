"""The one door for mail: a neutral sender, a neutral text, only named variables.

A locked screen, a shared inbox and whoever helps with the phone may read it: no name, no speciality, no clinical word.
"""

from __future__ import annotations

import logging
from email.utils import formataddr, parseaddr
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from clinics.models import ClinicSettings, Invitation

log = logging.getLogger(__name__)

# Each mail and the variables its text may use.
MAILS: dict[str, frozenset[str]] = {
    "invitation": frozenset({"url", "hours"}),
    "password_reset": frozenset({"url"}),
    "password_reset_unknown": frozenset(),
    "password_changed": frozenset(),
}


def render(template: str, variables: dict[str, object]) -> tuple[str, str]:
    """Subject (first line) and body of a mail; KeyError for a mail or a variable that is not on the list."""
    unknown = set(variables) - MAILS[template]
    if unknown:
        raise KeyError(f"{template} may not use {sorted(unknown)}")
    subject, _, body = render_to_string(f"emails/{template}.txt", variables).partition("\n")
    return subject.strip(), body.strip() + "\n"


def default_sender_name() -> str:
    """The sender's name of a clinic that chose none."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[0]


def send(template: str, to: str, variables: dict[str, object], *, sender_name: str = "") -> bool:
    """Send one mail; False (and a log line without the address) when the mail server refused or did not answer."""
    subject, body = render(template, variables)
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message = EmailMessage(subject, body, formataddr((sender_name or default_sender_name(), address)), [to])
    try:
        message.send()
    except (SMTPException, OSError) as error:
        log.error("mail %s not sent: %s", template, type(error).__name__)
        return False
    return True


def send_invitation(invitation: Invitation, url: str) -> bool:
    """Send the link of an invitation under the clinic's neutral name; False when the mail server refused."""
    own = ClinicSettings.objects.filter(clinic=invitation.clinic_id).first()
    hours = int(settings.INVITATION_LIFETIME.total_seconds() // 3600)
    sender = own.sender_name if own else ""
    return send("invitation", invitation.email, {"url": url, "hours": hours}, sender_name=sender)
