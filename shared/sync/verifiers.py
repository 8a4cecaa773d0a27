"""The webhook verifiers in force, from Key Vault, remembered for a while.

Never lets a stranger's request cause more than one look into the vault per path and pause.
"""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.core.identity import verifier_secret
from shared.errors import ConnectorError
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

    def __init__(self, *, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._secrets = secrets
        self._clock = clock
        self._known: dict[str, tuple[datetime, list[_Verifier]]] = {}
        self._failed: dict[str, tuple[datetime, ConnectorError]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, business: str, noun: str, *, again: bool = False) -> list[str]:
        """Return the verifiers in force, newest first; empty when there is none.

        Args:
            business: its FreshBooks account id.
            noun: the callback's noun.
            again: the remembered ones did not fit; look again unless that was just done.

        Raises:
            ConnectorError: the vault cannot be read; it is not asked again for a pause.
        """
        name = verifier_secret(business, noun)
        known = self._known.get(name)
        if known is not None and self._holds(known, again=again):
            return self._in_force(known[1])
        # Whoever comes while one looks waits for what it finds: a flood costs one look.
        with self._lock_of(name):
            known = self._known.get(name)
            if known is not None and self._holds(known, again=again):
                return self._in_force(known[1])
            if (failure := self._failed.get(name)) and self._clock() - failure[0] < PAUSE:
                raise failure[1]
            try:
                found = _read(self._secrets.get(name))
            except ConnectorError as error:
                self._failed[name] = (self._clock(), error)
                raise
            self._known[name] = (self._clock(), found)
            return self._in_force(found)

    def _in_force(self, verifiers: list[_Verifier]) -> list[str]:
        now = self._clock()
        return [each.value for each in verifiers if each.until is None or each.until > now]

    def _holds(self, known: tuple[datetime, list[_Verifier]], *, again: bool) -> bool:
        """Say whether what is remembered is to be used without another look."""
        age = self._clock() - known[0]
        return age < PAUSE or (age < REMEMBERED and bool(known[1]) and not again)

    def _lock_of(self, name: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(name, threading.Lock())

    def replace(self, business: str, noun: str, verifier: str) -> None:
        """Put a verifier in force that FreshBooks accepted; the one before stays valid a day."""
        name = verifier_secret(business, noun)
        stored = _read(self._secrets.get(name))
        if stored and stored[0].value == verifier:
            return
        until = self._clock() + HONOURED
        before = [replace(old, until=old.until or until) for old in stored if old.value != verifier]
        self._secrets.set(name, _write([_Verifier(verifier), *before[:1]]))
        self._known.pop(name, None)


def _read(text: str | None) -> list[_Verifier]:
    """Read a secret's JSON: a list of verifiers, each with the end of its validity or null.

    A secret that somebody changed by hand to something else counts as none: the webhook is verified
    again then.
    """
    try:
        return [
            _Verifier(
                str(each["verifier"]),
                datetime.fromisoformat(each["until"]) if each["until"] else None,
            )
            for each in (json.loads(text) if text else [])
        ]
    except (ValueError, TypeError, KeyError):
        logger.warning("A secret with the verifiers of a webhook is not as we write it.")
        return []


def _write(verifiers: list[_Verifier]) -> str:
    return json.dumps(
        [
            {"verifier": each.value, "until": each.until.isoformat() if each.until else None}
            for each in verifiers
        ]
    )
