"""How long requests of a kind take at a service, before they are sent.

Never knows what a kind is; its name is enough.
"""

from typing import Final

_FIRST: Final = 0.1  # seconds, before any answer came
_LATELY: Final = 0.2  # how much one answer counts
_MOST_KINDS: Final = 500


class Expected:
    """What the last answers took, by kind of request; not safe for several threads."""

    def __init__(self) -> None:
        self._by_kind: dict[str, float] = {}
        self._any = _FIRST

    def of(self, kind: str) -> float:
        """Return the seconds to expect; of a kind that is new, those of all others."""
        return self._by_kind.get(kind, self._any)

    def note(self, kind: str, seconds: float) -> None:
        """Learn from an answer."""
        self._any += _LATELY * (seconds - self._any)
        before = self._by_kind.pop(kind, seconds)
        self._by_kind[kind] = before + _LATELY * (seconds - before)
        if len(self._by_kind) > _MOST_KINDS:
            del self._by_kind[next(iter(self._by_kind))]
