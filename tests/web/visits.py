"""The console's pages, and what is to be read on each."""

from __future__ import annotations

from typing import Any, NamedTuple

from .served import Served

PERSONAS = ("nobody", "owner-01", "buyer", "maker", "regulator", "stranger")


class Visit(NamedTuple):
    """One page, by its route, and words that it holds; `{recording}` and the like stand for what is on the chain."""

    route: str
    holds: tuple[str, ...]


VISITS = {
    "home": Visit("/", ("The chain main runs", "The main job, in seven steps", "What happens now", "owner-01")),
    "map": Visit("/map", ("Live map", "2 vehicles")),
    "map as a table": Visit("/map?view=table", ("car-01", "car-02", "km/h")),
    "chain": Visit("/chain", ("{chain_id}", "Commits to a recording of", "done")),
    "blocks": Visit("/chain?tab=blocks", ("{chain_id}", "App hash")),
    "events": Visit("/chain?tab=events", ("recorded a drive of", "bought a reading of")),
    "block": Visit("/chain/main/blocks/{height}", ("Block {height}", "{block_hash}", "Commits to a recording of")),
    "transaction": Visit("/chain/main/transactions/{transaction}", ("{transaction}", "What was announced", "Fee")),
    "recordings": Visit("/recordings", ("car-01", "owner-02", "Motion", "kept")),
    "recording": Visit("/recordings/{recording}", ("{recording}", "{manifest_root}", "Position", "Who has read it")),
    "vehicles": Visit("/vehicles", ("car-01", "owner-02", "active")),
    "vehicle": Visit("/vehicles/{vehicle}", ("car-01", "{vehicle_did}", "Its life", "owner-01 earned")),
    "passport": Visit(
        "/vehicles/{lived}", ("63,105 km", "Entered service", "AIRBAG-26-07", "R79SWIN AC-26", "notified")
    ),
    "passport of a wreck": Visit("/vehicles/{wreck}", ("240,000 km", "Scrapped", "ended")),
    "sharing": Visit("/sharing", ("Consent and sharing", "ACC")),
    "readers": Visit("/sharing?tab=readers", ("Consent and sharing",)),
    "consent": Visit("/consents/{consent}", ("Terms", "{owner_did}", "{reader_did}", "for each recording")),
    "receipt": Visit("/receipts/{receipt}", ("What was bought", "{read_recording}", "Keys can be fetched until")),
    "token": Visit("/token", ("300,000,000", "The five allocations", "129,000,000 ACC", "contract/market")),
    "account": Visit("/accounts/{owner}", ("owner-01", "{owner_did}", "Balance", "1 of 1 must sign")),
    "account under recovery": Visit("/accounts/{lost}", ("owner-72", "promised", "Guardians", "Documents of the DID")),
    "account of an issuer": Visit("/accounts/{issuer}", ("Status lists", "131,072")),
    "account of a device": Visit("/accounts/{lived}", ("Certificates (X.509)", "superseded")),
    "check": Visit("/check", ("Check a credential", "Nothing was checked yet.")),
    "system": Visit("/system", ("{chain_id}", "autochain_chain_height", "identity, credentials")),
    "search": Visit("/search?q=owner", ("Search: owner", "{owner_did}", "owner-02")),
    "nothing": Visit("/nothing", ("No such page",)),
}


def facts_of(served: Served) -> dict[str, Any]:
    """Gives what stands on the chain, by the names that visits use."""
    owner = served.persona("owner-01")
    recording = served.newest("recordings", owner=owner)
    receipt = served.newest("receipts", owner=owner)
    consent = served.newest("consents", owner=owner)
    # The first of the recording's transactions is the vehicle's.
    block = served.get(f"/chains/main/blocks/{recording['record']['height']}")
    transaction = served.newest("transactions", height=str(block["height"]))
    network = served.get("/network")["chains"][0]
    vehicle = str(recording["record"]["vehicle"])
    named = {"owner": owner, "vehicle": vehicle, "reader": consent["record"]["reader"]}
    dids = {f"{name}_did": served.get(f"/chains/main/accounts/{id}")["account"]["did"] for name, id in named.items()}
    return {
        **dids,
        **served.lives,
        "chain_id": network["chain_id"],
        "height": block["height"],
        "block_hash": block["hash"],
        "transaction": transaction["hash"],
        "recording": recording["id"],
        "manifest_root": recording["record"]["manifest_root"],
        "vehicle": vehicle,
        "owner": owner,
        "consent": consent["id"],
        "receipt": receipt["id"],
        "read_recording": receipt["record"]["recording"],
    }
