"""Commands by which a lost key is not a lost account: guardians, and recovery by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json
from .completing import parties
from .errors import NO_GUARDIAN_NAMED, NOT_A_REQUEST, ONE_WAY
from .naming import account_named, party_names
from .options import PROGRAM, AsOption, Format, FormatOption, HomeOption, with_network
from .words import short, time_text, who

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.contracts.identity import Recover

HOUR_MS = 3_600_000
MAX_REQUEST_CHARS = 12_000
AccountArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", autocompletion=parties, help="A DID, or a party of this home.")
]


def guardians(
    account: AccountArgument,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows who may recover an account, what they asked for, and which recovery is under way."""

    async def job(network: Network) -> dict[str, Any]:
        from ..onchain.ids import did

        name = account_named(network, account)
        return {"did": did(name), **await guarded(network, name)}

    show(form, with_network(home, job))


async def guarded(network: Network, account: bytes, *, height: int = 0) -> dict[str, Any]:
    """Says who guards an account and what of a recovery is under way."""
    from ..onchain.contracts.identity import GetGuardians, GetRecovery, GetWords

    names = party_names(network)
    guarding = await network.client.ask(GetGuardians(account), height=height)
    words = await network.client.ask(GetWords(account), height=height)
    recovery = await network.client.ask(GetRecovery(account), height=height)
    facts: dict[str, Any] = {"guardians": [], "must_agree": None, "delay_hours": None}
    if guarding and guarding.present.members:
        present = guarding.present
        facts = {
            "guardians": _shown(names, present.members),
            "must_agree": f"{present.threshold} of {len(present.members)}",
            "delay_hours": present.delay_ms // HOUR_MS,
        }
    if guarding and guarding.coming is not None:
        facts["guardians_to_come"] = _shown(names, guarding.coming.members) or ["none"]
        facts["they_come"] = time_text(guarding.from_ms)
    facts["asked"] = [
        f"{_shown(names, [guardian])[0]} for {short(word.hex())}" for guardian, word in (words.words if words else ())
    ]
    if recovery:
        facts["recovery"] = f"to {short(recovery.word.hex())}"
        facts["recovery_due"] = time_text(recovery.due_ms)
    else:
        facts["recovery"] = facts["recovery_due"] = None
    return facts


def _shown(names: dict[str, str], accounts: Any) -> list[str]:
    from ..onchain.ids import did

    return [names.get(did(account)) or did(account) for account in accounts]


def set_guardians(
    guardian: Annotated[
        list[str] | None,
        typer.Argument(metavar="[GUARDIAN]...", autocompletion=parties, help="DIDs, or parties of this home."),
    ] = None,
    agree: Annotated[
        int | None,
        typer.Option(min=1, max=16, metavar="NUMBER", help="How many must agree.", show_default="more than half"),
    ] = None,
    delay_hours: Annotated[
        int, typer.Option(min=1, max=2160, metavar="HOURS", help="How long the holder may object.")
    ] = 72,
    none: Annotated[bool, typer.Option("--none", help="Nobody guards it any more.")] = False,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Names who may give an account new keys when it has lost its own.

    More than half of them must ask for the same, and the holder may object until the delay is over; choose one longer
    than any time you are away. Where there are guardians already, the change waits as long as theirs. An account that
    promised its next keys gets these, since they alone may do this.
    """
    if bool(guardian) == none:
        raise NO_GUARDIAN_NAMED()

    async def job(network: Network) -> dict[str, Any]:
        from ..network import name_guardians
        from ..onchain.contracts.identity import SetGuardians

        members = tuple(account_named(network, each) for each in guardian or ())
        threshold = (len(members) // 2 + 1 if agree is None else agree) if members else 0
        message = SetGuardians(members, threshold, delay_hours * HOUR_MS)
        message.check()
        before = network.wallet(sender)
        done = await name_guardians(network.home.parties, network.client, sender, message)
        found = await guarded(network, before.account)
        return {"did": before.did, **found, "new_keys": done.wallet.key != before.key, "height": done.height}

    show(form, with_network(home, job))


def recover(
    account: AccountArgument,
    new_wallet: Annotated[
        str | None,
        typer.Option(metavar="PARTY", help="Who has lost the keys: make new ones here, under this name."),
    ] = None,
    request: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A guardian: ask for these keys, as the holder sent them.")
    ] = None,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Gives an account keys again that has lost its own, in three steps; a vehicle gets them from its owner at once.

    The holder makes new keys with --new-wallet and is told what each guardian has to run. When enough guardians asked
    for the same, the delay begins; when it is over, anybody may run `account complete-recovery`.
    """
    if new_wallet is not None and request is not None:
        raise ONE_WAY()
    if new_wallet is not None:
        name = new_wallet
        guide = with_network(home, lambda network: _begin(network, account, name))
        if form is Format.JSON:
            show_json(guide)
        else:
            _tell(guide)
    else:
        show(form, with_network(home, lambda network: _ask(network, account, request, sender=sender)))


async def _begin(network: Network, account: str, name: str) -> dict[str, Any]:
    """Makes the new wallet, and says who has to run what."""
    from ..network import NO_GUARDIANS, prepare_recovery
    from ..onchain.contracts.identity import GetGuardians
    from ..onchain.ids import did

    holder = account_named(network, account)
    guarding = await network.client.ask(GetGuardians(holder))
    if guarding is None or not guarding.present.members:
        raise NO_GUARDIANS(did(holder))
    asked = await prepare_recovery(network.home.parties, network.client, holder, name=name)
    text, present = _written(asked), guarding.present
    return {
        "did": did(holder),
        "new_wallet": name,
        "word": short(asked.word().hex()),
        "guardians": _shown(party_names(network), present.members),
        "must_agree": present.threshold,
        "delay_hours": present.delay_ms // HOUR_MS,
        "each_guardian_runs": f"{PROGRAM} account recover {did(holder)} --request {text} --as GUARDIAN",
        "then_anybody_runs": f"{PROGRAM} account complete-recovery {did(holder)} --as GUARDIAN",
    }


def _tell(guide: dict[str, Any]) -> None:
    """Tells the steps of a recovery to who has lost the keys."""
    print(f"New keys for {guide['did']} wait here as {guide['new_wallet']}; they speak when the chain knows them.")
    print(f"\n1. Send this to its guardians: {', '.join(guide['guardians'])}. {guide['must_agree']} must agree.")
    print(f"   Tell each of them the word {guide['word']} in person, so that nobody slips other keys in.")
    print(f"\n{guide['each_guardian_runs']}")
    print(f"\n2. When enough have run it, {guide['delay_hours']} hours begin in which the former keys may object.")
    print("\n3. Then anybody runs:")
    print(f"\n{guide['then_anybody_runs']}")
    print("\nRun this command again to see the same once more. Nothing of it is secret.")


async def _ask(network: Network, account: str, request: str | None, *, sender: str) -> dict[str, Any]:
    """Asks for keys as a guardian, or gives a vehicle new ones as its owner."""
    from ..network import take_over
    from ..onchain.contracts.identity import Recovered
    from ..onchain.ids import did

    holder, wallet = account_named(network, account), network.wallet(sender)
    if request is None:
        name = network.names().get(holder)
        if name is None or network.wallet(name).kind != "device":
            raise ONE_WAY()
        done = await take_over(network.home.parties, network.client, name, wallet)
        return {"did": did(holder), "recovered": True, "height": done.height}
    asked = _read(request)
    if asked.account != holder:
        raise NOT_A_REQUEST(f"it is for {did(asked.account)}")
    sent = await network.client.send(wallet, asked)
    return {
        "did": did(holder),
        "word": short(asked.word().hex()),
        "recovered": any(isinstance(event, Recovered) for event in sent.events),
        **await guarded(network, holder),
        "height": sent.submitted.height,
    }


def _written(asked: Recover) -> str:
    import base64

    from ..onchain.codec import encode

    return base64.urlsafe_b64encode(encode(asked)).decode().rstrip("=")


def _read(text: str) -> Recover:
    import base64
    import binascii

    from ..onchain.codec import Codec
    from ..onchain.contracts.identity import Recover
    from ..onchain.refusals import Refusal

    if len(text) > MAX_REQUEST_CHARS:
        raise NOT_A_REQUEST(f"{len(text)} characters")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        asked: Recover = Codec[Recover](Recover, max_bytes=MAX_REQUEST_CHARS).decode(data)
        asked.check()
    except (binascii.Error, ValueError):
        raise NOT_A_REQUEST() from None
    except Refusal as refusal:
        raise NOT_A_REQUEST(refusal.text) from None
    return asked


def reject_recovery(
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Objects to the recovery of one's own account: whatever its guardians asked for so far is ended."""

    async def job(network: Network) -> dict[str, Any]:
        from ..onchain.contracts.identity import RejectRecovery

        wallet = network.wallet(sender)
        sent = await network.client.send(wallet, RejectRecovery())
        return {"did": wallet.did, "recovery": "rejected", "height": sent.submitted.height}

    show(form, with_network(home, job))


def complete_recovery(
    account: AccountArgument,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Gives an account the keys that its guardians asked for, once the delay is over; anybody may.

    A new wallet that waits in this home speaks from then on. Identity, ACC, vehicles, roles and history stay. What was
    sealed to the former encryption key opens only where the former wallet lies, too.
    """

    async def job(network: Network) -> dict[str, Any]:
        from ..network import settle
        from ..onchain.contracts.identity import CompleteRecovery
        from ..onchain.ids import did

        holder = account_named(network, account)
        sent = await network.client.send(network.wallet(sender), CompleteRecovery(holder))
        await settle(network.home.parties, network.client)
        return {
            "did": did(holder),
            "recovery": "completed",
            "wallet": who({did(holder): network.names().get(holder, "")}, did(holder)),
            "height": sent.submitted.height,
        }

    show(form, with_network(home, job))
