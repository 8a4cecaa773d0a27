"""The connector's poll as a program of its own, told when, that says what each one cost.

Never handles a message: it is told what was handled, and notes it as handling does.
"""

import json
import logging
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from azure.storage.queue import QueueClient
from requests.adapters import HTTPAdapter

from shared.adapters.azure.names import QUEUE
from shared.adapters.freshbooks.lists import read_row
from shared.app import Connector, build
from shared.core.connections import SyncedBusiness
from shared.core.fingerprints import fingerprint
from shared.core.identity import (
    Kind,
    RecordId,
    overdue_checkpoint,
    poll_checkpoint,
    token_secret,
)
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.pages import Unreadable
from shared.core.tokens import TokenSet
from shared.settings import Settings
from shared.sync.ports import Secrets
from shared.world import real_world

PAUSE: Final = timedelta(minutes=5)  # between two polls
HANDLED_AFTER: Final = timedelta(minutes=1)
_PART: Final = 1000
_LISTED: Final = (Kind.CLIENT, Kind.INVOICE, Kind.PAYMENT)


class _Requests:
    """Counts what this program sends, by port; every library here goes through one class."""

    def __init__(self) -> None:
        self.count: Counter[int | None] = Counter()
        send: Callable[..., requests.Response] = HTTPAdapter.send

        def counted(
            adapter: HTTPAdapter, request: requests.PreparedRequest, *given: Any, **named: Any
        ) -> requests.Response:
            self.count[urlsplit(str(request.url)).port] += 1
            return send(adapter, request, *given, **named)

        setattr(HTTPAdapter, "send", counted)  # noqa: B010  # no type checker follows


class _Vault(Secrets):
    """Secrets of this program alone."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        self._values[name] = value

    def delete(self, name: str) -> None:
        self._values.pop(name, None)


class _Poller:
    """The connector of one business, at times that are said."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        self.requests = _Requests()
        self.account = str(setup["account"])
        self._later = timedelta(seconds=float(setup["later"]))
        self._settings = Settings.load(setup["settings"])
        self._books = urlsplit(self._settings.freshbooks_api_url).port
        self._connector = self._connect(setup)

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._later

    def _connect(self, setup: Mapping[str, Any]) -> Connector:
        world = replace(real_world(self._settings), secrets=_Vault(), clock=self._now)
        identity, token = int(setup["identity"]), setup["token"]
        connection = f"fb-{identity}"
        world.businesses.upsert(SyncedBusiness(self.account, "Long Books", connection, identity))
        tokens = TokenSet(
            access_token=token["access_token"],
            refresh_token=token["refresh_token"],
            expires_at=self._now() + timedelta(seconds=token["expires_in"]),
            obtained_at=self._now(),
            scope=token["scope"],
        )
        world.secrets.set(token_secret(connection), tokens.model_dump_json())
        return build(self._settings, world)

    def poll(self, *, whole: bool = False) -> dict[str, Any]:
        """Poll five minutes later and say what it cost.

        Args:
            whole: as if none had ended before, and again until one has.
        """
        checkpoints = self._connector.world.checkpoints
        names = [poll_checkpoint(self.account, kind) for kind in _LISTED]
        names.append(overdue_checkpoint(self.account))
        if whole:
            for name in names:
                checkpoints.delete(name)
        self.requests.count.clear()
        asked, began, spent = 0, time.monotonic(), time.process_time()
        while True:
            asked += self._poll()
            count = self.requests.count.copy()
            if not whole or None not in map(checkpoints.get, names):
                break
            self.requests.count = count  # the look at the checkpoints is ours
        spent, took = time.process_time() - spent, time.monotonic() - began
        return {
            "asked": asked,
            "freshbooks": count.pop(self._books, 0),
            "storage": count.total(),
            "cpu": spent,
            "seconds": took,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }

    def _poll(self) -> int:
        self._later += PAUSE
        report = self._connector.poll.run()
        if report.problems:
            raise SystemExit("; ".join(report.problems))
        return sum(report.asked.values())

    def fill(self, kind: Kind, file: Path) -> int:
        """Note the records of a file that nothing is noted of yet."""
        noted = 0
        with file.open() as lines:
            while part := [json.loads(line) for line in islice(lines, _PART)]:
                entries = list(self._entries(kind, part))
                self._connector.journal.replace_all(entries)
                noted += len(entries)
        return noted

    def handle(self, kind: Kind, rows: Iterable[Mapping[str, Any]]) -> int:
        """Note records as if their webhooks had been handled."""
        entries = list(self._entries(kind, rows))
        for entry in entries:
            self._connector.journal.write(entry)
        return len(entries)

    def clear(self) -> int:
        """Take all messages off the queue, unhandled."""
        storage = self._settings.storage_connection_string
        if storage is None:
            raise SystemExit("AzureWebJobsStorage must be a connection string here.")
        with QueueClient.from_connection_string(storage.get_secret_value(), QUEUE) as queue:
            queue.clear_messages()
        return 0

    def _entries(self, kind: Kind, rows: Iterable[Mapping[str, Any]]) -> Iterator[JournalEntry]:
        at = self._now() + HANDLED_AFTER
        for raw in rows:
            row = read_row(kind, raw)
            if row is None or isinstance(row, Unreadable):
                raise SystemExit(f"A row cannot be read: {row}")
            yield JournalEntry(
                record=RecordId(self.account, kind, row.id),
                outcome=OutcomeName.CREATED,
                at=at,
                cause="webhook",
                label=str(row.id),
                fingerprint=fingerprint(row),
                read_at=at,
            )


def main() -> None:
    """Set up as the first line of input says, then answer every other line with one of output."""
    logging.disable(logging.WARNING)
    poller = _Poller(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        print(json.dumps(_done(poller, json.loads(line))), flush=True)


def _done(poller: _Poller, told: Mapping[str, Any]) -> Any:
    match told:
        case {"do": "fill", "kind": kind, "file": file}:
            return poller.fill(Kind(kind), Path(file))
        case {"do": "handle", "kind": kind, "rows": rows}:
            return poller.handle(Kind(kind), rows)
        case {"do": "clear"}:
            return poller.clear()
        case {"do": "poll", "whole": whole}:
            return poller.poll(whole=whole)
        case _:
            raise SystemExit(f"Nobody knows how to {told}.")


if __name__ == "__main__":
    main()
