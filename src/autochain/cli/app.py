"""All commands by name."""

from __future__ import annotations

import typer

from . import accounts, blocks, consents, project, recordings, replaying, starting

app = typer.Typer(
    name="autochain",
    no_args_is_help=False,
    invoke_without_command=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Vehicles and those around them share data that they can prove, keep private and get paid for.",
)
app.callback(invoke_without_command=True)(starting.start)
app.command("replay")(replaying.replay)
app.add_typer(recordings.app, name="recording")
app.add_typer(consents.app, name="consent")
app.add_typer(accounts.app, name="account")
app.command("transfer")(accounts.transfer)
app.add_typer(blocks.app, name="block")
app.command("test")(project.run_tests)
app.command("bench")(project.bench)
app.command("reset")(starting.reset)


@app.command("help")
def help_(context: typer.Context) -> None:
    """Says what there is to do."""
    if context.parent is not None:
        print(context.parent.get_help())
