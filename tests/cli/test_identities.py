"""DIDs, keys and wallets by the commands: resolving, rotating, protecting, carrying elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from homes import run_command
from homes.token import LABEL, PIN, make_token, tokens_in
from msgspec.structs import replace

from autochain.cli.options import SuiteName, suite_number
from autochain.onchain.crypto import SUITES
from autochain.wallet import TokenKey, exported, load
from cli.program import Program, refused

DID_KEY = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("a passphrase of some length\n")
    path.chmod(0o600)
    return path


def test_the_suites_that_a_command_names_are_those_of_the_chain() -> None:
    assert [suite_number(name) for name in SuiteName] == list(SUITES)


def test_rotated_keys_make_a_version_and_each_resolves(program: Program) -> None:
    before = program.json("account", "keys", "owner")
    assert (before["version"], before["lie_here"], before["next_promised"]) == (1, True, True)
    rotated = program.json("account", "rotate", "owner", "--days", "90")
    after = program.json("account", "keys", "owner")
    assert (after["version"], after["keys_expire"], after["keys_expired"]) == (2, rotated["keys_expire"], False)
    assert after["keys"] == [{"suite": "Ed25519", "key": rotated["key"]}]
    assert [version["keys"] for version in after["versions"]] == [before["keys"], after["keys"]]
    shown = program.json("account", "show", "owner")
    assert (shown["version"], shown["keys_expire"], shown["next_keys_promised"]) == (2, rotated["keys_expire"], True)

    present = program.json("did", "resolve", "owner")
    assert present["didDocumentMetadata"]["versionId"] == "2"
    assert rotated["key"] in str(present["didDocument"]["authentication"])
    first = program.json("did", "resolve", before["did"], "--version", "1")
    assert first["didDocumentMetadata"]["nextVersionId"] == "2"
    assert before["keys"][0]["key"] in str(first["didDocument"]["authentication"])
    assert program("did", "document", before["did"], "--version", "1").answer == first["didDocument"]
    told = program("did", "resolve", "owner").out
    assert f"did             {before['did']}\nversion         2\n" in told
    refused(program, "did", "resolve", "owner", "--version", "3", code="resolver/4", text="There is no such DID")
    refused(program, "did", "resolve", "owner", "--at", "1999-01-01", code="resolver/4", text="it was registered later")
    refused(program, "did", "resolve", "did:web:example.org", code="resolver/3", text="DIDs of this method")
    assert program.json("did", "resolve", DID_KEY)["didDocument"]["id"] == DID_KEY


def test_a_rotation_to_a_suite_that_the_chain_does_not_admit_is_refused(program: Program) -> None:
    refused(
        program,
        "account",
        "rotate",
        "--next-suite",
        "hybrid",
        code="ledger/21",
        text="does not admit keys of this suite",
    )
    assert program.json("account", "keys", "owner")["version"] == 1


def test_an_ended_account_is_ended_only_when_it_is_meant(program: Program) -> None:
    refused(program, "account", "revoke", "buyer", "--as", "buyer", code="cli/70", text="Nothing was ended")
    assert program.json("account", "revoke", "buyer", "--as", "buyer", "--yes")["ended"] == "revoked"
    shown = program.json("account", "show", "buyer")
    assert shown["active"] is False
    refused(program, "transfer", "owner", "1", "--as", "buyer", code="ledger/16", text="revoked")


def test_an_exported_wallet_comes_back_with_all_that_it_opens(program: Program, secret: Path, tmp_path: Path) -> None:
    out = tmp_path / "owner.wallet"
    words = ("wallet", "export", "owner", str(out), "--passphrase-file", str(secret))
    assert program.json(*words)["bytes"] == out.stat().st_size
    assert out.stat().st_mode & 0o777 == 0o600
    refused(program, *words, code="cli/6", text="There is such a file already.")
    take_in = ("wallet", "import", str(out), "--passphrase-file", str(secret))
    refused(program, *take_in, code="wallet/5", text="There is a party of this name already.")
    # Rotated since: the keys that follow are found again.
    rotated = program.json("account", "rotate", "owner")
    (program.home / "parties" / "owner" / "wallet.json").unlink()
    taken = program.json(*take_in)
    assert (taken["party"], taken["speaks"], taken["next_is_promised"]) == ("owner", True, True)
    assert taken["did"] == rotated["did"]
    assert program.json("data", "export", str(tmp_path / "mine.zip"))["parts"]
    secret.write_text("another passphrase\n")
    (program.home / "parties" / "owner" / "wallet.json").unlink()
    refused(program, *take_in, code="wallet/8", text="The passphrase does not open this.")
    secret.chmod(0o644)
    refused(program, *take_in, code="cli/76", text="others may read it")
    refused(program, "wallet", "import", str(tmp_path / "none"), code="cli/50", text="This file can't be read.")


def test_an_imported_wallet_does_not_choose_the_library_of_its_token(
    program: Program, secret: Path, tmp_path: Path
) -> None:
    owner, out = load(program.home / "parties", "owner"), tmp_path / "card.wallet"
    card = TokenKey(owner.public_key, "/tmp/planted.so", "vehicle", "signing", "2468")
    out.write_bytes(exported(replace(owner, name="card", key=card), passphrase=secret.read_bytes().strip()))
    take_in = ("wallet", "import", str(out), "--passphrase-file", str(secret))
    refused(program, *take_in, code="wallet/14", text="choose the library")
    refused(program, "wallet", "show", "card", code="wallet/1", text="There is no such party here.")
    assert program.json(*take_in, "--module", "/usr/lib/mine.so")["lies_in"] == "a token"
    assert load(program.home / "parties", "card").key == replace(card, module="/usr/lib/mine.so")


def test_wallets_are_put_under_a_passphrase(program: Program, secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(program, "wallet", "protect", code="cli/74", text="There is no terminal")
    assert program.json("wallet", "protect", "--passphrase-file", str(secret))["protected"] is True
    refused(program, "transfer", "buyer", "1", code="wallet/7", text="protected by a passphrase")
    monkeypatch.setenv("AUTOCHAIN_PASSPHRASE_FILE", str(secret))
    assert program.json("transfer", "buyer", "1")["amount"] == "1 ACC"
    assert program.json("wallet", "protect", "--none")["protected"] is False
    monkeypatch.delenv("AUTOCHAIN_PASSPHRASE_FILE")
    assert program.json("wallet", "show", "owner")["speaks"] is True


def test_a_passphrase_is_typed_twice_and_unseen(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["the first one", "not the same"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    refused_once = program("wallet", "protect", "--format", "json")
    assert refused_once.answer["error"]["code"] == "cli/75"
    typed = iter(["short", "short"])
    assert program("wallet", "protect", "--format", "json").answer["error"]["code"] == "cli/76"


def test_wallets_are_shown_without_anything_secret(program: Program) -> None:

    one = program("wallet", "show", "owner", "--format", "json").out
    every = program("wallet", "show").out
    wallet = load(program.home / "parties", "owner")
    for hidden in (wallet.encryption, wallet.secret, wallet.salt):
        assert hidden.hex() not in one + every
    assert "this file" in every
    refused(program, "wallet", "show", "nobody", code="wallet/1", text="There is no such party here.")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Makes a token of SoftHSM; gives the library by which it is reached."""
    module = tokens_in(tmp_path, monkeypatch)
    make_token()
    return module


def test_a_party_speaks_by_a_key_in_a_token(home: Path, token: str, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    pin.chmod(0o600)

    def run(*words: str) -> dict[str, object]:
        # Each in a process of its own, for one reads where its tokens lie only once.
        ended = run_command(home, *words, "--format", "json")
        answer: dict[str, object] = json.loads(ended.stdout)
        return answer

    words = ("--module", token, "--token", LABEL, "--label", "signing", "--pin-file", str(pin))
    for foreign in ("p256", "hybrid"):
        assert run("wallet", "token", "owner", *words, "--suite", foreign)["error"]["code"] == "ledger/21"  # type: ignore[index]
    # Nothing was made in the token then: its label is free.
    made = run("wallet", "token", "owner", *words)
    assert (made["lies_in"], made["token"], made["key_label"], made["speaks"]) == (
        "a token",
        LABEL,
        "signing",
        True,
    )
    assert run("transfer", "buyer", "1")["amount"] == "1 ACC"
    keys = run("account", "keys", "owner")
    assert (keys["version"], keys["next_promised"], made["next_lies_in"]) == (3, False, None)
    # Guardians are named by the key that speaks, which stays.
    assert run("account", "set-guardians", "buyer", "ido", "foundation")["new_keys"] is False
    shown = run("wallet", "show", "owner")
    assert (shown["lies_in"], shown["speaks"]) == ("a token", True)
    assert PIN not in json.dumps(shown)
    pin.write_text("1111")
    assert run("wallet", "token", "owner", *words)["error"]["code"] == "wallet/11"  # type: ignore[index]
