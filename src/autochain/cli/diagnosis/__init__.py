"""What is wrong with an installation, looked at with the standard library: any other may be what is broken."""

from .diagnose import diagnose, installation_at
from .examine import examine, usual_port
from .finding import Finding, report
from .home_folder import default_home
from .installation import Installation

__all__ = [
    "Finding",
    "Installation",
    "default_home",
    "diagnose",
    "examine",
    "installation_at",
    "report",
    "usual_port",
]
