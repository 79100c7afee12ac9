"""Commands on passports: a vehicle's life as one file, and its check without any network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .documents import new_file
from .errors import NO_TRUST, NOT_A_HASH, NOT_READ
from .groups import examples, group
from .lives import evidence_of
from .naming import account_named
from .options import Format, FormatOption, HomeOption, home_at, with_network
from .vehicles import VehicleArgument, step_facts, step_row
from .words import km_text, time_text

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.ledger.light import Trust
    from ..services.passport import Checked

app = group("The passport of a vehicle.", "vehicle passport car-01 --out car-01.passport")
HOUR_MS = 3_600_000
MAX_SKEW_MS = 300_000
"""How far a header may lie ahead of this machine's clock, where its age is asked for."""
_HASH = re.compile("[0-9a-fA-F]{64}")
TrustedChain = Annotated[
    str | None, typer.Option("--chain", metavar="ID", help="The chain's id, as someone you trust told you.")
]
TrustedValidators = Annotated[
    str | None, typer.Option("--validators", metavar="HASH", help="The hash of its validators, as they told you.")
]


@app.command(epilog=examples("vehicle passport car-01 --out car-01.passport"))
def passport(
    vehicle: VehicleArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")],
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Writes a vehicle's passport: its whole life in one file, which anybody can check offline.

    In it are its DID with all versions, every step, its software, open recalls, security events, attestation and
    certificate, with the proof of each at one header. Papers are not in it, only their hashes.
    """

    async def job(network: Network) -> tuple[bytes, Checked]:
        from ..services.passport import check_passport, make_passport

        device = account_named(network, vehicle)
        data = await make_passport(network.client, device)
        return data, check_passport(network.client.trust, data, device=device)

    with new_file(out) as write:
        data, checked = with_network(home, job)
        write(data)
    show(form, {"file": str(out), "bytes": len(data), **_head(checked), "steps": len(checked.steps)})


@app.command(
    epilog=examples(
        "vehicle verify car-01.passport",
        "vehicle verify car-01.passport --chain main-abcdef --validators HASH",
        "vehicle verify car-01.passport --evidence invoice.pdf --max-age 24",
    )
)
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A passport, as `vehicle passport` writes it.")],
    vehicle: Annotated[
        str | None, typer.Option("--vehicle", metavar="DID", help="Whose passport it must be; refused otherwise.")
    ] = None,
    papers: Annotated[
        list[Path] | None,
        typer.Option("--evidence", metavar="FILE", help="A paper: is it one that a step names? Repeat it for several."),
    ] = None,
    max_age: Annotated[
        int | None, typer.Option(metavar="HOURS", min=1, max=1_000_000, help="Refuse it when it is older.")
    ] = None,
    chain: TrustedChain = None,
    validators: TrustedValidators = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Checks a passport offline: no node is asked.

    What counts is whom you trust: the chain and the hash of its validators that you name, or else those of your home.
    Says what was checked, and what no passport can tell.
    """
    from ..network import now_ms
    from ..onchain.ids import from_did
    from ..onchain.ledger.light import check_fresh
    from ..services.passport import check_passport

    trust = _trust(chain, validators, home)
    device = from_did(vehicle) if vehicle else None
    data, now = _read(file), now_ms()
    checked = check_passport(trust, data, device=device)
    if max_age is not None:
        check_fresh(checked.header, now_ms=now, max_age_ms=max_age * HOUR_MS, max_skew_ms=MAX_SKEW_MS)
    shown = [(paper, _steps_with(checked, evidence_of(paper))) for paper in papers or ()]
    answer = _answer(checked, len(data), now, shown)
    if form is Format.JSON:
        show_json(answer)
    else:
        _print(answer)
    if not all(numbers for _, numbers in shown):
        raise typer.Exit(1)


def _trust(chain: str | None, validators: str | None, home: Path | None) -> Trust:
    from ..onchain.ledger.light import Trust

    if validators is not None and not _HASH.fullmatch(validators):
        raise NOT_A_HASH(validators[:80])
    if chain is not None and validators is not None:
        return Trust(chain, bytes.fromhex(validators))
    place = home_at(home)
    if chain is not None or validators is not None or not place.exists:
        raise NO_TRUST("one of both is missing" if chain or validators else f"there is no network in {place.path}")
    facts = place.facts()
    return Trust(facts.chain_id, bytes.fromhex(facts.validators_hash))


def _read(file: Path) -> bytes:
    from ..services.passport import MAX_BUNDLE_BYTES

    try:
        with file.open("rb") as passport:
            # One byte more than there may be, by which a longer file is told from a whole one.
            return passport.read(MAX_BUNDLE_BYTES + 1)
    except OSError as error:
        raise NOT_READ(f"{file}: {error.strerror}") from None


def _steps_with(checked: Checked, evidence: bytes) -> list[int]:
    return [number for number, step in enumerate(checked.steps, 1) if step.evidence == evidence]


def _head(checked: Checked) -> dict[str, Any]:
    from ..onchain.ids import did

    header = checked.header
    return {
        "vehicle": did(checked.device),
        "chain": header.chain_id,
        "header_height": header.height,
        "header_time": time_text(header.time_ms),
        "header_hash": header.hash().hex(),
    }


def _answer(checked: Checked, size: int, now: int, shown: list[tuple[Path, list[int]]]) -> dict[str, Any]:
    from ..onchain.ids import did

    identity, life, attestation = checked.identity, checked.life, checked.attestation
    return {
        "verified": True,
        **_head(checked),
        "owner": did(identity.controller) if identity.controller else None,
        "maker": did(life.maker),
        "stage": life.stage,
        "odometer_m": life.odometer_m,
        "attested_by": did(attestation.authority) if attestation else None,
        "checks": [{"what": what, "how": how} for what, how in _checks(checked, size)],
        "steps": [step_facts(number, step) for number, step in enumerate(checked.steps, 1)],
        "software": {rxswin: software.version for rxswin, (software, _) in checked.software.items()},
        "recalls": list(checked.recalls),
        "security_events": [event.stage for event in checked.security_events],
        "papers": [{"file": str(paper), "steps": numbers} for paper, numbers in shown],
        "unknown": _unknown(checked, now, shown),
    }


def _checks(checked: Checked, size: int) -> list[tuple[str, str]]:
    """Says what was checked, and how."""
    identity, header = checked.identity, checked.header
    attested, certificate = checked.attestation, checked.certificate
    attestation = "of one VIN and of no other DID" if attested and attested.unique else "proved"
    return [
        ("bytes", f"{size:,} in the one canonical form, nothing left out and nothing added"),
        ("header", f"block {header.height}, by more than two thirds of the validators that you trust"),
        ("identity", f"document {identity.version}{', and each before it' if identity.version > 1 else ', the first'}"),
        ("life", "its record is proved against the header"),
        ("steps", f"all {len(checked.steps)}: together they hash to the history in the life"),
        ("software", f"{len(checked.software)} RXSWINs, each with its approval"),
        ("recalls", f"{len(checked.recalls)} are open, and no more"),
        ("security", f"{len(checked.security_events)} events, and no more"),
        ("attestation", attestation if attested else "proved that nobody attests that it is a vehicle"),
        ("certificate", "proved" if certificate else "proved that it has none now"),
        ("proofs", f"{checked.proofs} of ICS-23, all against this one header"),
    ]


def _unknown(checked: Checked, now: int, shown: list[tuple[Path, list[int]]]) -> list[str]:
    """Says what no passport can tell."""
    header, steps = checked.header, checked.steps
    age_ms = now - header.time_ms
    age = f"{age_ms / HOUR_MS:,.1f} hours old" if age_ms >= 0 else "from the future of this machine's clock"
    named = {step.evidence for step in steps if step.evidence is not None}
    seen = {steps[numbers[0] - 1].evidence for _, numbers in shown if numbers}
    return [
        f"what happened after {time_text(header.time_ms)}: it is {age}; ask for a new one before you pay",
        f"what the papers say: they are not in it; it names {len(named)}, of which {len(seen)} were shown here",
        "whether a step is true: it is the word of those who signed it",
        "which car it is: the VIN is not in it; let the owner show it to you",
    ]


def _print(answer: dict[str, Any]) -> None:
    lists = {name: answer.pop(name) for name in ("checks", "steps", "papers", "unknown")}
    lines = {name: answer.pop(name) for name in ("software", "recalls", "security_events")}
    told = {
        "software": ", ".join(f"{rxswin} {version}" for rxswin, version in lines["software"].items()),
        "open_recalls": ", ".join(lines["recalls"]) or "none",
        "security_events": ", ".join(lines["security_events"]) or "none",
    }
    odometer_m = answer.pop("odometer_m")
    show(Format.TABLE, answer | {"odometer": km_text(odometer_m)} | told)
    print()
    show_table(lists["checks"], wrap=["how"])
    print()
    show_table([step_row({}, facts) for facts in lists["steps"]], right=["km"], wrap=["what"])
    print()
    for paper in lists["papers"]:
        steps = ", ".join(map(str, paper["steps"]))
        show(Format.TABLE, {"paper": f"{paper['file']}: {f'step {steps} names it' if steps else 'no step names it'}"})
    print("It can't tell")
    for line in lists["unknown"]:
        print(f"  {line}")
