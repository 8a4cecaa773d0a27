"""What one release does with its tables, its queue and both services, in processes of its own.

Never imports anything but `shared`, whichever release's the path leads to: it runs for the previous
release as it does for this one. Every command is carried out by a new process, which may be told to
die at a step: before or after any request it makes.
"""

import base64
import contextlib
import dataclasses
import importlib
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
ONE_ID = UUID("00000000-0000-0000-0000-000000000001")
KINDS = ("client", "invoice", "payment", "expense")
PUBLIC = "https://app.example"


class Clock:
    """The time, as it is told; who waits moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        _really_sleep(0.005)  # for another process to come forward


_really_sleep = time.sleep
CLOCK = Clock()


class Steps:
    """Counts what reaches the outside, and dies where it is told to."""

    def __init__(self) -> None:
        self.taken = 0
        self.die_at: int | None = None

    def step(self) -> None:
        self.taken += 1
        if self.taken == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)


STEPS = Steps()


def tell(**facts: Any) -> None:
    os.write(1, json.dumps(facts).encode() + b"\n")


class Pipe:
    """The queue: what is sent is told to whoever keeps it."""

    def send(self, request: Any, *, delay: float = 0) -> None:
        STEPS.step()
        tell(send=request.encode(), delay=delay)
        STEPS.step()

    def send_as_it_is(self, body: bytes, *, delay: float) -> None:
        STEPS.step()
        tell(send=base64.b64encode(body).decode(), delay=delay)
        STEPS.step()

    def depth(self) -> int:
        return 0

    def visible_since(self) -> None:
        return None

    def take(self, *, most: int) -> list[Any]:
        """Return nothing: the host has given up on nothing."""
        return []


class Folder:
    """Key Vault: a file for each secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> str | None:
        path = self._folder / name
        return path.read_text() if path.exists() else None

    def set(self, name: str, value: str) -> None:
        STEPS.step()
        path = self._folder / f"{name}.{os.getpid()}"
        path.write_text(value)
        path.replace(self._folder / name)
        STEPS.step()


class Store:
    """All tables of an account, behind the adapters of the release."""

    def __init__(self, connection_string: str, clock: Callable[[], datetime] = CLOCK) -> None:
        azure = "shared.adapters.azure"
        self.tables = _named(f"{azure}.tables", "Tables")(connection_string=connection_string)
        connections, holds = f"{azure}.connections", f"{azure}.holds"
        self.businesses = _named(connections, "TableBusinesses")(self.tables)
        registrations = f"{azure}.registrations"
        if importlib.util.find_spec(registrations) is None:  # not in every release
            registrations = connections
        self.registrations = _named(registrations, "TableRegistrations")(self.tables)
        self.consents = _named(connections, "TableConsents")(self.tables)
        self.holds = _named(holds, "TableHolds")(self.tables)
        apart = importlib.util.find_spec(f"{azure}.letters") is not None  # not in every release
        letters = f"{azure}.letters" if apart else holds
        self.letters = _named(letters, "TableDeadLetters")(self.tables)
        self.journal = _named(f"{azure}.journal", "TableJournal")(self.tables)
        self.checkpoints = _named(f"{azure}.checkpoints", "TableCheckpoints")(self.tables)
        self.leases = _named(f"{azure}.leases", "TableLeases")(self.tables, clock=clock)
        self.circuits = self.claims = self.shares = self.runs = None
        if importlib.util.find_spec(f"{azure}.runs") is not None:  # likewise
            self.runs = _named(f"{azure}.runs", "TableRuns")(self.tables)
        if importlib.util.find_spec(f"{azure}.circuits") is not None:  # not in every release
            self.circuits = _named(f"{azure}.circuits", "TableCircuits")(self.tables)
            self.claims = _named(f"{azure}.claims", "TableClaims")(self.tables)
            self.shares = _named(f"{azure}.shares", "TableShares")(self.tables, "Dataverse")


def fill(store: Store, business: str, *, consents: bool = True) -> None:
    """Write rows of every kind and state; a consent can be added once only."""
    connections, waiting = "shared.core.connections", "shared.core.waiting"
    identity, consent = "shared.core.identity", "shared.core.consent"
    awaited = _named(identity, "Awaited")
    store.businesses.upsert(
        _named(connections, "SyncedBusiness")(business, "Aster Works", f"login-{business}", 9**15)
    )
    states = _named(connections, "RegistrationState")
    for noun, state in zip(KINDS, ("missing", "pending", "live", "disabled"), strict=True):
        store.registrations.upsert(
            _named(connections, "Registration")(
                *(business, noun, f"{PUBLIC}/x/{noun}", states(state)),
                callback=2**40 if state != "missing" else None,
                since=NOW if state != "missing" else None,
                asked=2,
            )
        )
    member = _named(connections, "Business")(business, "Aster Works", "owner")
    for stage in _named(consent, "Stage") if consents else ():
        store.consents.add(
            _named(consent, "Consent")(
                f"{business}-{stage}",
                stage,
                NOW,
                identity=7,
                businesses=(member, dataclasses.replace(member, id=None)),
                wanted=(business,),
                chosen=(business,),
                answered=NOW,
            )
        )
    holds = {awaited.client(1): "waiting", awaited.ignored(2): "ignored"}
    holds |= {awaited.client(3): "released", awaited.currency("EUR"): "waiting"}
    for what, state in holds.items():
        store.holds.upsert(
            _named(waiting, "Hold")(
                business,
                what,
                "Birch",
                "no match",
                NOW,
                candidates=(_named(waiting, "Candidate")(ONE_ID, "Birch Ltd", "similar"),),
                state=_named(waiting, "HoldState")(state),
            )
        )
    for kind, what in zip(KINDS, (*holds, awaited.invoice(4)), strict=False):
        store.holds.add_waiting(what, _request(business, kind, 5))
    store.letters.add(
        _named("shared.core.journal", "DeadLetter")(
            f"{business}-invoice-6", "{}", "refused", NOW, code="0x80", request_id="r"
        )
    )
    outcomes = _named("shared.core.outcomes", "OutcomeName")
    later = {"unknown", "asked", "waiting", "joined", "named"}
    known = [each for each in outcomes if each not in later]
    for number, outcome in enumerate(known, 10):
        store.journal.write(
            _named("shared.core.journal", "JournalEntry")(
                _record(business, "invoice", number),
                outcome,
                NOW,
                cause="webhook",
                reason="because",
                label=f"000{number}",
                fingerprint="f" * 64,
                read_at=NOW,
                rows=(ONE_ID, ONE_ID),
            )
        )
    store.checkpoints.set(f"poll.{business}.invoice", NOW)
    if store.circuits is not None:
        circuit = _named("shared.core.outage", "failed")(
            *(None, f"service-of-{business}", "a"), reason="429", now=NOW, draw=0.5, throttled=True
        )
        store.circuits.insert(circuit)
    if store.claims is not None:
        claim = _named("shared.core.matching", "Claim")
        client = _record(business, "client", 8)
        store.claims.put(claim(f"{business}-8.a", client, "Aster Works", NOW))
    if store.shares is not None:
        rates = importlib.import_module("shared.core.rates")
        # The release before says how each stands, this one what each claims.
        says = rates.Standing("settled") if hasattr(rates, "Standing") else rates.Claim(0.5, 13)
        store.shares.insert(rates.Member(f"process-of-{business}", says))
    if store.runs is not None and store.runs.get(business, "1") is None:
        _fill_runs(store.runs, business)
    lease = store.leases.acquire(f"lease-{business}", seconds=45)
    store.leases.give_back(dataclasses.replace(lease, note='{"state":"connected"}'))


def _fill_runs(runs: Any, business: str) -> None:
    core = "shared.core.runs"
    run = _named(core, "Run")(business, "1", _named(core, "KINDS"), NOW)
    runs.insert(run)
    counts = _named(core, "Counts")(listed=100, created=97)
    runs.put_part(run, _named(core, "Part")(0, 1, 2, 130, counts, NOW))
    runs.add_due(run, [_record(business, "invoice", 7)])


def dump(store: Store, business: str) -> dict[str, Any]:
    """Read everything of a business through every reader, as plain values."""
    awaited = _named("shared.core.identity", "Awaited")
    names = (awaited.client(1), awaited.ignored(2), awaited.client(3), awaited.currency("EUR"))
    kind = _named("shared.core.identity", "Kind")("invoice")
    numbers = range(10, 18)
    found = {
        "business": store.businesses.get(business),
        "businesses": [each for each in store.businesses.list_all() if each.id == business],
        "registrations": [store.registrations.get(business, noun) for noun in KINDS],
        "all registrations": sorted(
            (each for each in store.registrations.list_all() if each.business == business),
            key=lambda each: each.noun,
        ),
        "consents": [
            store.consents.get(f"{business}-{stage}")
            for stage in _named("shared.core.consent", "Stage")
        ],
        "holds": [store.holds.get(business, name) for name in names],
        "all holds": sorted(store.holds.list_all(business), key=lambda hold: str(hold.awaited)),
        "waiting": [
            list(store.holds.list_waiting(business, name)) for name in (*names, awaited.invoice(4))
        ],
        "letter": store.letters.get(f"{business}-invoice-6"),
        "letters": [each for each in store.letters.list_all() if each.key.startswith(business)],
        "latest": [
            store.journal.get_latest(_record(business, "invoice", number)) for number in numbers
        ],
        "all latest": sorted(
            store.journal.list_latest(business, kind), key=lambda entry: entry.record.number
        ),
        "history": [
            list(store.journal.list_history(_record(business, "invoice", number)))
            for number in numbers
        ],
        "by label": list(store.journal.find_by_label(business, kind, "00010")),
        "checkpoint": store.checkpoints.get(f"poll.{business}.invoice"),
        "lease": store.leases.read(f"lease-{business}"),
    }
    plain: dict[str, Any] = json.loads(json.dumps(found, default=_plain, sort_keys=True))
    return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # Versions are the tables' own, and another one each time.
        return {k: v for k, v in vars(value).items() if k != "version"}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)


def _request(business: str, kind: str, number: int) -> Any:
    return _named("shared.core.events", "SyncRequest")(
        business=business,
        kind=_named("shared.core.identity", "Kind")(kind),
        number=number,
        cause=_named("shared.core.events", "Cause")("webhook"),
        seen=NOW,
        attempt=2,
    )


def _record(business: str, kind: str, number: int) -> Any:
    kinds = _named("shared.core.identity", "Kind")
    return _named("shared.core.identity", "RecordId")(business, kinds(kind), number)


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


class Release:
    """The connector of a release over a firm's services.

    Args:
        told: connection string, addresses, the FreshBooks app and the folder of secrets.
    """

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.store = Store(told["storage"])
        settings = _named("shared.settings", "Settings").load(
            {
                "FRESHBOOKS_CLIENT_ID": told["client_id"],
                "FRESHBOOKS_CLIENT_SECRET": told["client_secret"],
                "FRESHBOOKS_REDIRECT_URI": told["redirect_uri"],
                "FRESHBOOKS_API_URL": told["freshbooks"],
                "DATAVERSE_URL": told["dataverse"],
                "KEY_VAULT_URL": "https://vault.example",
                "PUBLIC_URL": PUBLIC,
                "AzureWebJobsStorage": told["storage"],
                "UNMATCHED_CLIENTS": "create",
                "BALANCE_DELAY_SECONDS": "5",
                "DATAVERSE_REQUESTS_PER_SECOND": "0",
                "FRESHBOOKS_REQUESTS_PER_SECOND": "0",
            }
        )
        world = dataclasses.replace(
            _named("shared.world", "real_world")(settings),
            dataverse_token=lambda _rejected: "a-token",
            secrets=Folder(Path(told["secrets"])),
            leases=self.store.leases,
            queue=Pipe(),
            poison_queue=Pipe(),
            clock=CLOCK,
        )
        self.app = _named("shared.app", "build")(settings, world)

    def do(self, command: Mapping[str, Any]) -> Any:
        """Carry out a command and return what came of it."""
        action: Callable[[Mapping[str, Any]], Any] = getattr(self, command["do"])
        return action(command)

    def fill(self, command: Mapping[str, Any]) -> None:
        fill(self.store, command["business"])

    def refill(self, command: Mapping[str, Any]) -> None:
        """Write the rows again that can be written twice."""
        fill(self.store, command["business"], consents=False)

    def secrets(self, command: Mapping[str, Any]) -> dict[str, str]:
        """Return what the release keeps in Key Vault: tokens, and a webhook's verifiers."""
        business, kept = command["business"], self.app.world.secrets
        verifiers = _named("shared.sync.verifiers", "Verifiers")(secrets=kept, clock=CLOCK)
        for verifier in ("an-earlier-verifier", "a-verifier"):
            verifiers.replace(business, "invoice", verifier)
        tokens = _named("shared.core.tokens", "TokenSet")(
            access_token="an-access-token",
            refresh_token="a-refresh-token",
            expires_at=NOW + timedelta(hours=12),
            obtained_at=NOW,
            scope="user:profile:read",
            generation=7,
        )
        identity = "shared.core.identity"
        return {
            "verifiers": kept.get(_named(identity, "verifier_secret")(business, "invoice")),
            "tokens": tokens.model_dump_json(),
        }

    def messages(self, command: Mapping[str, Any]) -> list[str]:
        """Return a message of every kind and cause as it stands on the queue."""
        causes = _named("shared.core.events", "Cause")
        return [
            _request(command["business"], kind, 5).model_copy(update={"cause": cause}).encode()
            for kind in KINDS
            for cause in causes
        ]

    def dump(self, command: Mapping[str, Any]) -> Any:
        return dump(self.store, command["business"])

    def handle(self, command: Mapping[str, Any]) -> str:
        return type(self.app.process.handle(_bytes(command["body"]))).__name__

    def webhook(self, command: Mapping[str, Any]) -> int:
        status: int = self.app.receive.handle(
            **command["path"],
            body=_bytes(command["body"]),
            signature=command["signature"],
            content_type="application/x-www-form-urlencoded",
        ).status
        return status

    def poll(self, _command: object) -> Any:
        return self.app.poll.run().problems

    def upkeep(self, _command: object) -> Any:
        return self.app.upkeep.run()

    def invite(self, _command: object) -> dict[str, str]:
        consent = self.app.connect.start(self.app.connect.invite().id).id
        return {
            "consent": consent,
            "url": self.app.connect.authorize_url(consent, state="a-state"),
        }

    def finish(self, command: Mapping[str, Any]) -> None:
        self.app.connect.finish(command["consent"], command["code"])

    def advance(self, command: Mapping[str, Any]) -> Any:
        return self.app.connect.advance(command["consent"]).done

    def warm(self, _command: object) -> list[str]:
        return [str(each.state) for each in self.app.connections.keep_warm()]

    def choice(self, command: Mapping[str, Any]) -> None:
        """Keep a consent whose person chose so many businesses."""
        business = _named("shared.core.connections", "Business")
        ids = tuple(f"b{number:05d}" for number in range(command["count"]))
        self.store.consents.add(
            _named("shared.core.consent", "Consent")(
                command["consent"],
                _named("shared.core.consent", "Stage").CONNECTED,
                CLOCK(),
                businesses=tuple(business(each, f"Business {each}", "owner") for each in ids),
                wanted=ids,
                chosen=ids,
            )
        )

    def chosen(self, command: Mapping[str, Any]) -> Any:
        """Return the businesses of a consent: those to choose from, wanted and chosen."""
        found = self.store.consents.get(command["consent"])
        return [[each.id for each in found.businesses], list(found.wanted), list(found.chosen)]

    def _schema(self) -> Any:
        """Return what provisions Dataverse; releases before had it on the connector itself."""
        return getattr(self.app, "customizing", self.app).schema

    def apply(self, _command: object) -> Any:
        return self._schema().apply(wait=10)

    def check(self, _command: object) -> Any:
        return self._schema().check()

    def columns(self, _command: object) -> dict[str, str]:
        """Return the schema's columns by their names, each in words."""
        columns = _named("shared.core.schema", "COLUMNS")
        return {
            f"{table}.{column.name}": str(column.kind)
            for table, found in columns.items()
            for column in found
        }


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


def _count_requests() -> None:
    """Let every request any SDK makes be two steps."""
    adapters = importlib.import_module("requests.adapters")
    send = adapters.HTTPAdapter.send

    def counted(*args: Any, **options: Any) -> Any:
        STEPS.step()
        answer = send(*args, **options)
        STEPS.step()
        return answer

    adapters.HTTPAdapter.send = counted


def _carry_out(release: Release, command: Mapping[str, Any]) -> None:
    CLOCK.now = datetime.fromisoformat(command["now"])
    STEPS.die_at = command.get("die_at")
    try:
        tell(result=release.do(command), steps=STEPS.taken)
    except Exception as error:  # noqa: BLE001  # whatever it is, the test has to hear of it
        tell(error=f"{type(error).__name__}: {error}")


def _import_for_all_forks() -> None:
    """Import what commands would import only when they run, each fork anew."""
    names = ["_strptime", "azure.core.pipeline.transport._requests_basic", "email.generator"]
    names += ["azure.core.rest._requests_basic", "azure.data.tables", "azure.storage.queue"]
    names += ["encodings.utf_16_le", "encodings.utf_8_sig", "jinja2", "netrc", "subprocess"]
    names += [f"shared.adapters.dataverse.{name}" for name in ("schema", "screens.provision")]
    names += ["shared.core.consent", "shared.core.matching", "shared.core.runs"]
    for name in names:
        with contextlib.suppress(ModuleNotFoundError):  # not in every release
            importlib.import_module(name)


def main() -> None:
    """Carry out commands, a line each, until the input ends."""
    time.sleep = CLOCK.sleep  # type: ignore[assignment]  # the real one takes more kinds of numbers
    told = json.loads(sys.stdin.readline())
    _count_requests()
    release = Release(told)
    _import_for_all_forks()
    tell(ready=sys.modules["shared"].__file__)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                _carry_out(release, json.loads(line))
            finally:
                os._exit(0)
        tell(ended=os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
