"""The webhook verifiers in force, from Key Vault, remembered for a while.

Never lets a stranger's request cause more than one look into the vault per path and pause.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.core.identity import verifier_secret
from shared.sync.remembered import Remembered

if TYPE_CHECKING:
    from shared.sync.ports import Secrets

logger = logging.getLogger(__name__)

REMEMBERED = timedelta(minutes=5)
PAUSE = timedelta(seconds=5)
# Deliveries signed with the verifier before may still be under way, and are repeated for a while.
HONOURED = timedelta(days=1)


@dataclass(frozen=True)
class _Verifier:
    value: str = field(repr=False)
    until: datetime | None = None


class Verifiers:
    """Reads and replaces the verifiers of callbacks; the previous one stays valid for a day."""

    def __init__(self, *, secrets: "Secrets", clock: Callable[[], datetime]) -> None:
        self._secrets = secrets
        self._clock = clock
        # Whoever comes while one looks waits for what it finds: a flood costs one look.
        self._known = Remembered(
            self._read,
            clock,
            keep=REMEMBERED,
            keep_missing=PAUSE,
            pause=PAUSE,
            one_at_a_time=True,
        )

    def get(self, business: str, noun: str, *, again: bool = False) -> list[str]:
        """Return the verifiers in force, newest first; empty when there is none.

        Args:
            business: its FreshBooks account id.
            noun: the callback's noun.
            again: the remembered ones did not fit; look again unless that was just done.

        Raises:
            ConnectorError: the vault cannot be read; it is not asked again for a pause.
        """
        known = self._known.get(verifier_secret(business, noun), again=again)
        now = self._clock()
        return [each.value for each in known if each.until is None or each.until > now]

    def replace(self, business: str, noun: str, verifier: str) -> None:
        """Put a verifier in force that FreshBooks accepted; the one before stays valid a day."""
        name = verifier_secret(business, noun)
        stored = self._read(name)
        if stored and stored[0].value == verifier:
            return
        until = self._clock() + HONOURED
        before = [replace(old, until=old.until or until) for old in stored if old.value != verifier]
        self._secrets.set(name, _write([_Verifier(verifier), *before[:1]]))
        self._known.forget(name)

    def _read(self, name: str) -> list[_Verifier]:
        found = _parse(self._secrets.get(name))
        if not found.whole:
            logger.warning("The secret %s holds verifiers that are not as we write them.", name)
        return found.verifiers


@dataclass(frozen=True)
class _Parsed:
    verifiers: list[_Verifier]
    whole: bool = True


def _parse(text: str | None) -> _Parsed:
    """Read a secret's JSON: a list of verifiers, each with the end of its validity or null.

    One that somebody changed by hand, or another release wrote, counts as none: where none is left
    the webhook is verified again.
    """
    if not text:
        return _Parsed([])
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        return _Parsed([], whole=False)
    verifiers = [verifier for each in found if (verifier := _verifier(each)) is not None]
    return _Parsed(verifiers, whole=len(verifiers) == len(found))


def _verifier(found: object) -> _Verifier | None:
    if not isinstance(found, dict):
        return None
    try:
        value, until = found["verifier"], found["until"]
        value.encode()  # half a character signs nothing
        moment = datetime.fromisoformat(until) if until is not None else None
    except (AttributeError, LookupError, TypeError, ValueError):
        return None
    naive = moment is not None and moment.tzinfo is None
    return _Verifier(value, moment) if value and not naive else None


def _write(verifiers: list[_Verifier]) -> str:
    return json.dumps(
        [
            {"verifier": each.value, "until": each.until.isoformat() if each.until else None}
            for each in verifiers
        ]
    )
