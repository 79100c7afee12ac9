"""`vault audit`: challenges the stores that keep encrypted objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show_json, show_table
from .errors import OBJECTS_LOST
from .groups import examples, group
from .options import Format, FormatOption, HomeOption, with_network

if TYPE_CHECKING:
    from ..network import Network
    from ..vault import ReplicaReport

app = group(
    """The stores that keep encrypted objects.

    AUTOCHAIN_VAULT names them, with commas between: folders, `file:` and `s3://BUCKET/PREFIX`; each holds a replica,
    and what more than half of them have taken in is kept. Without it, it is a folder of the home.
    """,
    "vault audit",
)


@app.command(epilog=examples("vault audit", "vault audit --challenges 2000 --format json"))
def audit(
    challenges: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many objects each store must show.")] = 300,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Has each store show objects of the chain's recordings, drawn by chance, and checks them by their hashes.

    A store that lost a hundredth of its objects is found by 300 challenges in 95 of 100 audits.
    """

    async def job(network: Network) -> list[ReplicaReport]:
        from ..network import audit_vaults

        return await audit_vaults(network, challenges=challenges)

    reports = with_network(home, job)
    rows: list[dict[str, Any]] = [
        {
            "store": report.replica,
            "challenged": report.challenged,
            "missing": len(report.missing),
            "corrupt": len(report.corrupt),
            "unanswered": len(report.unanswered),
        }
        for report in reports
    ]
    broken = [report.replica for report in reports if not report.sound]
    if form is Format.TABLE:
        show_table(rows, shorten="store")
    elif not broken:
        show_json({"stores": rows})
    if broken:
        raise OBJECTS_LOST(", ".join(broken))
