"""A refusal is how AutoChain says no to a user: numbered, in plain words, with the mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, TypeVar

T = TypeVar("T")


class Refusal(Exception):
    """Says no to a request of a user and names the remedy.

    `codespace` is the contract or part that refuses, `code` its number there, from 1; the pair is stable.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    @property
    def codespace(self) -> str:
        return self.reason.codespace

    @property
    def code(self) -> int:
        return self.reason.code

    @property
    def text(self) -> str:
        """What is refused, with the detail of this case."""
        return f"{self.reason.text} ({self.detail})" if self.detail else self.reason.text

    @property
    def remedy(self) -> str:
        return self.reason.remedy

    def __str__(self) -> str:
        return f"{self.text} {self.remedy} [{self.codespace}/{self.code}]"


@dataclass(frozen=True, slots=True)
class Reason:
    """One numbered reason to refuse, called to make the refusal: `raise TOO_POOR(f"{have} < {need}")`."""

    codespace: str
    code: int
    text: str
    remedy: str

    def __call__(self, detail: str = "") -> Refusal:
        return Refusal(self, detail)


class Broken(AssertionError):
    """A rule that AutoChain's own code must keep was broken: a programmer's error, never a user's."""


def ensure(condition: object, rule: str) -> None:
    """Stops at once when a rule of our own code does not hold; unlike `assert` it can't be switched off."""
    if not condition:
        broken(rule)


def present(value: T | None, rule: str) -> T:
    """Gives a value that our own code must have set by now."""
    return value if value is not None else broken(rule)


def broken(rule: str) -> NoReturn:
    """Stops: the named rule of our own code does not hold."""
    raise Broken(rule)
