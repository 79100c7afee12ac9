"""All commands by name."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

from typer.main import get_command

from . import (
    access,
    accounts,
    blocks,
    building,
    certificates,
    checking,
    consents,
    creating,
    credentials,
    doctor,
    helping,
    identities,
    lives,
    passports,
    products,
    project,
    reading,
    recordings,
    release,
    replaying,
    rights,
    security,
    starting,
    vaults,
    vehicles,
    wallets,
    watching,
)
from .groups import examples, group

app = group(
    """Vehicles and those around them share data that they can prove, keep private and get paid for.

    Without a command, starts the network and lets a few simulated cars drive, record, sell and earn on it; Ctrl-C ends
    it. The options below are for this start; each command has its own.
    """,
    "",
    "--port 0 --cars 1",
    "replay drives.csv",
    "recording list",
    "help recording read",
)
app.callback(invoke_without_command=True)(starting.start)
app.command(
    "replay",
    epilog=examples("replay drives.csv", "replay log.csv --mapping log.toml --price 0.25 --format json"),
)(replaying.replay)
recordings.app.command(
    "read",
    epilog=examples(
        "recording read 8f0c27d1a5e4 --purpose research",
        "recording read 8f0c27 --purpose resale --category motion --out a.csv",
    ),
)(reading.read)
app.add_typer(recordings.app, name="recording")
app.add_typer(consents.app, name="consent")
app.command("sharing-list", epilog=examples("sharing-list", "sharing-list --as owner-01 --format json"))(
    rights.sharing_list
)
app.add_typer(rights.app, name="data")
app.add_typer(products.app, name="product")
app.add_typer(release.app, name="release")
app.add_typer(vaults.app, name="vault")
for part in (lives.app, passports.app):
    vehicles.app.add_typer(part)
vehicles.app.add_typer(security.app, name="security")
app.add_typer(vehicles.app, name="vehicle")
app.add_typer(accounts.app, name="account")
app.command("transfer", epilog=examples("transfer buyer 2.5", "transfer owner 0.25 --as buyer"))(accounts.transfer)
app.add_typer(identities.app, name="did")
app.add_typer(wallets.app, name="wallet")
app.add_typer(credentials.app, name="credential")
app.add_typer(certificates.app, name="certificate")
app.add_typer(access.app, name="access")
app.add_typer(blocks.app, name="block")
app.command("watch", epilog=examples("watch", "watch --once", "watch --format json"))(watching.watch)
app.command("check", epilog=examples("check", "check --format json"))(checking.check)
app.command("replay-blocks", epilog=examples("replay-blocks", "replay-blocks --home /tmp/copy --format json"))(
    checking.replay_blocks
)
app.command(
    "test",
    epilog=examples("test", "test --soak", "test tests/onchain -k tree"),
    context_settings={"ignore_unknown_options": True},
)(project.run_tests)
app.command("bench", epilog=examples("bench", "bench data --quick --format json"))(project.bench)
app.add_typer(creating.app, name="new")
app.command("docs", epilog=examples("docs"))(building.docs)
app.command("console", epilog=examples("console", "console --check"))(building.console)
app.command("doctor", epilog=examples("doctor", "doctor --home /tmp/try --format json"))(doctor.doctor)
app.command("reset", epilog=examples("reset", "reset --yes --home /tmp/try"))(starting.reset)
app.command("help", epilog=examples("help", "help recording read", "help --format json"))(helping.help_)


@cache
def program(first: str = "") -> Any:
    """Gives the commands as one program: only the one, or the group, that the first word names, or else all.

    To put all of them together takes longer than most of them run.
    """
    named = copy(app)
    named.registered_groups = [each for each in app.registered_groups if each.name == first]
    named.registered_commands = [each for each in app.registered_commands if each.name == first]
    found = named.registered_groups or named.registered_commands
    return get_command(named if found and first != "help" else app)
