"""The only hands that change clinics, roles, invitations and tokens. Atomic; each writes its audit row."""

from clinics.actions.staff import (
    accept_invitation,
    change_clinic,
    change_membership,
    end_membership,
    invite_member,
    open_clinic,
    revoke_invitation,
    set_account_active,
)
from clinics.actions.system import beat, keep_form, sweep_leftovers
from clinics.actions.tokens import authenticate_token, issue_token, revoke_token

__all__ = [
    "accept_invitation",
    "authenticate_token",
    "beat",
    "change_clinic",
    "change_membership",
    "end_membership",
    "invite_member",
    "issue_token",
    "keep_form",
    "open_clinic",
    "revoke_invitation",
    "revoke_token",
    "set_account_active",
    "sweep_leftovers",
]
