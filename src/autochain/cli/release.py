"""`release serve`: one member of the release committee in a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..onchain.refusals import Refusal
from .answers import show
from .completing import parties
from .errors import MEMBER_CANNOT_LISTEN, NO_MEMBER, NOT_IN_COMMITTEE
from .groups import examples, group
from .options import Format, FormatOption, HomeOption, home_at

if TYPE_CHECKING:
    from ..network import Home

app = group(
    "The committee that holds shares of recordings' keys.", "release serve release-2", "release restore release"
)


@app.command(
    epilog=examples("release serve release-2", "release serve release-2 --home /srv/member --node 10.0.0.1:8440")
)
def serve(
    party: Annotated[
        str, typer.Argument(metavar="PARTY", autocompletion=parties, help="The member; its keys lie in the home.")
    ],
    node: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where the network answers.", show_default="where the home says")
    ] = "",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Runs one member in this process until Ctrl-C, at the address that the chain file names for it.

    Its home needs network.json and the folder of its own party, and nothing of the others. What the node says it does
    not believe: it asks for proofs.
    """
    asyncio.run(_serve(home_at(home), party, node, form))


@app.command(epilog=examples("release restore release", "release restore release --from /mnt/copy/backup"))
def restore(
    party: Annotated[
        str, typer.Argument(metavar="PARTY", autocompletion=parties, help="The member; its keys lie in the home.")
    ],
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="A copy of the backup.", show_default="the member's backup"),
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Puts a member's shares back from its backup, which is made once a minute in its folder `backup`.

    Backups may be copied anywhere. What was erased does not come back: its backup key in `backup-keys` is destroyed,
    and no copy opens without it. Keep `backup-keys` apart from the backups, and copy it nowhere that you can't clear.
    """
    from ..network import NO_NETWORK
    from ..vault import KeyBackup, KeyFolder

    place = home_at(home)
    if not place.exists:
        raise NO_NETWORK(str(place.path))
    members = [member.party for member in place.facts().members]
    if party not in members:
        raise NOT_IN_COMMITTEE(f"{party}, not {' or '.join(members)}")
    folder = place.parties / party
    backup = KeyBackup(source or folder / "backup", backup_keys=folder / "backup-keys")
    show(form, {"recordings": backup.restore(KeyFolder(folder / "keys"))})


async def _serve(home: Home, party: str, node: str, form: Format) -> None:
    from ..network import NO_NETWORK, NodeApp, member_service, now_ms, reach_network, serving
    from ..services.release import routes

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if not home.exists:
        raise NO_NETWORK(str(home.path))
    address = node or home.address()
    if address is None:
        raise NO_NETWORK(f"{home.path}: it does not run")
    async with reach_network(home, address, clock=now_ms) as network:
        members = {member.party: (place, member) for place, member in enumerate(network.facts.members, 1)}
        if party not in members or not members[party][1].address:
            raise NO_MEMBER(party)
        place, member = members[party]
        service = member_service(home, member, network.client, clock=now_ms)
        with _listen(member.address) as listening:
            show(form, {"member": place, "party": party, "address": member.address, "node": address})
            # In a group, so that the member does not go on answering when its sweep ends by a fault of its own.
            async with serving(NodeApp({}, routes(service, place)), listening), asyncio.TaskGroup() as group:
                sweeping = group.create_task(service.run())
                await stop.wait()
                sweeping.cancel()


def _listen(address: str) -> socket.socket:
    from ..client import host_and_port
    from ..network import listen

    host, port = host_and_port(address)
    try:
        return listen(host, port)
    except Refusal as refusal:
        raise MEMBER_CANNOT_LISTEN(refusal.detail) from None
