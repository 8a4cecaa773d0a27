"""The webhook verifiers in force, from Key Vault, remembered for a while.

Never lets a stranger's request cause more than one look into the vault per path and pause.
"""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.sync.ports import Secrets

REMEMBERED = timedelta(minutes=5)
PAUSE = timedelta(seconds=5)


def secret_name(account: str, noun: str) -> str:
    """Return the name of the secret that holds a callback's verifiers."""
    return f"webhook-{account}-{noun}"


def candidate_name(account: str, noun: str) -> str:
    """Return the name of the secret that holds a verifier FreshBooks has not accepted yet."""
    return f"webhook-{account}-{noun}-candidate"


class Verifiers:
    """Reads and replaces the verifiers of callbacks; the previous one stays valid."""

    def __init__(self, *, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._secrets = secrets
        self._clock = clock
        self._known: dict[str, tuple[datetime, list[str]]] = {}
        self._lock = threading.Lock()

    def get(self, account: str, noun: str, *, again: bool = False) -> list[str]:
        """Return the verifiers in force, newest first; empty when there is none.

        Args:
            account: the FreshBooks account id.
            noun: the callback's noun.
            again: the remembered ones did not fit; look again unless that was just done.
        """
        name = secret_name(account, noun)
        now = self._clock()
        with self._lock:
            known = self._known.get(name)
            if known is not None:
                age = now - known[0]
                if age < PAUSE or (age < REMEMBERED and known[1] and not again):
                    return known[1]
            # remembered before the look, so that a flood waits instead of looking too
            self._known[name] = (now, known[1] if known else [])
        found = _read(self._secrets.get(name))
        with self._lock:
            self._known[name] = (now, found)
        return found

    def replace(self, account: str, noun: str, verifier: str) -> None:
        """Put a verifier in force that FreshBooks accepted; the one before stays valid."""
        name = secret_name(account, noun)
        before = [old for old in _read(self._secrets.get(name)) if old != verifier]
        self._secrets.set(name, json.dumps([verifier, *before[:1]]))
        with self._lock:
            self._known.pop(name, None)


def _read(text: str | None) -> list[str]:
    return [str(verifier) for verifier in json.loads(text)] if text else []
