"""How the outcome of a replay is told."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .answers import cell, show_table
from .words import short

if TYPE_CHECKING:
    from ..edge.gateways.csv import FileReport
    from ..network import Replayed
    from ..signals import Report

COLUMNS = 78


def answer(done: Sequence[Replayed], report: FileReport) -> dict[str, Any]:
    """Gives what became of a file, as JSON shows it; never what a dropped cell held."""
    found: dict[str, Any] = {
        "recordings": [_drive_facts(drive) for drive in done],
        "verified": sum(drive.verified for drive in done),
        "dropped": [
            {"reason": rule.sentence, "signal": signal or None, "count": case.count, "first_line": case.line}
            for (rule, signal), case in report.cleaning.dropped.items()
        ],
    }
    if report.refused:
        found["refused"] = [
            {"first_line": drive.first_line or None, "rows": drive.rows, "reason": str(drive.refusal)}
            for drive in report.refused
        ]
        found["refused_more"] = report.refused_more
    return found


def _drive_facts(drive: Replayed) -> dict[str, Any]:
    """Gives what became of a drive, as JSON shows it."""
    from ..onchain.units import UACC_PER_ACC

    return {
        "vehicle": drive.vehicle,
        "points_kept": drive.points,
        "points_dropped": drive.report.rows_dropped,
        "km": round(drive.km, 6),
        "litres": round(drive.litres, 6),
        "hash": drive.recorded.manifest_root.hex(),
        "height": drive.recorded.height,
        "reward": drive.recorded.reward_uacc / UACC_PER_ACC,
        "price": drive.price_uacc / UACC_PER_ACC,
        "buyer": drive.buyer,
        "receipt": drive.receipt.hex(),
        "verified": drive.verified,
        "recording": drive.recorded.recording.hex(),
        "known": drive.recorded.known,
    }


def tell(done: Sequence[Replayed], report: FileReport) -> None:
    """Tells people what became of each drive, and what cleaning dropped."""
    if done:
        _tell_drives(done)
    for line in _dropped(report.cleaning):
        print(line)


def _tell_drives(done: Sequence[Replayed]) -> None:
    from ..onchain.units import acc

    show_table([_row(drive) for drive in done], shorten="vehicle", right=["km", "litres", "reward", "price"])
    known = sum(drive.recorded.known for drive in done)
    earned = acc(sum(drive.recorded.reward_uacc for drive in done))
    points, km = sum(drive.points for drive in done), sum(drive.km for drive in done)
    print(f"\n{len(done)} recordings, {points} points, {km:.1f} km; rewards of {earned} ACC in all.")
    verified = sum(drive.verified for drive in done)
    print(f"{verified} of {len(done)} recordings and receipts hold against a header by their proofs.")
    if known:
        print(f"{known} of them were on the chain already, and were not committed again.")


def _row(drive: Replayed) -> dict[str, Any]:
    from ..onchain.units import acc

    return {
        "vehicle": drive.vehicle,
        "kept": drive.points,
        "dropped": drive.report.rows_dropped,
        "km": f"{drive.km:.2f}",
        "litres": f"{drive.litres:.3f}",
        "hash": short(drive.recorded.manifest_root.hex()),
        "height": drive.recorded.height,
        "reward": acc(drive.recorded.reward_uacc),
        "price": acc(drive.price_uacc),
        "verified": drive.verified,
    }


def _dropped(report: Report) -> Iterator[str]:
    """Says what cleaning dropped and why: a line for each reason, and beneath it the signals; never a value."""
    reasons = sorted({rule for rule, _ in report.dropped}, key=lambda rule: rule.number)
    if reasons:
        yield "Cleaning dropped:"
    for reason in reasons:
        cases = {signal: case for (rule, signal), case in report.dropped.items() if rule is reason}
        count, line = sum(case.count for case in cases.values()), min(case.line for case in cases.values())
        yield f"{count:>6} × {reason.sentence}, first in line {line}"
        signals = ", ".join(f"{name.removeprefix('Vehicle.')} {cases[name].count}" for name in sorted(cases) if name)
        if signals:
            yield textwrap.fill(cell(signals), COLUMNS, initial_indent=" " * 9, subsequent_indent=" " * 9)


def troubles(done: Sequence[Replayed], report: FileReport, stops: Sequence[str]) -> list[str]:
    """Says what was not taken in and why; a drive is named by its line, since its vehicle's name may be a VIN."""
    lines = [
        f"Not taken in: {f'the drive from line {drive.first_line} on' if drive.first_line else 'a drive'}, "
        f"{drive.rows} rows. {drive.refusal}"
        for drive in report.refused
    ]
    if report.refused_more:
        lines.append(f"Not taken in: {report.refused_more} more drives, refused as well.")
    ends = [*([str(report.stopped)] if report.stopped else []), *stops]
    lines += [f"Stopped: {end}" for end in ends]
    if not done and not lines:
        lines.append("No drive was found in it. Let --mapping say what the file's columns are, if they are others.")
    if ends and done:
        lines.append("What was taken in before that is kept; replay the file again to go on from there.")
    return lines
