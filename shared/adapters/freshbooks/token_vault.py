"""Where a chain's tokens are kept: one secret of Key Vault, and what could not be saved there yet.

Never lets tokens go that FreshBooks gave and nobody saved, and never writes over later ones.
"""

import contextlib
import logging
from collections.abc import Callable
from typing import Final

from shared.adapters.freshbooks.token_lease import HeldLease
from shared.core.connections import ConnectionState
from shared.core.tokens import TokenSet, Unsaved, connected
from shared.errors import RetryLaterError
from shared.sync.ports import Secrets

_log = logging.getLogger(__name__)

_SAVES: Final = 5
_FIRST_PAUSE: Final = 0.5


class TokenVault:
    """The tokens of one chain, as one process sees them.

    Args:
        secrets: Key Vault.
        name: the secret's.
        sleep: waits between tries to save.
        random: a number in [0, 1) that spreads the tries out.

    Attributes:
        unsaved: what only this process holds, None for nothing.
    """

    def __init__(
        self,
        secrets: Secrets,
        *,
        name: str,
        sleep: Callable[[float], object],
        random: Callable[[], float],
    ) -> None:
        self._secrets = secrets
        self._name = name
        self._sleep = sleep
        self._random = random
        self.unsaved: Unsaved | None = None
        self._told = False

    def get(self) -> TokenSet | None:
        """Return what the vault holds, None for nothing that can be read.

        Raises:
            RetryLaterError: it is down, or a later release wrote what it holds.
            ConfigurationError: it denies access.
        """
        secret = self._secrets.get(self._name)
        tokens = TokenSet.parse(secret) if secret is not None else None
        if secret is None or tokens is not None:
            return tokens
        if TokenSet.is_later(secret):
            raise RetryLaterError(
                f"The tokens in the secret {self._name} are of a later release of the connector; "
                "this one leaves them alone. Deploy that release."
            )
        if not self._told:
            _log.warning("The secret %s holds no tokens as this release writes them.", self._name)
            self._told = True
        return None

    def get_if_saved(self) -> TokenSet | None:
        """Return what the vault holds; None, without a look, while something is to be saved first.

        Raises:
            RetryLaterError: it is down.
            ConfigurationError: it denies access.
        """
        return self.get() if self.unsaved is None else None

    def save(self, unsaved: Unsaved, held: HeldLease) -> TokenSet:
        """Save a set that only this process knows, and return what the vault holds then.

        It stays in memory until it is saved or was overtaken: the next call goes on here.

        Raises:
            RetryLaterError: the vault was down for all tries, or the lease may end before.
            ConflictError: the lease was taken over.
            ConfigurationError: a store denies access.
        """
        self.unsaved = unsaved
        tokens = unsaved.tokens.model_copy(update={"generation": held.lease.generation})
        since = (
            held.state.since
            if held.state.state is ConnectionState.CONNECTED
            else tokens.obtained_at
        )
        failure: RetryLaterError | None = None
        for number in range(_SAVES):
            try:
                later = self._overtaking(unsaved)
                if later is None:
                    held.fence(**connected(tokens, since=since))
                    self._secrets.set(self._name, tokens.model_dump_json())
            except RetryLaterError as error:
                failure = error
                self._sleep(_FIRST_PAUSE * 2**number * (0.5 + self._random()))
            else:
                self.unsaved = None
                if later is None:
                    _log.info("FreshBooks' tokens were renewed, generation %s.", tokens.generation)
                return later or tokens
        if unsaved.consumed is not None:
            with contextlib.suppress(RetryLaterError):
                held.note(spent=unsaved.consumed.generation)
        raise RetryLaterError(
            "FreshBooks' new tokens could not be saved; this instance goes on trying."
        ) from failure

    def _overtaking(self, unsaved: Unsaved) -> TokenSet | None:
        if unsaved.consumed is None:
            return None  # a consent's tokens are later than any
        stored = self.get()
        return stored if stored is not None and unsaved.overtaken_by(stored) else None
