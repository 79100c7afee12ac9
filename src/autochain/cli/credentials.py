"""Commands on credentials: issue, keep, show, verify, end."""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from .answers import show, show_json, show_table
from .completing import credentials, parties
from .documents import credential_facts, credential_named, did_named, facts_given, new_file, read_file
from .errors import NO_VERIFIER
from .groups import examples, group
from .naming import party_names
from .options import Format, FormatOption, HomeOption, with_network
from .words import short

if TYPE_CHECKING:
    from ..network import Network
    from ..network.credentials import Verified
    from ..wallet.credentials import Kind, StatusPurpose

app = group(
    "What one party says of another, signed, so that anybody can verify it.",
    "credential list --as owner",
    "credential verify shown.json --as buyer",
)
DAY_MS = 24 * 3_600_000
ID = re.compile(r"urn:|https?://|did:")
"""How the id begins that a credential bears. A file of such a name is named with its folder."""
ENDED = {"revocation": "revoked", "suspension": "suspended"}


# The words of wallet/credentials again, for help must not wait until that is loaded. A test compares.
class KindName(Enum):
    """A kind of credential as a word of a command."""

    VEHICLE = "vehicle"
    OWNER = "owner"
    DRIVER_LICENCE = "driver-licence"
    ROADSIDE_UNIT = "roadside-unit"
    ORGANISATION_ROLE = "organisation-role"
    PART = "part"
    TEST_APPROVAL = "test-approval"


KIND_HELP = f"One of {', '.join(name.value for name in KindName)}."
IssuerOption = Annotated[
    str, typer.Option("--as", metavar="PARTY", autocompletion=parties, help="Who issued it; its keys lie in the home.")
]
KeeperOption = Annotated[
    str, typer.Option("--as", metavar="PARTY", autocompletion=parties, help="Who keeps it; its keys lie in the home.")
]
CredentialArgument = Annotated[
    str,
    typer.Argument(
        metavar="CREDENTIAL", autocompletion=credentials, help="Its id, or its first 6 digits or more; or a file."
    ),
]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Writes it to this new file, too.")]


@app.command(
    epilog=examples(
        "credential issue vehicle vehicle-3fa91c --as maker --set vin=WVWZZZ1JZ3W386752"
        " --set make=Example --set model=E1",
        "credential issue driver-licence owner --as regulator --facts licence.json --days 3650 --out licence.vc.json",
    )
)
def issue(
    kind: Annotated[KindName, typer.Argument(metavar="KIND", show_choices=False, help=KIND_HELP)],
    subject: Annotated[
        str,
        typer.Argument(metavar="SUBJECT", autocompletion=parties, help="Of whom: a DID, or a party of this home."),
    ],
    issuer: Annotated[
        str,
        typer.Option("--as", metavar="PARTY", autocompletion=parties, help="Who issues it; its keys lie in the home."),
    ],
    facts: Annotated[
        Path | None, typer.Option("--facts", metavar="FILE", help="What it says: a JSON object in a file.")
    ] = None,
    said: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="What it says, one by one. Repeat it for several."),
    ] = None,
    days: Annotated[int, typer.Option(metavar="DAYS", min=1, max=36_500, help="After how many days it ends.")] = 365,
    status: Annotated[
        bool, typer.Option("--status/--no-status", help="Whether it can be revoked and suspended later.")
    ] = True,
    out: OutOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Issues a credential, which must fit the schema of its kind.

    The chain must prove that the issuer holds the role that such a credential takes, which `credential kinds` names.
    The issuer keeps it, and so does its subject where that one's keys lie here. `credential kinds` says what each kind
    needs, too. The first one with a status opens status lists of the issuer on the chain.
    """
    words = facts_given(facts, said or [])

    async def job(network: Network) -> dict[str, Any]:
        from ..network import acting
        from ..network import credentials as desk
        from ..wallet.credentials import Validity, write

        now_ms = network.clock() // 1000 * 1000
        issued = await desk.issue_credential(
            network,
            await acting(network, issuer),
            kind.value,
            subject=did_named(network, subject),
            facts=words,
            validity=Validity(since_ms=now_ms, until_ms=now_ms + days * DAY_MS),
            purposes=desk.PURPOSES if status else (),
        )
        put(write(issued.kept.document))
        return {
            "credential": issued.kept.name,
            **credential_facts(issued.kept.document, party_names(network)),
            "kept_by": [issuer, *filter(None, [issued.holder])],
            "file": str(out) if out else None,
        }

    with new_file(out) as put:
        answer = with_network(home, job)
    show(form, answer)


@app.command(epilog=examples("credential kinds", "credential kinds driver-licence --format json"))
def kinds(
    kind: Annotated[KindName | None, typer.Argument(metavar="KIND", show_choices=False, help=KIND_HELP)] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Says what credentials of each kind say and who issues them, or gives an example of one kind, to begin with."""
    from ..network.credentials import ISSUERS
    from ..wallet.credentials import EXAMPLES, schema_file, schema_url

    if kind is not None:
        name: Kind = kind.value
        example = {key: value for key, value in EXAMPLES[name].items() if key != "id"}
        show_json(
            {"example": example, "schema": schema_url(name), "rules": json.loads(schema_file(name))}
            if form is Format.JSON
            else example
        )
        return
    rows = []
    for each in KindName:
        rules = json.loads(schema_file(each.value))
        needed = [word for word in rules["properties"]["credentialSubject"]["required"] if word != "id"]
        others = [word for word in rules["properties"]["credentialSubject"]["properties"] if word not in needed]
        issued_by = " or ".join(ISSUERS[each.value])
        rows.append(
            {
                "kind": each.value,
                "issued by": issued_by,
                "must say": needed,
                "may say": [word for word in others if word != "id"],
            }
        )
    if form is Format.JSON:
        show_json({"kinds": rows})
    else:
        show_table(rows, wrap=["issued by", "must say", "may say"])


@app.command("list", epilog=examples("credential list", "credential list --as maker --format json"))
def list_(keeper: KeeperOption = "owner", home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Lists the credentials that a party keeps, issued or held, and how each stands on the chain now."""

    async def job(network: Network) -> list[dict[str, Any]]:
        from ..network.credentials import CredentialFolder, state_of

        wallet, names = network.wallet(keeper), party_names(network)
        return [
            {
                "credential": kept.name,
                **credential_facts(kept.document, names),
                "state": await state_of(network, kept.document),
            }
            for kept in CredentialFolder(network.home.parties, wallet.name).all()
        ]

    found = with_network(home, job)
    if form is Format.JSON:
        show_json({"credentials": found})
        return
    show_table(
        [
            {
                "credential": short(each["credential"]),
                "kind": each["kind"],
                "issuer": _named(each["issuer"]),
                "subject": _named(each["subject"]),
                "until": each["until"][:10],
                "state": each["state"],
            }
            for each in found
        ],
        shorten="subject",
        wrap=["kind", "issuer"],
    )


def _named(text: str) -> str:
    """Cuts a DID down to its party's name, or to its first letters."""
    did, _, name = text.partition(" (")
    return name.rstrip(")") or did[:20]


@app.command(
    "show", epilog=examples("credential show 8f0c27d1a5e4", "credential show 8f0c27 --as maker --out licence.vc.json")
)
def show_credential(
    credential: CredentialArgument,
    keeper: KeeperOption = "owner",
    out: OutOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows what a credential says; as JSON, the credential itself. Nothing of it is verified."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import write_chain
        from ..wallet.credentials import check_credential, write

        kept = credential_named(network, keeper, credential)
        check_credential(kept.document)
        # A grant that was passed on is worth nothing without those above it.
        put(write_chain(kept) if kept.above else write(kept.document))
        return {
            "credential": kept.name,
            "facts": credential_facts(kept.document, party_names(network)),
            "document": kept.document,
            "above": list(kept.above),
        }

    with new_file(out) as put:
        found = with_network(home, job)
    if form is Format.JSON:
        show_json(found)
        return
    subject = found["document"]["credentialSubject"]
    told = {name: value for name, value in subject.items() if name != "id"} if isinstance(subject, dict) else {}
    written = {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
    show(form, {"credential": found["credential"], **found["facts"], **written, "file": str(out) if out else None})


@app.command(epilog=examples("credential add licence.vc.json", "credential add access.json --as buyer"))
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file that its issuer gave.")],
    keeper: KeeperOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Keeps a credential that somebody else issued, encrypted, for this party. It is verified when it is used."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import CredentialFolder, read_chain
        from ..wallet.credentials import check_credential

        kept = read_chain(read_file(file))
        for document in kept.chain:
            check_credential(document)
        CredentialFolder(network.home.parties, network.wallet(keeper).name).add(kept)
        return {"credential": kept.name, **credential_facts(kept.document, party_names(network)), "kept_by": keeper}

    show(form, with_network(home, job))


@app.command(epilog=examples("credential challenge --as buyer", "credential challenge --as insurer --format json"))
def challenge(
    verifier: Annotated[
        str, typer.Option("--as", metavar="PARTY", autocompletion=parties, help="Who asks; its keys lie in the home.")
    ],
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Asks for a presentation: what it prints goes to the holder. It is good once, for five minutes."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import new_challenge

        wallet = network.wallet(verifier)
        return {"challenge": new_challenge(network, wallet), "domain": wallet.did}

    show(form, with_network(home, job))


@app.command(
    epilog=examples(
        "credential present 8f0c27d1a5e4 --challenge Ab3dEf --domain did:acc:mfzq2x --out shown.json",
        "credential present 8f0c27 c0ffee --challenge Ab3dEf --domain shop.example --out shown.json --as owner",
    )
)
def present(
    chosen: Annotated[
        list[str],
        typer.Argument(
            metavar="CREDENTIAL", autocompletion=credentials, help="Ids, or their first 6 digits or more; or files."
        ),
    ],
    challenge: Annotated[str, typer.Option(metavar="TEXT", help="What the verifier asked to be signed.")],
    domain: Annotated[str, typer.Option(metavar="NAME", help="By which name the verifier goes.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The new file for the verifier.")],
    keeper: KeeperOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows credentials to one verifier, once: writes the presentation that answers its challenge.

    It is signed with the holder's key. The chain is not asked.
    """

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import show as present_to
        from ..wallet.credentials import write

        kept = [credential_named(network, keeper, each) for each in chosen]
        wallet = network.wallet(keeper)
        put(write(present_to(network, wallet, kept, challenge=challenge, domain=domain)))
        return {"file": str(out), "holder": wallet.did, "credentials": [each.name for each in kept], "domain": domain}

    with new_file(out) as put:
        answer = with_network(home, job)
    show(form, answer)


@app.command(
    epilog=examples("credential verify licence.vc.json", "credential verify shown.json --as buyer --format json")
)
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A credential, or a presentation of some.")],
    verifier: Annotated[
        str | None,
        typer.Option("--as", metavar="PARTY", autocompletion=parties, help="Who asked for the presentation."),
    ] = None,
    challenge: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What was asked to be signed, where --as did not ask it.")
    ] = None,
    domain: Annotated[str | None, typer.Option(metavar="NAME", help="By which name it was asked for.")] = None,
    any_holder: Annotated[
        bool, typer.Option("--any-holder", help="Whoever shows it need not be whom it is about, as with a vehicle's.")
    ] = False,
    past_keys: Annotated[
        bool, typer.Option("--past-keys", help="Takes a key that was the signer's when it signed, and is no more.")
    ] = False,
    any_issuer: Annotated[
        bool, typer.Option("--any-issuer", help="Its issuer need not hold the role that issuing such a one takes.")
    ] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Verifies a credential or a presentation: form, schema, signatures, validity and status; and whose answer it is.

    It says what was asked of the chain, each time with a proof: so, too, that its issuer may issue such a one. What
    names no DID of this network and has no status is verified with nothing but the file, and its issuer's role is left
    unasked. A challenge that --as asked is used up by the first answer.
    """
    from ..network import credentials as desk
    from ..network import now_ms
    from ..wallet.credentials import parse

    document = parse(read_file(file))
    shown = desk.is_presentation(document)
    if shown and verifier is None and (challenge is None or domain is None):
        raise NO_VERIFIER()
    if verifier is None and not desk.needs_chain(document):
        alone = desk.verify_offline(document, now_ms=now_ms(), challenge=challenge, domain=domain, bound=not any_holder)
        _tell(form, alone, {}, [[] for _ in alone.credentials])
        return

    async def job(network: Network) -> tuple[Verified, dict[str, str], list[list[str]]]:
        asked, name = challenge, domain
        if shown and verifier is not None:
            wallet = network.wallet(verifier)
            asked, name = desk.challenge_of(document), wallet.did
            desk.spend_challenge(network, wallet, asked)
        found = await desk.verify(
            network,
            document,
            challenge=asked,
            domain=name,
            bound=not any_holder,
            past_keys=past_keys,
            any_issuer=any_issuer,
        )
        roles = [list(await desk.roles_of_issuer(network, each)) for each in found.credentials]
        return found, party_names(network), cast("list[list[str]]", roles)

    _tell(form, *with_network(home, job))


def _tell(form: Format, found: Verified, names: dict[str, str], roles: list[list[str]]) -> None:
    credentials_told = [
        {**credential_facts(document, names), "issuer_roles": of_issuer}
        for document, of_issuer in zip(found.credentials, roles, strict=True)
    ]
    if form is Format.JSON:
        facts = {"holder": found.holder, "credentials": credentials_told}
        show_json({"verified": True, **facts, "asked": list(found.asked), "warnings": list(found.warnings)})
        return
    from .words import whole

    lines: dict[str, Any] = {"verified": True}
    if found.holder is not None:
        lines["holder"] = whole(names, found.holder)
    show(form, lines)
    for told in credentials_told:
        show(form, {**told, "issuer_roles": told["issuer_roles"] or "none on this chain"})
    for asked in found.asked or ("nothing",):
        print(f"asked of the chain: {asked}")
    for warning in found.warnings:
        print(warning)


@app.command(epilog=examples("credential status 8f0c27d1a5e4", "credential status licence.vc.json --format json"))
def status(
    credential: CredentialArgument,
    keeper: KeeperOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Says what the chain has of a credential's statuses, each with its proof checked, and how it stands now."""

    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import state_of, statuses_of

        kept = credential_named(network, keeper, credential)
        found = await statuses_of(network, kept.document)
        return {
            "credential": kept.name,
            "state": await state_of(network, kept.document),
            "statuses": [{"purpose": s.purpose, "set": s.is_set, "list": s.url, "place": s.place} for s in found],
        }

    answer = with_network(home, job)
    if form is Format.JSON:
        show_json(answer)
        return
    show(form, {name: answer[name] for name in ("credential", "state")})
    if answer["statuses"]:
        show_table(answer["statuses"], wrap=["list"])


@app.command(epilog=examples("credential revoke 8f0c27d1a5e4 --as maker", "credential revoke lost.json --as regulator"))
def revoke(
    credential: CredentialArgument, issuer: IssuerOption, home: HomeOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Ends a credential for ever: one that it keeps, or by the id that it bears, also one that its node issued."""
    _set(form, home, issuer, credential, "revocation", value=True)


@app.command(epilog=examples("credential suspend 8f0c27d1a5e4 --as regulator", "credential suspend 8f0c27 --as maker"))
def suspend(
    credential: CredentialArgument, issuer: IssuerOption, home: HomeOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Ends a credential until it is reinstated."""
    _set(form, home, issuer, credential, "suspension", value=True)


@app.command(
    epilog=examples("credential reinstate 8f0c27d1a5e4 --as regulator", "credential reinstate 8f0c27 --as maker")
)
def reinstate(
    credential: CredentialArgument, issuer: IssuerOption, home: HomeOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Lets a suspended credential count again. A revoked one never does."""
    _set(form, home, issuer, credential, "suspension", value=False)


def _set(form: Format, home: Path | None, issuer: str, text: str, purpose: StatusPurpose, *, value: bool) -> None:
    async def job(network: Network) -> dict[str, Any]:
        from ..network.credentials import set_status, set_status_of, state_of

        if ID.match(text):
            await set_status_of(network, network.wallet(issuer), text, purpose, value=value)
            return {"credential": text, "state": ENDED[purpose] if value else f"not {ENDED[purpose]}"}
        kept = credential_named(network, issuer, text)
        await set_status(network, network.wallet(issuer), kept, purpose, value=value)
        return {"credential": kept.name, "state": await state_of(network, kept.document)}

    show(form, with_network(home, job))
