"""Benches report in one form."""

import json

import pytest

from bench.cases import Case, interleaved, main


def test_a_bench_prints_one_object_with_its_cases(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "--quick", "--json"])
    main("sample", lambda quick: [Case("fast" if quick else "slow", 2.0, "x/s", "raw", 0.5, 0.25)])
    printed = json.loads(capsys.readouterr().out)
    assert printed == {
        "bench": "sample",
        "cases": [{"case": "fast", "value": 2.0, "unit": "x/s", "against": "raw", "ratio": 0.5, "goal": 0.25}],
    }


def test_sides_are_measured_in_turn_and_each_gives_its_median() -> None:
    order: list[str] = []
    first, second = iter([3.0, 1.0, 2.0]), iter([30.0, 10.0, 20.0])

    def left() -> float:
        order.append("left")
        return next(first)

    def right() -> float:
        order.append("right")
        return next(second)

    assert interleaved([left, right], rounds=3) == [2.0, 20.0]
    assert order == ["left", "right"] * 3
