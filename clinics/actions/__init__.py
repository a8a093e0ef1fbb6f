"""The only hands that change clinics, roles, invitations and tokens. Atomic; each writes its audit row."""

from clinics.actions.staff import (
    accept_invitation,
    appoint_administrator,
    change_clinic,
    change_membership,
    end_membership,
    invite_again,
    invite_member,
    note_wrong_link,
    open_clinic,
    revoke_invitation,
    set_account_active,
    set_platform_admin,
)
from clinics.actions.system import beat, forget_kept_forms, keep_form, open_audit, sweep_leftovers
from clinics.actions.tokens import authenticate_token, issue_token, revoke_token

__all__ = [
    "accept_invitation",
    "appoint_administrator",
    "authenticate_token",
    "beat",
    "change_clinic",
    "change_membership",
    "end_membership",
    "forget_kept_forms",
    "invite_again",
    "invite_member",
    "issue_token",
    "keep_form",
    "note_wrong_link",
    "open_audit",
    "open_clinic",
    "revoke_invitation",
    "revoke_token",
    "set_account_active",
    "set_platform_admin",
    "sweep_leftovers",
]
