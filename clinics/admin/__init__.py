"""Django admin for platform administrators: clinics, accounts, roles, security events. Nothing clinical.

Every change goes through an action, so that it is checked and leaves its audit row as anywhere else. Nothing is deleted.
"""

from clinics.admin.accounts import UserAdmin
from clinics.admin.base import FirstPages, PlatformAdmin
from clinics.admin.clinics import ClinicAdmin
from clinics.admin.invitations import InvitationAdmin
from clinics.admin.memberships import MembershipAdmin
from clinics.admin.records import AuditEventAdmin, HeartbeatAdmin
from clinics.admin.tokens import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "AuditEventAdmin",
    "ClinicAdmin",
    "FirstPages",
    "HeartbeatAdmin",
    "InvitationAdmin",
    "MembershipAdmin",
    "PlatformAdmin",
    "UserAdmin",
]
