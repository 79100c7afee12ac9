"""Commands on recordings: list, show, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .completing import recordings
from .errors import UNKNOWN_RECORDING
from .groups import examples, group
from .naming import account_named, party_names, recording_named
from .options import Format, FormatOption, HomeOption, with_network
from .words import hours_text, short, time_text, who, whole

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.contracts.recording import Recording

app = group(
    "What vehicles recorded: see it, prove it, buy and read it.", "recording list", "recording verify 8f0c27d1a5e4"
)

RecordingArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECORDING", autocompletion=recordings, help="The recording's id, or its first 6 digits or more."
    ),
]


@app.command("list", epilog=examples("recording list", "recording list --owner owner --format json"))
def list_(
    owner: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Only those of one owner: a DID, or a party of this home.")
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lists the recordings on the chain."""

    async def job(network: Network) -> tuple[list[tuple[bytes, Recording]], dict[str, str], int]:
        from ..onchain.contracts.recording import ListRecordings

        account = account_named(network, owner) if owner else None
        return await network.client.pages(ListRecordings(account)), party_names(network), network.clock()

    found, names, now_ms = with_network(home, job)
    found.sort(key=lambda pair: pair[1].height)
    if form is Format.JSON:
        show_json({"recordings": [facts(name, record, now_ms) for name, record in found]})
        return
    rows = [_row(names, name, record) for name, record in found]
    if not all(record.is_kept(now_ms) for _, record in found):
        # Only then, for a narrow terminal has hardly room for it.
        rows = [row | {"state": _state(record, now_ms)} for row, (_, record) in zip(rows, found, strict=True)]
    show_table(rows, shorten="vehicle")


@app.command("show", epilog=examples("recording show 8f0c27d1a5e4", "recording show 8f0c27 --format json"))
def show_recording(recording: RecordingArgument, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Shows what the chain knows of a recording.

    That is never a reading: those lie encrypted beside the chain.
    """

    async def job(network: Network) -> tuple[dict[str, Any], dict[str, str]]:
        from ..onchain.contracts.mining import GetReward
        from ..onchain.contracts.recording import GetRecording
        from ..onchain.units import acc

        name = await recording_named(network, recording)
        record = await network.client.ask(GetRecording(name))
        if record is None:
            raise UNKNOWN_RECORDING()
        reward = await network.client.ask(GetReward(name))
        found = facts(name, record, network.clock())
        return found | {"reward": acc(reward.reward_uacc) if reward else "0"}, party_names(network)

    found, names = with_network(home, job)
    if form is Format.JSON:
        show_json(found)
        return
    parts = found.pop("parts")
    named = {role: whole(names, found[role]) for role in ("vehicle", "owner")}
    show(form, found | named | {"reward": f"{found['reward']} ACC"})
    print()
    show_table(parts)


@app.command(epilog=examples("recording verify 8f0c27d1a5e4", "recording verify 8f0c27 --format json"))
def verify(recording: RecordingArgument, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Proves that a recording is on the chain, whole.

    Its record is checked against a header by its proof alone, and every encrypted chunk against the record.
    """

    async def job(network: Network) -> dict[str, Any]:
        from ..network import verify_recording

        name = await recording_named(network, recording)
        checked = await verify_recording(network, name)
        return {
            "recording": name.hex(),
            "verified": True,
            "hash": checked.manifest_root.hex(),
            "chunks": checked.chunks,
            "ciphertext_bytes": checked.ciphertext_bytes,
            "header_height": checked.header.height,
            "header_hash": checked.header.hash().hex(),
            "app_hash": checked.header.app_hash.hex(),
            "chain": checked.header.chain_id,
        }

    show(form, with_network(home, job))


def facts(name: bytes, record: Recording, now_ms: int) -> dict[str, Any]:
    """Gives what the chain knows of a recording."""
    from ..onchain.ids import did

    return {
        "recording": name.hex(),
        "vehicle": did(record.vehicle),
        "owner": did(record.owner),
        "points": record.points,
        "from": time_text(record.start_ms),
        "to": time_text(record.end_ms),
        "hash": record.manifest_root.hex(),
        "height": record.height,
        "committed": time_text(record.committed_ms),
        "kept_until": time_text(record.keep_until_ms),
        "erased": time_text(record.erased_ms) if record.erased_ms else None,
        "state": _state(record, now_ms),
        "parts": [
            {"category": part.category, "precision": part.precision, "bytes": part.size_bytes} for part in record.parts
        ],
    }


def _state(record: Recording, now_ms: int) -> str:
    return "kept" if record.is_kept(now_ms) else "erased" if record.erased_ms else "over"


def _row(names: dict[str, str], name: bytes, record: Recording) -> dict[str, Any]:
    from ..onchain.ids import did

    return {
        "recording": short(name.hex()),
        "vehicle": who(names, did(record.vehicle)),
        "points": record.points,
        "hours (UTC)": hours_text(record.start_ms, record.end_ms),
        "height": record.height,
    }
