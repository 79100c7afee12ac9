"""Commands on wallets: where keys lie, what protects them, and carrying them elsewhere. Nothing secret is printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .completing import parties
from .documents import new_file, read_file
from .groups import examples, group
from .options import Format, FormatOption, HomeOption, SuiteName, home_at, suite_number, with_network
from .secret_files import passphrase_from, pin_from
from .words import short_did

if TYPE_CHECKING:
    from ..network import Network
    from ..wallet import Wallet

app = group(
    """The wallets of this home: the keys of its parties, each in an encrypted file.

    The key that opens these files lies beside them; `wallet protect` puts it under a passphrase.
    """,
    "wallet show",
    "wallet export owner owner.wallet",
)
PartyArgument = Annotated[
    str, typer.Argument(metavar="PARTY", autocompletion=parties, help="The name of a party of this home.")
]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="A file that only you may read with the passphrase in it.",
        show_default="asked for",
    ),
]


@app.command("show", epilog=examples("wallet show", "wallet show owner", "wallet show owner --format json"))
def show_wallet(
    party: Annotated[
        str | None,
        typer.Argument(metavar="PARTY", autocompletion=parties, help="The name of a party.", show_default="all"),
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows whose keys lie here and in what, whether the chain knows them, and what waits beside them."""

    async def job(network: Network) -> list[dict[str, Any]]:
        names = [party] if party else sorted(network.names().values())
        return [await _facts(network, network.wallet(name)) for name in names]

    found = with_network(home, job)
    if party:
        show(form, found[0])
    elif form is Format.JSON:
        show_json({"wallets": found})
    else:
        rows = [{name: facts[name] for name in ("party", "suite", "lies_in", "speaks", "did")} for facts in found]
        show_table([row | {"did": short_did(row["did"])} for row in rows])


async def _facts(network: Network, wallet: Wallet) -> dict[str, Any]:
    from ..onchain.crypto import SUITES
    from ..onchain.ledger import interfaces
    from ..wallet import SeedKey, waiting

    keys = await network.client.ask(interfaces.KeysOf(wallet.account))
    parties = network.home.parties
    return {
        "party": wallet.name,
        "did": wallet.did,
        "kind": wallet.kind,
        "suite": SUITES[wallet.key.suite].name,
        "lies_in": _place(wallet.key),
        "speaks": bool(keys and keys.active and keys.keys == (wallet.public_key,)),
        "next_suite": SUITES[wallet.next.suite].name if wallet.next else None,
        "next_lies_in": _place(wallet.next) if wallet.next else None,
        "next_is_promised": bool(keys and wallet.promise and keys.next == wallet.promise),
        "former_encryption_keys": len(wallet.former),
        "waits": [place for place in ("rotation", "recovery") if waiting(parties, wallet.name, place)],
        "file": str(parties / wallet.name / "wallet.json"),
    } | ({} if isinstance(wallet.key, SeedKey) else {"token": wallet.key.token, "key_label": wallet.key.label})


def _place(key: object) -> str:
    from ..wallet import SeedKey

    return "this file" if isinstance(key, SeedKey) else "a token"


@app.command(epilog=examples("wallet protect", "wallet protect --passphrase-file secret", "wallet protect --none"))
def protect(
    passphrase_file: PassphraseOption = None,
    none: Annotated[bool, typer.Option("--none", help="Only the rights of its file protect it from now on.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Puts the key of this home's wallets under a passphrase, or under another one.

    From then on AUTOCHAIN_PASSPHRASE_FILE has to name a file that holds it; nobody can reset it.
    """
    from ..network import NO_NETWORK
    from ..wallet import change_passphrase, wallets

    folder = home_at(home)
    if not wallets(folder.parties):
        raise NO_NETWORK(str(folder.path))
    change_passphrase(folder.parties, None if none else passphrase_from(passphrase_file, twice=True))
    show(form, {"home": str(folder.path), "protected": not none})


@app.command(
    epilog=examples("wallet export owner owner.wallet", "wallet export owner owner.wallet --passphrase-file secret")
)
def export(
    party: PartyArgument,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not be there.")],
    passphrase_file: PassphraseOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Writes a party's wallet into a file that its passphrase alone opens, as a backup or for another home.

    Keep it apart from this machine: it brings back all that the wallet opens. Keys that came by `account rotate` since
    it was written are found again; after a recovery, or with a key in a token, write it anew.
    """
    from ..wallet import exported

    async def job(network: Network) -> Wallet:
        return network.wallet(party)

    wallet = with_network(home, job)
    with new_file(out) as write:
        data = exported(wallet, passphrase=passphrase_from(passphrase_file, twice=True))
        write(data)
    show(form, {"party": party, "did": wallet.did, "file": str(out), "bytes": len(data)})


@app.command("import", epilog=examples("wallet import owner.wallet", "wallet import owner.wallet --home /tmp/try"))
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `wallet export` wrote.")],
    passphrase_file: PassphraseOption = None,
    module: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The library by which its token is reached.", show_default="none"),
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Takes a wallet that was exported into this home, under the name that it had.

    Where its keys were rotated since, those that the chain knows now are found again.
    """
    data, passphrase = read_file(file), passphrase_from(passphrase_file)

    async def job(network: Network) -> dict[str, Any]:
        from ..network import catch_up
        from ..wallet import take_in

        named = None if module is None else str(module)
        taken = take_in(network.home.parties, data, passphrase=passphrase, module=named)
        wallet = await catch_up(network.home.parties, network.client, taken.name)
        return await _facts(network, wallet)

    show(form, with_network(home, job))


@app.command(
    epilog=examples(
        "wallet token car-01 --module /usr/lib/softhsm/libsofthsm2.so --token vehicle --label signing --pin-file pin"
    )
)
def token(
    party: PartyArgument,
    module: Annotated[Path, typer.Option(metavar="FILE", help="The library by which the token is reached.")],
    token: Annotated[str, typer.Option(metavar="TEXT", help="The token's label.")],
    label: Annotated[str, typer.Option(metavar="TEXT", help="The new key's label; none of this name may be there.")],
    pin_file: Annotated[Path, typer.Option(metavar="FILE", help="A file that only you may read with the PIN in it.")],
    suite: Annotated[SuiteName, typer.Option(help="ed25519 or p256, if the chain admits it.")] = SuiteName.ED25519,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Makes a key in a PKCS#11 token, which it never leaves, and lets a party speak by it.

    The party's keys change twice: the one that it promised comes first and promises the token's. That one promises
    none, for a key in a file that may succeed it would open the account without the token.
    """
    pin = pin_from(pin_file)

    async def job(network: Network) -> dict[str, Any]:
        from ..network import change_keys, ensure_admitted
        from ..wallet import tokens

        # Refused first, where either is amiss, and no key is made.
        network.wallet(party)
        ensure_admitted(network.client, suite_number(suite))
        key = tokens.make_key(module=str(module), token=token, pin=pin, label=label, suite=suite_number(suite))
        place, client = network.home.parties, network.client
        await change_keys(place, client, party, following=key)
        done = await change_keys(place, client, party)
        return await _facts(network, done.wallet)

    show(form, with_network(home, job))
