"""Commands on the keys of accounts: which they are and were, and giving an account its next ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .completing import parties
from .naming import account_named
from .options import AsOption, Format, FormatOption, HomeOption, SuiteName, suite_number, with_network
from .words import time_text

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.contracts.identity import Identity, Version
    from ..onchain.crypto import PublicKey

DAY_MS = 24 * 3_600_000
NEXT_SUITE_HELP = "Of which kind the key is that follows the next one; without this as the next one."


def keys(
    who: Annotated[
        str, typer.Argument(metavar="ACCOUNT", autocompletion=parties, help="A DID, or a party of this home.")
    ],
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows an account's keys, the promise of its next ones, and each of its versions."""

    async def job(network: Network) -> dict[str, Any]:
        from ..onchain.contracts.identity import UNKNOWN_DID, GetIdentity, Versions

        account = account_named(network, who)
        record = await network.client.ask(GetIdentity(account))
        if record is None:
            raise UNKNOWN_DID()
        versions: list[Version] = []
        while page := await network.client.ask(Versions(account, len(versions))):
            versions += page
        return {**_facts(network, account, record), "versions": [_version(version) for version in versions]}

    found = with_network(home, job)
    if form is Format.JSON:
        show_json(found)
        return
    show(form, {name: value for name, value in found.items() if name not in ("keys", "versions")})
    print()
    show_table([{**version, "keys": len(version["keys"])} for version in found["versions"]], wrap=["controller"])


def _facts(network: Network, account: bytes, record: Identity) -> dict[str, Any]:
    from ..onchain.ids import did

    name = network.names().get(account)
    here = name is not None and record.keys == (network.wallet(name).public_key,)
    return {
        "did": did(account),
        "key": [f"{each['suite']} {each['key']}" for each in _keys(record.keys)],
        "must_sign": f"{record.threshold} of {len(record.keys)}",
        "lie_here": here,
        **expiry(network, record),
        "next_promised": record.next is not None,
        "version": record.version,
        "since": time_text(record.since_ms),
        "keys": _keys(record.keys),
    }


def expiry(network: Network, record: Identity) -> dict[str, Any]:
    """Says when an account's keys expire, or that they have."""
    if not record.until_ms:
        return {"keys_expire": None, "keys_expired": False}
    return {"keys_expire": time_text(record.until_ms), "keys_expired": record.expired(network.clock())}


def _keys(found: tuple[PublicKey, ...]) -> list[dict[str, str]]:
    from ..onchain.crypto import SUITES
    from ..wallet.credentials import key_id

    return [{"suite": SUITES[key.suite].name, "key": key_id("", key)[1:]} for key in found]


def _version(version: Version) -> dict[str, Any]:
    from ..onchain.ids import did

    return {
        "version": version.version,
        "since": time_text(version.since_ms),
        "until": time_text(version.replaced_ms) if version.replaced_ms else None,
        "keys": _keys(version.keys),
        "controller": did(version.controller) if version.controller else None,
        "active": version.active,
    }


def rotate(
    sender: Annotated[
        str, typer.Argument(metavar="PARTY", autocompletion=parties, help="A party of this home, whose keys change.")
    ] = "owner",
    next_suite: Annotated[SuiteName | None, typer.Option(help=NEXT_SUITE_HELP)] = None,
    days: Annotated[
        int, typer.Option(min=0, max=36_500, metavar="DAYS", help="When the new keys expire; 0 for never.")
    ] = 0,
    promise: Annotated[bool, typer.Option(help="Whether to promise the keys that follow these.")] = True,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Gives a party its next keys; account, ACC, roles and history stay.

    Where the next key was promised, that one speaks from now on, also when the present one has expired. What was begun
    before and interrupted is finished first, so the command may be run again. What others have sealed to the former
    encryption key still opens.
    """

    async def job(network: Network) -> dict[str, Any]:
        from ..network import change_keys

        until_ms = network.clock() + days * DAY_MS if days else 0
        following = new_key(next_suite)
        done = await change_keys(
            network.home.parties, network.client, sender, following=following, until_ms=until_ms, promises=promise
        )
        return {
            "party": sender,
            "did": done.wallet.did,
            **{name: each for key in _keys((done.wallet.public_key,)) for name, each in key.items()},
            "next_promised": done.wallet.promise is not None,
            "keys_expire": time_text(until_ms) if until_ms else None,
            "height": done.height,
        }

    show(form, with_network(home, job))


def new_key(suite: SuiteName | None) -> Any:
    """Makes a key of a suite that is named."""
    import secrets

    from ..wallet import SeedKey

    return None if suite is None else SeedKey(suite_number(suite), secrets.token_bytes(32))


def revoke(
    who: Annotated[
        str, typer.Argument(metavar="ACCOUNT", autocompletion=parties, help="A DID, or a party of this home.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="That it is meant: nobody takes it back.")] = False,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Ends a DID for ever: one's own, or that of a vehicle that one owns.

    Move its ACC and hand its vehicles over first: it can't do that any more. A vehicle whose life is kept is scrapped.
    """
    from .errors import NOT_MEANT

    if not yes:
        raise NOT_MEANT()

    async def job(network: Network) -> dict[str, Any]:
        from ..network import end_account
        from ..onchain.ids import did

        account = account_named(network, who)
        height = await end_account(network.home.parties, network.client, account, sender=sender)
        return {"did": did(account), "ended": "revoked", "height": height}

    show(form, with_network(home, job))
