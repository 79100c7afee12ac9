"""A chain begins as its file says, and a file that can't be used is named."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import pytest
from homes import Clock, refuses

from autochain.network import Home, Network, chain_file, open_network
from autochain.network.errors import BAD_CHAIN_FILE
from autochain.onchain.contracts.credentials import AUTHORITIES
from autochain.onchain.contracts.identity import GetIdentity
from autochain.onchain.contracts.mining.state import TERMS
from autochain.onchain.contracts.token import ALLOCATIONS
from autochain.onchain.ids import contract_account
from autochain.onchain.refusals import Refusal, present
from autochain.onchain.units import TOTAL_SUPPLY_UACC, UACC_PER_ACC

MAIN = (Path(chain_file.__file__).parents[3] / "chains" / "main.toml").read_text()


def test_the_main_chain_begins_as_its_file_says(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home"), clock=Clock()) as network:
            await check_allocations(network)
            client = network.client
            spec = client.dispatcher.spec
            assert spec.fees_to == network.wallet("operation").account
            assert (spec.max_header_age_ms, spec.suites, spec.guards) == (10_000, (1,), ())
            assert [name for name, _ in spec.contracts] == tomllib.loads(MAIN)["contracts"]
            assert spec.bindings == (("accounts", "identity"), ("money", "token"))
            authority = (await client.prove(AUTHORITIES, network.wallet("registrar").account)).record
            assert "vehicle" in authority.roles
            terms = (await client.prove(TERMS)).record
            assert (terms.rate_uacc_per_point, terms.points_per_device) == (1_000, 100_000)
            for name in ("foundation", "ido", "technology", "operation", "registrar", "release"):
                wallet = network.wallet(name)
                identity = present(await client.ask(GetIdentity(wallet.account)), "it stands at genesis")
                assert (identity.keys, identity.encryption_key) == ((wallet.public_key,), wallet.encryption_key)
            assert await client.ask(GetIdentity(network.wallet("validator").account)) is None

    asyncio.run(run())


async def check_allocations(network: Network) -> None:
    """Sees the five allocations with their shares of 300,000,000 ACC."""
    shares = {"mining": 43.0, "ido": 20.0, "technology": 12.5, "operation": 9.5, "foundation": 15.0}
    assert sum(shares.values()) == 100
    assert TOTAL_SUPPLY_UACC == 300_000_000 * UACC_PER_ACC
    for name, percent in shares.items():
        account = contract_account(name) if name == "mining" else network.wallet(name).account
        amount_uacc = int(percent * 3_000_000) * UACC_PER_ACC
        allocation = (await network.client.prove(ALLOCATIONS, name)).record
        assert (allocation.account, allocation.amount_uacc) == (account, amount_uacc)
        assert await network.client.balance_uacc(account) == amount_uacc


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(("name =", "name"), "Expected", id="no TOML"),
        pytest.param(('engine = "embedded"', 'engine = "rocket"'), "rocket is not known", id="unknown engine"),
        pytest.param(('"token",', '"tokens",'), "tokens is not known", id="unknown contract"),
        pytest.param(("suites = [1]", "suites = ['one']"), r"Expected `int`.*suites", id="wrong type"),
        pytest.param(("guards", "guard"), "guard", id="unknown field"),
        pytest.param(('fees_to = "operation"', ""), "fees_to", id="missing field"),
        pytest.param(("suites = [1]", "suites = [1, 99]"), "suite 99 is not known", id="unknown suite"),
        pytest.param(("suites = [1]", "suites = []"), "suites", id="no suite"),
        *(
            pytest.param(("[bind]", f'[members_at]\nrelease = "{address}"\n[bind]'), "members_at, release", id=address)
            for address in ("28452", ":28452", "127.0.0.1:notaport", "::1", "127.0.0.1:99999")
        ),
        pytest.param(("history_heights = 1_000", "history_heights = 0"), "history_heights", id="no history"),
        *(
            pytest.param(("[bind]", f"[limits]\n{limit}\n[bind]"), named, id=limit)
            for limit, named in (
                ("hight = 1", "limit hight is not known"),
                ("free_per_block = 0", "free_per_block"),
                ("timers_per_block = 0", "timers_per_block"),
                ("block_bytes = 65_535", "room for any one transaction"),
                ("block_weight = 199_999", "room for any one transaction"),
            )
        ),
    ],
)
def test_a_chain_file_that_can_not_be_used_is_named_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], named: str
) -> None:
    assert change[0] in MAIN
    (tmp_path / "main.toml").write_text(MAIN.replace(*change, 1))
    monkeypatch.setattr(chain_file, "_folder", lambda: tmp_path)
    with pytest.raises(Refusal, match=rf"main\.toml.*{named}.*\[network/4\]"):
        chain_file.load("main")


def test_a_chain_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(chain_file, "_folder", lambda: tmp_path)
    with refuses(BAD_CHAIN_FILE):
        chain_file.load("side")
