"""Answers that are asked for once and kept, or asked for each time and the newest kept.

Never keeps that there was no answer.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_Value = TypeVar("_Value")


class Once:
    """What was asked, and what was answered."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Any] = {}

    def __call__(self, what: Hashable, ask: Callable[[], _Value]) -> _Value:
        """Return an answer, asked for unless it is known."""
        if what not in self._answers:
            self._answers[what] = ask()
        found: _Value = self._answers[what]
        return found

    def get(self, what: Hashable) -> Any:
        """Return what was answered, None where nothing was asked."""
        return self._answers.get(what)

    def is_nothing(self, what: Hashable) -> bool:
        """Say whether the answer was that there is nothing."""
        return what in self._answers and self._answers[what] is None


class Newest(Once):
    """What was asked, and what was answered last: everything is asked for each time."""

    def __call__(self, what: Hashable, ask: Callable[[], _Value]) -> _Value:
        """Return an answer as it is now."""
        found = self._answers[what] = ask()
        return found
