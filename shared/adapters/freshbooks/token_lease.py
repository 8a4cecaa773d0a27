"""The token chain's lease: one refresher of all instances, and the state it leaves in the note.

Never holds a token.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from shared.core.tokens import ChainState
from shared.errors import ConflictError, ConnectorError, RetryLaterError
from shared.sync.ports import Clock, Lease, Leases

_SECONDS: Final = 45.0  # longer than the POST, or one try to save, can take
_ONE_POST: Final = timedelta(seconds=20)  # the longest that it can take
_ONE_SAVE: Final = timedelta(seconds=28)  # the longest that one try can take, retries included
_POLLS: Final = 40
_POLL_SECONDS: Final = 0.5
_PATIENCE: Final = _POLLS * _POLL_SECONDS


class TokenLease:
    """The lease, seen from outside: wait for it, hold it, read what the last holder left.

    Args:
        leases: where it is.
        name: what it is called.
        clock: the time.
        sleep: waits for another holder.
        random: a number in [0, 1) that spreads the waiters out.
    """

    def __init__(
        self,
        leases: Leases,
        *,
        name: str,
        clock: Clock,
        sleep: Callable[[float], object],
        random: Callable[[], float],
    ) -> None:
        self._leases = leases
        self._name = name
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._busy = threading.Lock()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let one thread of this process through, with the lease or without it.

        Raises:
            RetryLaterError: another one took too long.
        """
        if not self._busy.acquire(timeout=_PATIENCE):
            raise RetryLaterError("FreshBooks' tokens are being renewed by another thread.")
        try:
            yield
        finally:
            self._busy.release()

    def read_state(self) -> ChainState:
        """Return how the chain stands."""
        lease = self._leases.read(self._name)
        return ChainState.parse(lease.note if lease is not None else "")

    def tries(self) -> Iterator[Lease | None]:
        """Yield the lease as soon as it is free, None before every wait for it.

        Raises:
            RetryLaterError: it was not free for too long.
        """
        for _ in range(_POLLS):
            lease = self._leases.acquire(self._name, seconds=_SECONDS)
            yield lease
            self._sleep(_POLL_SECONDS * (0.5 + self._random()))
        raise RetryLaterError("FreshBooks' tokens are being renewed by another instance.")

    def take(self) -> Lease:
        """Return the lease as soon as it is free.

        Raises:
            RetryLaterError: it was not free for too long.
        """
        return next(lease for lease in self.tries() if lease is not None)

    @contextlib.contextmanager
    def held(self, lease: Lease) -> Iterator["HeldLease"]:
        """Hold a lease that was acquired, and give it back.

        Raises:
            RetryLaterError: it was taken over in the middle.
        """
        held = HeldLease(self._leases, lease, clock=self._clock)
        try:
            yield held
        except ConflictError as error:
            raise RetryLaterError(
                "Another instance took over the renewal of FreshBooks' tokens."
            ) from error
        finally:
            # What was done counts; a lease that cannot be given back ends by itself.
            with contextlib.suppress(ConnectorError):
                self._leases.give_back(held.lease)


class HeldLease:
    """The lease while we hold it, and the chain's state in its note."""

    def __init__(self, leases: Leases, lease: Lease, *, clock: Clock) -> None:
        self._leases = leases
        self._clock = clock
        self.lease = lease

    @property
    def state(self) -> ChainState:
        """How the chain stands, as far as we wrote it."""
        return ChainState.parse(self.lease.note)

    def note(self, **changes: Any) -> None:
        """Change the state and hold the lease anew.

        Raises:
            ConflictError: it was taken over.
            RetryLaterError: storage is down.
        """
        note = self.state.model_copy(update=changes).model_dump_json()
        self.lease = self._leases.renew(replace(self.lease, note=note), seconds=_SECONDS)

    def begin(self) -> None:
        """Note that the token endpoint is asked now, and let nobody past who would be overtaken.

        Raises:
            ConflictError: it was taken over.
            RetryLaterError: storage is down, or the lease may end before the answer is there.
        """
        self.note(tried_at=self._clock())
        self._must_last(_ONE_POST)

    def fence(self, **changes: Any) -> None:
        """Change the state, and let nobody past who was paused and lost the lease.

        While storage is down nobody else can take the lease either: as long as it lasts, new tokens
        are better saved than noted.

        Raises:
            ConflictError: it was taken over.
            RetryLaterError: the lease may end before the tokens are saved.
        """
        with contextlib.suppress(RetryLaterError):
            self.note(**changes)
        self._must_last(_ONE_SAVE)

    def _must_last(self, span: timedelta) -> None:
        # Between the renewal and here the process may have been paused, or storage slow to answer.
        if self._clock() + span > self.lease.until:
            raise RetryLaterError("The lease on FreshBooks' tokens is about to end.")
