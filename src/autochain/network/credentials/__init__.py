"""What a home's parties do with credentials: keep, issue, end, show and verify them.

`access` and `certificates` are loaded by whoever imports them: the libraries behind them take long to load.
"""

from .issuing import (
    PURPOSES,
    STATUS_ORIGIN,
    Issued,
    Status,
    deliver,
    issue_credential,
    party_of,
    set_status,
    set_status_of,
    state_of,
    status_list,
    statuses_of,
)
from .kept import CredentialFolder, Kept, read_chain, write_chain
from .roles import ISSUERS, roles_of_issuer
from .showing import (
    Verified,
    challenge_of,
    is_presentation,
    needs_chain,
    new_challenge,
    show,
    spend_challenge,
    verify,
    verify_offline,
)

__all__ = [
    "ISSUERS",
    "PURPOSES",
    "STATUS_ORIGIN",
    "CredentialFolder",
    "Issued",
    "Kept",
    "Status",
    "Verified",
    "access",
    "certificates",
    "challenge_of",
    "deliver",
    "is_presentation",
    "issue_credential",
    "needs_chain",
    "new_challenge",
    "party_of",
    "read_chain",
    "roles_of_issuer",
    "set_status",
    "set_status_of",
    "show",
    "spend_challenge",
    "state_of",
    "status_list",
    "statuses_of",
    "verify",
    "verify_offline",
    "write_chain",
]
