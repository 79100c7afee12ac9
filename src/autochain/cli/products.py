"""Commands on products: what owners offer, what is on the market, and buying it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..onchain.refusals import Refusal
from .answers import plain, show, show_json, show_table
from .completing import parties, recordings
from .consents import DAY_MS, terms_facts
from .errors import NOT_OFFERED, UNKNOWN_OFFER, UNKNOWN_PRODUCT
from .groups import examples, group
from .naming import account_named, id_named, party_names, recording_named
from .options import (
    CATEGORY_HELP,
    AsOption,
    CategoryName,
    Format,
    FormatOption,
    HomeOption,
    PrecisionOption,
    PurposeOption,
    categories,
    with_network,
)
from .reading import MostOption, new_folder, write_parts
from .words import short, time_ms, time_text, uacc, who

if TYPE_CHECKING:
    from ..network import Network, Paid
    from ..onchain.contracts.consent import OpenOffer
    from ..onchain.contracts.market import Product
    from ..wallet import Wallet

app = group(
    "What owners offer to every buyer, and products made of it.",
    "product offer vehicle-3fa91c --purpose research --category motion",
    "product list",
    "product buy 8f0c27d1a5e4 --out bought",
)
MOST_LETTERS, MOST_RECORDINGS = 80, 20
"""The market's bounds again: importing a contract would double the time in which `help` answers. A test compares."""


def _title(text: str) -> str:
    if not 1 <= len(text) <= MOST_LETTERS:
        raise typer.BadParameter(f"give 1 to {MOST_LETTERS} letters.")
    return text


ProductArgument = Annotated[
    str, typer.Argument(metavar="PRODUCT", help="The product's id, or its first 6 digits or more.")
]


@app.command(
    epilog=examples(
        "product offer vehicle-3fa91c --purpose research --category motion",
        "product offer car-01 --purpose traffic_management --category position --precision coarse --price 0.1",
    )
)
def offer(
    vehicle: Annotated[
        str,
        typer.Argument(
            metavar="VEHICLE", autocompletion=parties, help="Whose recordings: a DID, or a party of this home."
        ),
    ],
    purpose: PurposeOption,
    category: Annotated[list[CategoryName], typer.Option(metavar="CATEGORY", help=CATEGORY_HELP)],
    precision: PrecisionOption = "coarse",
    since: Annotated[str, typer.Option(metavar="TIME", help="Recordings from then on.")] = "1970-01-01",
    price: Annotated[str, typer.Option(metavar="ACC", help="What each recording costs.")] = "0.5",
    days: Annotated[int, typer.Option(min=1, max=1825, help="How long it stands.")] = 30,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lets every attested buyer have a consent on the same terms.

    Who takes it up has a consent of its own, which you see and may revoke like any other.
    """
    price_uacc, from_ms = uacc(price), time_ms(since)

    async def job(network: Network) -> dict[str, Any]:
        from ..onchain.contracts.consent import Offer, Offered, Terms

        until_ms = network.clock() + days * DAY_MS
        terms = Terms(
            vehicle=account_named(network, vehicle),
            purpose=purpose,
            categories=categories(category),
            precision=precision,
            from_ms=from_ms,
            until_ms=until_ms,
            price_uacc=price_uacc,
            expires_ms=until_ms,
        )
        sent = await network.client.send(network.wallet(sender), Offer(terms, "buyer"))
        return {"offer": sent.event(Offered).offer.hex(), "expires": time_text(until_ms)}

    show(form, with_network(home, job))


@app.command(epilog=examples("product offers", "product offers --format json"))
def offers(home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Lists what owners offer to every buyer."""

    async def job(network: Network) -> tuple[list[dict[str, Any]], dict[str, str]]:
        from ..onchain.contracts.consent import ListOffers

        found = await network.client.pages(ListOffers())
        now_ms = network.clock()
        return [_offer(name, each) for name, each in found if each.stands(now_ms)], party_names(network)

    found, names = with_network(home, job)
    if form is Format.JSON:
        show_json({"offers": found})
        return
    show_table(
        [
            {
                "offer": short(each["offer"]),
                "owner": who(names, each["owner"]),
                "vehicle": who(names, each["vehicle"]),
                "purpose": each["purpose"],
                "what": f"{', '.join(each['categories'])}; {each['precision']}",
                "ACC": each["price"],
                "for": each["role"],
            }
            for each in found
        ],
        shorten="vehicle",
        wrap=["what"],
        right=["ACC"],
    )


def _offer(name: bytes, offer: OpenOffer) -> dict[str, Any]:
    from ..onchain.ids import did

    return {"offer": name.hex(), "owner": did(offer.owner), "role": offer.role, **terms_facts(offer.terms)}


@app.command(epilog=examples("product withdraw 8f0c27d1a5e4"))
def withdraw(
    offer: Annotated[str, typer.Argument(metavar="OFFER", help="The offer's id, or its first 6 digits or more.")],
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Takes an offer back; consents that it has led to stay until they are revoked."""

    async def job(network: Network) -> dict[str, Any]:
        from ..onchain.contracts.consent import ListOffers, Withdraw

        name = await id_named(network, offer, lambda after: ListOffers(after=after), absent=UNKNOWN_OFFER)
        sent = await network.client.send(network.wallet(sender), Withdraw(name))
        return {"offer": name.hex(), "height": sent.submitted.height}

    show(form, with_network(home, job))


@app.command(
    epilog=examples(
        'product publish "Commuting in autumn" 8f0c27 91a4d0 --purpose research --category motion --precision coarse'
    )
)
def publish(
    title: Annotated[str, typer.Argument(metavar="TITLE", parser=_title, help="What buyers see, up to 80 letters.")],
    recordings: Annotated[
        list[str],
        typer.Argument(
            metavar="RECORDING",
            autocompletion=recordings,
            help="Ids of 1 to 20 recordings, or their first 6 digits or more.",
        ),
    ],
    purpose: PurposeOption,
    category: Annotated[list[CategoryName], typer.Option(metavar="CATEGORY", help=CATEGORY_HELP)],
    precision: PrecisionOption = "coarse",
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Puts a product together, of recordings of one owner or of many, under the offers that cover them."""
    if len(recordings) > MOST_RECORDINGS:
        raise typer.BadParameter(f"name at most {MOST_RECORDINGS}.", param_hint="RECORDING")

    async def job(network: Network) -> dict[str, Any]:
        from ..network import covering_offers
        from ..onchain.contracts.market import Item, Publish, Published

        names = [await recording_named(network, text) for text in recordings]
        what = categories(category)
        found = await covering_offers(network, names, purpose=purpose, categories=what, precision=precision)
        missing = [name.hex() for name in names if name not in found]
        if missing:
            raise NOT_OFFERED(", ".join(missing[:3]))
        items = tuple(Item(name, found[name]) for name in sorted(set(names)))
        sent = await network.client.send(network.wallet(sender), Publish(title, items, purpose, what, precision))
        return {"product": sent.event(Published).product.hex(), "recordings": len(items)}

    show(form, with_network(home, job))


@app.command("list", epilog=examples("product list", "product list --format json"))
def list_(home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Lists the products on the market, with what each costs, and whether all its offers still stand."""

    async def job(network: Network) -> tuple[list[dict[str, Any]], dict[str, str]]:
        from ..onchain.contracts.consent import ListOffers
        from ..onchain.contracts.market import ListProducts

        # In this order, for a product's offers are there before it.
        found = await network.client.pages(ListProducts())
        offers = dict(await network.client.pages(ListOffers()))
        now_ms = network.clock()
        products = [_product(*each, offers, now_ms) for each in found if not each[1].taken_off_ms]
        return products, party_names(network)

    found, names = with_network(home, job)
    if form is Format.JSON:
        show_json({"products": found})
        return
    show_table(
        [
            {
                "product": short(each["product"]),
                "title": each["title"],
                "by": who(names, each["publisher"]),
                "recordings": len(each["recordings"]),
                "purpose": each["purpose"],
                "what": f"{', '.join(each['categories'])}; {each['precision']}",
                "ACC": each["price"],
                "offers": each["offers"],
            }
            for each in found
        ],
        wrap=["what", "title"],
        right=["ACC"],
    )


def _product(name: bytes, product: Product, offers: dict[bytes, OpenOffer], now_ms: int) -> dict[str, Any]:
    from ..onchain.ids import did
    from ..onchain.units import acc

    taken = [offers[item.offer] for item in product.items]
    price_uacc = sum(offer.terms.price_uacc for offer in taken)
    return {
        "product": name.hex(),
        "title": product.name,
        "publisher": did(product.publisher),
        "recordings": [item.recording.hex() for item in product.items],
        "purpose": product.purpose,
        "categories": list(product.categories),
        "precision": product.precision,
        "price": acc(price_uacc),
        "price_uacc": price_uacc,
        "offers": "stand" if all(offer.stands(now_ms) for offer in taken) else "ended",
        "published": time_text(product.published_ms),
    }


@app.command(epilog=examples("product buy 8f0c27d1a5e4 --out bought", "product buy 8f0c27 --as buyer-2 --format json"))
def buy(
    product: ProductArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the readings into this new folder, for you alone.")
    ] = None,
    most: MostOption = None,
    party: AsOption = "buyer",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Buys a product: takes its offers up, pays each owner its share, and fetches the readings.

    An owner is paid when the reading was delivered; what is not delivered within a day is refunded. Until then what
    could not be fetched is fetched by buying the product again, which pays nothing again.
    """
    most_uacc = uacc(most) if most is not None else None

    async def job(network: Network) -> dict[str, Any]:
        from ..network import pay_product
        from ..onchain.contracts.market import ListProducts
        from ..onchain.units import acc

        reader = network.wallet(party)
        name = await id_named(network, product, lambda after: ListProducts(after=after), absent=UNKNOWN_PRODUCT)
        paid = await pay_product(network, reader, name, most_uacc=most_uacc)
        price_uacc = sum(each.price_uacc for each in paid)
        rows, not_fetched = await _fetch(network, reader, paid, out)
        return {
            "product": name.hex(),
            "price": acc(price_uacc),
            "price_uacc": price_uacc,
            "receipts": [each.receipt.hex() for each in paid],
            "rows": rows,
            "folder": str(out) if out and len(not_fetched) < len(paid) else None,
            "not_fetched": not_fetched,
        }

    if out is None:
        _tell_bought(form, with_network(home, job))
        return
    with new_folder(out):
        _tell_bought(form, with_network(home, job))


async def _fetch(
    network: Network, reader: Wallet, paid: list[Paid], out: Path | None
) -> tuple[int, list[dict[str, str]]]:
    """Fetches what was paid for and writes it down; gives how many rows came, and what could not be fetched."""
    from ..network import fetch_reading

    rows, not_fetched = 0, list[dict[str, str]]()
    for each in paid:
        try:
            read = await fetch_reading(network, reader, each.receipt)
        except Refusal as refusal:
            why = {"text": refusal.text, "remedy": refusal.remedy}
            not_fetched.append({"recording": each.recording.hex(), "receipt": each.receipt.hex(), **why})
            continue
        rows += sum(len(part.times_ms) for part in read.parts)
        if out is not None:
            write_parts(read.parts, out / f"{each.recording.hex()}.csv")
    return rows, not_fetched


def _tell_bought(form: Format, answer: dict[str, Any]) -> None:
    """Tells what was bought; ends with the code of a refusal where some of it could not be fetched."""
    failed = answer["not_fetched"]
    if form is Format.JSON:
        show_json(answer)
    else:
        show(form, {name: value for name, value in answer.items() if name != "not_fetched"})
        for each in failed:
            print(plain(f"Not fetched: {each['recording']}. {each['text']} {each['remedy']}"), file=sys.stderr)
        if failed:
            print("Buy the product again within a day to fetch it; nothing is paid again.", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


@app.command("take-off", epilog=examples("product take-off 8f0c27d1a5e4"))
def take_off(
    product: ProductArgument, sender: AsOption = "owner", home: HomeOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Takes a product off the market."""

    async def job(network: Network) -> dict[str, Any]:
        from ..onchain.contracts.market import ListProducts, Unpublish

        name = await id_named(network, product, lambda after: ListProducts(after=after), absent=UNKNOWN_PRODUCT)
        sent = await network.client.send(network.wallet(sender), Unpublish(name))
        return {"product": name.hex(), "height": sent.submitted.height}

    show(form, with_network(home, job))
