"""A process of the connector: adapters of its own over the real stores, and one token chain.

Never shares a socket with another process, and never lives longer than a minute.
"""

import json
import logging
import os
import random
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import azure.data.tables
import azure.keyvault.secrets
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport

from sandbox.freshbooks import App
from shared.adapters.azure.key_vault import KeyVaultSecrets
from shared.adapters.azure.leases import TableLeases
from shared.adapters.azure.tables import Tables
from shared.adapters.freshbooks.token_chain import TokenChain
from shared.adapters.http.transport import Transport
from shared.errors import ReconnectNeededError, RetryLaterError
from shared.sync.ports import Leases, Secrets
from tests.functional.token_race.steps import Scene, Steps, Watched, Wire
from tests.functional.token_race.world import BEARER
from tests.functional.token_world import CONNECTION, REDIRECT

ME = "/auth/api/v1/users/me"
NOBODY = "nobody-asks-for-this"
LONGEST = 60  # seconds of the machine that a process may live
ATTEMPTS = 4  # a message comes again, but a round ends
# What the adapters import when they first need it is read here, once for all forks.
READ = (azure.data.tables, azure.keyvault.secrets, RequestsTransport)


class Credential:
    """The app's identity, signed in already."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(BEARER, int(time.time()) + 3600)


class Process:
    """A process that has just been started: nothing of the chain is in its memory."""

    def __init__(self, scene: Scene, steps: Steps, chance: Callable[[], float]) -> None:
        clock = scene.clock
        # The SDKs wait by it between their tries.
        time.sleep = clock.sleep  # type: ignore[assignment]  # the real one takes more kinds of numbers
        logging.getLogger("shared.adapters.freshbooks.token_chain").addHandler(_Telling(steps))
        session = requests.Session()
        session.mount("http://", Wire(steps))
        self.scene = scene
        self.steps = steps
        self._chance = chance
        self._secrets = KeyVaultSecrets(scene.vault, Credential())
        self._leases = TableLeases(Tables(connection_string=scene.tables), clock=clock)
        self._freshbooks = Transport(
            service="FreshBooks",
            base_url=scene.freshbooks,
            timeout=(5, 30),
            session=session,
            sleep=clock.sleep,
            random=chance,
            clock=lambda: clock().timestamp(),
        )
        self.chain = TokenChain(
            CONNECTION,
            self._freshbooks,
            # What watches passes on the port's own calls, which no type can say.
            secrets=cast("Secrets", Watched(self._secrets, steps)),
            leases=cast("Leases", Watched(self._leases, steps)),
            client_id=App.client_id,
            client_secret=App.client_secret,
            redirect_uri=REDIRECT,
            clock=clock,
            sleep=clock.sleep,
            random=chance,
        )

    def warm_up(self) -> None:
        """Open the connections, so that all processes begin at the same moment."""
        self._secrets.get(NOBODY)
        self._leases.read(NOBODY)

    def use(self) -> None:
        """Ask FreshBooks who is connected, with the access token."""
        self._freshbooks.send(
            "GET", ME, idempotent=True, authorize=self.chain, unauthorized=ReconnectNeededError
        )

    def keep_warm(self) -> None:
        """Do what the timer does every minute, and use what it keeps warm."""
        self.chain.keep_warm()
        self.use()

    def persist(self, action: Callable[[], object]) -> str:
        """Do it again and again, as the queue and the timer do, and return how it ended."""
        for attempt in range(ATTEMPTS):
            try:
                action()
            except ReconnectNeededError:
                return "reconnect needed"
            except RetryLaterError as error:
                self.steps.tell(later=str(error))
                if attempt < ATTEMPTS - 1:
                    self.scene.clock.sleep((error.retry_after or 10) * (1 + self._chance()))
            else:
                return "accepted"
        return "later"


class _Telling(logging.Handler):
    """Puts the chain's warnings into the report."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(logging.WARNING)
        self._steps = steps

    def emit(self, record: logging.LogRecord) -> None:
        self._steps.tell(warning=record.getMessage())


Life = Callable[[Process], object]


def together(scene: Scene, lives: Mapping[str, Life], *, seed: int) -> list[dict[str, Any]]:
    """Run each of `lives` in a process of its own, all let go at once; return what they told.

    Args:
        scene: where they live; its pipes are made here.
        lives: what each process does, by its name.
        seed: of their random numbers.
    """
    reading, reports = os.pipe()
    gate, opening = os.pipe()
    here = replace(scene, reports=reports, claim=_one_byte())
    pids = []
    try:
        for name, live in lives.items():
            pids.append(_fork(here, gate, name, live, seed))
        os.close(reports)
        told: list[dict[str, Any]] = []
        ready = 0
        with os.fdopen(reading) as lines:
            for line in lines:  # they end when all processes have, however they did
                told.append(json.loads(line))
                ready += "ready" in told[-1]
                if "ready" in told[-1] and ready == len(pids):
                    os.write(opening, b"." * len(pids))
        return told
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)  # ours until it is waited for, dead or alive
            os.waitpid(pid, 0)
        for end in (gate, opening, here.claim):
            os.close(end)


def _fork(scene: Scene, gate: int, name: str, live: Life, seed: int) -> int:
    assert threading.active_count() == 1, "a fork copies what other threads hold locked"
    pid = os.fork()
    if pid:
        return pid
    steps = Steps(scene, name)
    try:
        signal.alarm(LONGEST)
        process = Process(scene, steps, random.Random(f"{seed} {name}").random)
        process.warm_up()
        steps.tell(ready=True)
        os.read(gate, 1)
        live(process)
    except BaseException:  # noqa: BLE001  # whatever it is, the race has to hear of it
        steps.tell(crashed=traceback.format_exc()[-3000:])
    finally:
        os._exit(0)


def _one_byte() -> int:
    """Return a pipe's end from which one process reads a byte, and all others nothing."""
    readable, writable = os.pipe()
    os.write(writable, b".")
    os.close(writable)
    os.set_blocking(readable, False)
    return readable
