"""Commands on X.509 certificates of devices: apply, issue, show, check, revoke."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .completing import parties
from .documents import new_file, read_file
from .groups import examples, group
from .naming import account_named, party_names
from .options import Format, FormatOption, HomeOption, with_network
from .words import short, time_text, who, whole

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.contracts.credentials import Application, Certificate

app = group(
    "X.509 certificates of devices, on record on the chain.", "certificate apply car-01", "certificate show car-01"
)


# The contract's words again, for help must not wait until that is loaded. A test compares.
class ReasonName(Enum):
    """Why a certificate is revoked, as a word of a command."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"
    PRIVILEGE_WITHDRAWN = "privilege_withdrawn"


DeviceArgument = Annotated[
    str, typer.Argument(metavar="DEVICE", autocompletion=parties, help="A device's DID, or its name in this home.")
]


@app.command(
    "apply", epilog=examples("certificate apply vehicle-3fa91c", "certificate apply car-01 --out car-01.csr.der")
)
def apply_(
    device: DeviceArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Writes the request to this new file, too, for the certifier.")
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Has a device apply for a certificate of its key: makes the request (PKCS #10), and tells the chain its hash."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import certificates
        from ..onchain.crypto import sha256

        account = account_named(network, device)
        wallet = network.wallet(network.names().get(account, device))
        request, height = await certificates.apply(network, wallet)
        put(request)
        return {
            "device": wallet.did,
            "request": sha256(request).hex(),
            "file": str(out) if out else None,
            "height": height,
        }

    with new_file(out) as put:
        answer = with_network(home, job)
    show(form, answer)


@app.command(
    epilog=examples(
        "certificate issue vehicle-3fa91c --as registrar",
        "certificate issue car-01 --as registrar --request car-01.csr.der --days 90 --out car-01.der",
    )
)
def issue(
    device: DeviceArgument,
    certifier: Annotated[
        str,
        typer.Option("--as", metavar="PARTY", autocompletion=parties, help="The certifier; its keys lie in the home."),
    ] = "registrar",
    request: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The device's request in DER.", show_default="that in the device's folder"),
    ] = None,
    days: Annotated[int, typer.Option(metavar="DAYS", min=1, max=730, help="For how long it is valid.")] = 365,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Writes the certificate to this new file, too, in DER.")
    ] = None,
    authority_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Writes the certifier's own certificate to this new file.")
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Issues the certificate that a device applied for, and puts it on record. The device's former one ends.

    The device gets it where its files lie here; elsewhere it takes it from the file.
    """
    given = read_file(request) if request else None

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import certificates
        from ..onchain.ids import did

        account = account_named(network, device)
        data = given if given is not None else certificates.kept_request(network, account)
        made = await certificates.issue(network, network.wallet(certifier), data, device=account, days=days)
        put(made.certificate)
        put_authority(made.authority)
        return {
            "device": did(made.said.subject),
            "certificate": made.fingerprint.hex(),
            "serial": made.said.serial.hex(),
            "from": time_text(made.said.not_before_ms),
            "until": time_text(made.said.not_after_ms),
            "height": made.height,
        }

    with new_file(out) as put, new_file(authority_out) as put_authority:
        answer = with_network(home, job)
    show(form, answer)


@app.command(
    "show", epilog=examples("certificate show", "certificate show vehicle-3fa91c", "certificate show --format json")
)
def show_certificates(
    device: Annotated[
        str | None,
        typer.Argument(metavar="DEVICE", autocompletion=parties, help="A device's DID, or its name in this home."),
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows what the chain has on record of a device's certificates; without a device, who waits for one."""

    async def job(network: Network) -> tuple[str, list[dict[str, Any]]]:
        from ..onchain.contracts.credentials import Applications, CertificatesOf

        names = party_names(network)
        if device is None:
            waiting = await network.client.pages(Applications())
            return "waiting", [_waiting(names, account, application) for account, application in waiting]
        found = await network.client.pages(CertificatesOf(account_named(network, device)))
        found.sort(key=lambda pair: pair[1].issued_ms)
        return "certificates", [_on_record(names, *pair, now_ms=network.clock()) for pair in found]

    what, rows = with_network(home, job)
    if form is Format.JSON:
        show_json({what: rows})
    elif what == "waiting":
        show_table([{**row, "request": short(row["request"])} for row in rows])
    else:
        kept = ("certificate", "issuer", "until", "state", "reason")
        show_table(
            [
                {**{name: row[name] for name in kept}, "certificate": short(row["certificate"]), "issuer": row["by"]}
                for row in rows
            ]
        )


def _waiting(names: dict[str, str], account: bytes, application: Application) -> dict[str, Any]:
    from ..onchain.ids import did

    return {
        "device": whole(names, did(account)),
        "request": application.request.hex(),
        "applied": time_text(application.applied_ms),
    }


def _on_record(names: dict[str, str], name: bytes, record: Certificate, *, now_ms: int) -> dict[str, Any]:
    from ..onchain.ids import did

    over = now_ms >= record.not_after_ms
    return {
        "certificate": name.hex(),
        "device": did(record.device),
        "issuer": did(record.issuer),
        "by": who(names, did(record.issuer)),
        "serial": record.serial.hex(),
        "from": time_text(record.not_before_ms),
        "until": time_text(record.not_after_ms),
        "state": "revoked" if record.revoked_ms else "expired" if over else "live",
        "reason": record.reason if record.revoked_ms else None,
        "revoked": time_text(record.revoked_ms) if record.revoked_ms else None,
    }


@app.command(
    epilog=examples(
        "certificate check vehicle-3fa91c",
        "certificate check did:acc:mfzq2x --file car-01.der --authority certifier.der",
    )
)
def check(
    device: DeviceArgument,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The certificate that it shows, in DER.", show_default="that in the device's folder"
        ),
    ] = None,
    authority: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The certifier's own certificate, in DER; with --file.")
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Checks a device's certificate: profile, signature, time, and the chain's record of it, which is proved."""
    if (file is None) != (authority is None):
        raise typer.BadParameter("give both or neither.", param_hint="'--file' and '--authority'")
    given = (read_file(file), read_file(authority)) if file and authority else None

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import certificates
        from ..onchain.crypto import sha256
        from ..onchain.ids import did

        account, names = account_named(network, device), party_names(network)
        pair = certificates.Pair(*given) if given else await certificates.kept_pair(network, account)
        said = await certificates.check(network, account, pair)
        return {
            "valid": True,
            "device": whole(names, did(said.subject)),
            "issuer": whole(names, did(said.issuer)),
            "certificate": sha256(pair.certificate).hex(),
            "until": time_text(said.not_after_ms),
            "asked_of_the_chain": "the record of this certificate, proved",
        }

    show(form, with_network(home, job))


@app.command(
    epilog=examples(
        "certificate revoke vehicle-3fa91c --as owner --reason key_compromise",
        "certificate revoke car-01 --as registrar",
    )
)
def revoke(
    device: DeviceArgument,
    sender: Annotated[
        str,
        typer.Option("--as", metavar="PARTY", autocompletion=parties, help="The certifier, or the device's owner."),
    ],
    reason: Annotated[
        ReasonName, typer.Option(metavar="REASON", help=f"One of {', '.join(name.value for name in ReasonName)}.")
    ] = ReasonName.UNSPECIFIED,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Ends the certificate that a device has, for ever."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import certificates
        from ..onchain.ids import did

        account = account_named(network, device)
        fingerprint, height = await certificates.revoke(network, network.wallet(sender), account, reason.value)
        return {"device": did(account), "certificate": fingerprint.hex(), "reason": reason.value, "height": height}

    show(form, with_network(home, job))
