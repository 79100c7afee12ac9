"""For whom a registrar evaluates: each attempt of somebody else, and its refusal by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import refuses
from msgspec.structs import replace

from autochain.onchain.codec import NOT_DECODABLE, encode
from autochain.onchain.contracts.credentials import AUTHORITIES
from autochain.onchain.contracts.identity import IDENTITIES, Revoke
from autochain.onchain.crypto import voprf as verifying
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.refusals import Broken
from autochain.privacy.voprf import NOT_BLINDED, KeyShare
from autochain.services.registrar import EVALUATIONS_PER_DAY, Quota, errors, keep_share, load_share
from autochain.services.registrar.quota import DAY_MS, MAX_PER_DAY
from autochain.services.registrar.records import EVALUATE

from .registry import PER_DAY, Registry, play, signed

DIGEST = bytes(32)


def test_an_authority_for_vehicles_is_answered_with_proof(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        request = await registry.request(2)
        answer = await registry.registrars[2].evaluate(request)
        public = registry.keys.shares[1]
        assert verifying.verify(public, [request.blinded], [answer.element], answer.proof)

    play(tmp_path, story)


def test_neither_a_stranger_nor_an_authority_for_something_else_is_answered(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        registrar = registry.registrars[1]
        for other in ("stranger", "insurers"):
            with refuses(errors.NOT_AUTHORITY):
                await registrar.evaluate(await registry.request(by=other))
            with refuses(errors.NOT_SIGNED):
                await registrar.evaluate(signed(await registry.request(), registry.wallets[other]))
            other_roles = (await registry.client.prove(AUTHORITIES, registry.wallets[other].account)).proved
            with refuses(ledger_errors.NOT_PROVED):
                await registrar.evaluate(await registry.request(authority_proof=other_roles))
        roles = (await registry.client.prove(AUTHORITIES, registry.wallets["authority"].account)).proved
        with refuses(ledger_errors.NOT_PROVED):
            await registrar.evaluate(await registry.request(by="stranger", authority_proof=roles))
        nobody = (await registry.client.prove(IDENTITIES, bytes(20))).proved
        with refuses(errors.NOT_AUTHORITY):
            await registrar.evaluate(await registry.request(authority=bytes(20), identity_proof=nobody))

    play(tmp_path, story)


def test_a_request_without_enough_signatures_is_refused(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        registrar, wallet = registry.registrars[1], registry.wallets["authority"]
        good = await registry.request()
        (signature,) = good.signatures
        for signatures in [
            (),
            (signature, signature),
            (replace(signature, key=1),),
            (signature, replace(signature, key=1)),
            (replace(signature, data=b""),),
        ]:
            with refuses(errors.NOT_SIGNED):
                await registrar.evaluate(replace(good, signatures=signatures))
        for changed in [
            replace(good, time_ms=good.time_ms + 1),
            replace(good, blinded=verifying.hash_to_group(b"another")),
        ]:
            with refuses(errors.NOT_SIGNED):
                await registrar.evaluate(changed)
        await registrar.evaluate(signed(good, wallet))

    play(tmp_path, story)


def test_a_request_to_one_registrar_or_chain_serves_at_no_other(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        request = await registry.request(1)
        with refuses(errors.OTHER_REGISTRAR):
            await registry.registrars[2].evaluate(request)
        with refuses(errors.NOT_SIGNED):
            await registry.registrars[2].evaluate(replace(request, registrar=2))
        with refuses(errors.OTHER_REGISTRAR):
            await registry.registrars[1].evaluate(await registry.request(chain_id="main-other"))

    play(tmp_path, story)


def test_a_revoked_authority_is_refused(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        wallet = registry.wallets["authority"]
        before = await registry.request()
        change = wallet.rotated(promises=False)
        await registry.client.send(change.signer, change.message, Revoke(wallet.account))
        with refuses(errors.NOT_AUTHORITY):
            await registry.registrars[1].evaluate(await registry.request())
        # An older proof serves for as long as its header is fresh, as at the release.
        await registry.registrars[1].evaluate(before)

    play(tmp_path, story)


def test_a_request_serves_for_thirty_seconds_and_not_before_its_time(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        registrar, now_ms = registry.registrars[1], registry.clock()
        for age_ms in (30_000, -5_000):
            await registrar.evaluate(await registry.request(time_ms=now_ms - age_ms))
        for age_ms in (30_001, -5_001, now_ms):
            with refuses(errors.STALE_REQUEST):
                await registrar.evaluate(await registry.request(time_ms=now_ms - age_ms))

    play(tmp_path, story)


@pytest.mark.parametrize("name", ["identity_proof", "authority_proof"])
def test_a_proof_serves_for_thirty_seconds(tmp_path: Path, name: str) -> None:
    async def story(registry: Registry) -> None:
        registrar, old = registry.registrars[1], await registry.request()
        registry.clock.advance(29_000)
        await registry.make_block()
        await registrar.evaluate(await registry.request(**{name: getattr(old, name)}))
        registry.clock.advance(2_000)
        await registry.make_block()
        with refuses(ledger_errors.STALE_HEADER):
            await registrar.evaluate(await registry.request(**{name: getattr(old, name)}))

    play(tmp_path, story)


def test_a_request_is_answered_once_even_after_a_restart(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        request = await registry.request()
        await registry.registrars[1].evaluate(request)
        for registrar in (registry.registrars[1], registry.open(1)):
            with refuses(errors.REPLAYED):
                await registrar.evaluate(request)
            with refuses(errors.REPLAYED):
                await registrar.evaluate(signed(request, registry.wallets["authority"]))

    play(tmp_path, story)


def test_an_authority_is_answered_so_often_a_day_and_no_more_even_after_a_restart(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        for count in range(PER_DAY):
            await registry.open(1).evaluate(await registry.request(time_ms=registry.clock() - count))
        for registrar in (registry.registrars[1], registry.open(1)):
            with refuses(errors.TOO_MANY):
                await registrar.evaluate(await registry.request(time_ms=registry.clock() - PER_DAY))
        await registry.registrars[2].evaluate(await registry.request(2))
        registry.clock.advance(DAY_MS)
        await registry.make_block()
        await registry.registrars[1].evaluate(await registry.request())

    play(tmp_path, story)


@pytest.mark.parametrize("element", [bytes(32), b"\xff" * 32, b"\x01" + bytes(31)])
def test_nothing_is_evaluated_that_is_no_blinded_element(tmp_path: Path, element: bytes) -> None:
    async def story(registry: Registry) -> None:
        with refuses(NOT_BLINDED):
            await registry.registrars[1].evaluate(await registry.request(blinded=element))
        assert not list(tmp_path.glob("1/quota/*"))

    play(tmp_path, story)


def test_what_was_refused_costs_nothing_of_the_quota(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        with refuses(errors.NOT_SIGNED):
            await registry.registrars[1].evaluate(signed(await registry.request(), registry.wallets["stranger"]))
        assert not list(tmp_path.glob("1/quota/*"))
        await registry.registrars[1].evaluate(await registry.request())
        assert [path.name for path in tmp_path.glob("1/quota/*")] == [registry.wallets["authority"].account.hex()]

    play(tmp_path, story)


def test_what_is_no_request_at_all_is_refused_over_http(tmp_path: Path) -> None:
    async def story(registry: Registry) -> None:
        good = encode(await registry.request())
        assert encode(EVALUATE.decode(good)) == good
        async with registry.over_http() as reached:
            for body in (b"", good[:-1], good + b"\x00", b"\xc1"):
                with refuses(NOT_DECODABLE):
                    await reached[1]._http.request("POST", "/registrars/1/evaluate", body)

    play(tmp_path, story)


def test_a_quota_is_each_accounts_own_and_a_clock_set_back_begins_no_day_anew(tmp_path: Path) -> None:
    quota, now_ms = Quota(tmp_path, per_day=2), 20_000 * DAY_MS
    for number in range(2):
        quota.spend(b"a", bytes([number]) * 32, time_ms=now_ms, now_ms=now_ms)
    quota.spend(b"b", DIGEST, time_ms=now_ms, now_ms=now_ms)
    for at_ms in (now_ms, now_ms - 1, now_ms - DAY_MS, now_ms + DAY_MS - 1):
        with refuses(errors.TOO_MANY):
            quota.spend(b"a", b"\x09" * 32, time_ms=at_ms, now_ms=at_ms)
    quota.spend(b"a", b"\x09" * 32, time_ms=now_ms + DAY_MS, now_ms=now_ms + DAY_MS)


def test_a_quota_remembers_a_request_as_long_as_it_would_pass_as_fresh(tmp_path: Path) -> None:
    quota, now_ms = Quota(tmp_path), 20_000 * DAY_MS
    ahead_ms = now_ms + 5_000
    quota.spend(b"a", DIGEST, time_ms=ahead_ms, now_ms=now_ms)
    for at_ms in (now_ms, ahead_ms + 30_000):
        with refuses(errors.REPLAYED):
            quota.spend(b"a", DIGEST, time_ms=ahead_ms, now_ms=at_ms)
    (path,) = tmp_path.iterdir()
    length = len(path.read_bytes())
    quota.spend(b"a", b"\x01" * 32, time_ms=ahead_ms + 30_001, now_ms=ahead_ms + 30_001)
    assert len(path.read_bytes()) == length


def test_a_quota_that_can_not_be_read_is_taken_for_spent(tmp_path: Path) -> None:
    quota = Quota(tmp_path)
    (tmp_path / b"a".hex()).write_bytes(b"garbage")
    with refuses(errors.BAD_QUOTA):
        quota.spend(b"a", DIGEST, time_ms=0, now_ms=0)
    (tmp_path / b"b".hex()).mkdir()
    with refuses(errors.BAD_QUOTA):
        quota.spend(b"b", DIGEST, time_ms=0, now_ms=0)


@pytest.mark.parametrize("per_day", [0, -1, MAX_PER_DAY + 1])
def test_a_quota_without_bounds_can_not_be_set_up(tmp_path: Path, per_day: int) -> None:
    assert EVALUATIONS_PER_DAY <= MAX_PER_DAY
    with pytest.raises(Broken):
        Quota(tmp_path, per_day=per_day)


def test_a_share_lies_in_a_file_of_its_registrar_alone(tmp_path: Path) -> None:
    path, share = tmp_path / "registrar" / "share", KeyShare(255, b"\x05" * 32)
    keep_share(path, share)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert load_share(path) == share
    path.chmod(0o640)
    with refuses(errors.SHARE_OPEN):
        load_share(path)


def test_a_share_that_is_missing_or_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "share"
    with refuses(errors.NO_SHARE):
        load_share(path)
    keep_share(path, KeyShare(1, b"\x05" * 32))
    good = path.read_bytes()
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with refuses(errors.NO_SHARE):
            load_share(path)
    keep_share(path, KeyShare(1, b"\xff" * 32))
    with refuses(errors.NO_SHARE):
        load_share(path)
