"""A whole firm in one process: both simulators, the real connector, its state in memory.

Time stands still unless a test moves it, so a run is the same every time.
"""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

import requests

from sandbox.check import Policies, Told, differences
from sandbox.control import Controlled
from sandbox.dataverse import Dataverse, errors
from sandbox.freshbooks import FreshBooks
from sandbox.remotes import RemoteBooks, RemoteRows
from sandbox.web import InProcess
from shared.adapters.http.transport import Transport
from shared.adapters.telemetry.logs import Logs
from shared.app import Connector, build
from shared.core.consent import Stage
from shared.core.journal import DeadLetter
from shared.core.options import ClientState
from shared.core.outcomes import OutcomeName
from shared.core.policies import NoticePolicy, Target
from shared.core.records import EASTERN
from shared.settings import Settings
from shared.sync.poll import PollReport
from shared.world import World
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryCircuits,
    MemoryClaims,
    MemoryConsents,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryLeases,
    MemoryPoisonQueue,
    MemoryQueue,
    MemoryRegistrations,
    MemoryRows,
    MemoryRuns,
    MemorySecrets,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PUBLIC = "https://app.example"
DATAVERSE = "https://org.crm.dynamics.com"
# Environments with the schema, by when and for which target it was applied, with Sales or without,
# and for which notices.
_APPLIED: dict[tuple[datetime, bool, Target, NoticePolicy], bytes] = {}


@functools.cache
def _load(**given: str) -> Settings:
    """Read settings; they cannot be changed, so that the same ones are read once."""
    return Settings.load(given)


class Firm:
    """FreshBooks on one side, Dynamics on the other, the connector in between."""

    def __init__(
        self,
        *,
        seed: int = 0,
        connected: bool = True,
        schema: bool = True,
        telemetry: Logs | None = None,
        clock: FakeClock | None = None,
        sales: bool = True,
        **settings: object,
    ) -> None:
        self.clock = clock or FakeClock()
        self.telemetry = telemetry or Logs(clock=lambda: self.clock().timestamp())
        self.freshbooks = FreshBooks(
            clock=self.clock, seed=seed, send=self.deliver, background=False
        )
        self.freshbooks_door = Controlled(self.freshbooks, seed=seed)
        self.books = self.freshbooks.books
        self.account = self.freshbooks.account
        app = self.freshbooks.app
        self.settings = _load(
            **{
                "FRESHBOOKS_CLIENT_ID": app.client_id,
                "FRESHBOOKS_CLIENT_SECRET": app.client_secret,
                "FRESHBOOKS_REDIRECT_URI": app.redirect_uris[0],
                "DATAVERSE_URL": DATAVERSE,
                "KEY_VAULT_URL": "https://vault.example",
                "PUBLIC_URL": PUBLIC,
                "AzureWebJobsStorage": "UseDevelopmentStorage=true",
                "UNMATCHED_CLIENTS": "create",
                "BALANCE_DELAY_SECONDS": "5",
                "BACKFILL": "manual",
                **{name.upper(): str(value) for name, value in settings.items()},
            }
        )
        # The schema is applied to the first environment of a kind; later ones begin as that one is.
        kind = (self.clock(), sales, self.settings.target, self.settings.notices)
        self.dataverse = Dataverse(
            url=DATAVERSE,
            clock=self.clock,
            key_delay=0,
            limits=None,
            sales=sales,
            saved=_APPLIED.get(kind) if schema else None,
        )
        self.dataverse_door = Controlled(self.dataverse, seed=seed)
        self.queue, self.poison_queue = MemoryQueue(self.clock), MemoryPoisonQueue(self.clock)
        self.journal, self.holds = MemoryJournal(), MemoryHolds()
        self.dead_letters, self.secrets = MemoryDeadLetters(), MemorySecrets()
        self.checkpoints, self.registrations = MemoryCheckpoints(), MemoryRegistrations()
        self.businesses, self.consents = MemoryBusinesses(), MemoryConsents()
        self.leases, self.circuits = MemoryLeases(self.clock), MemoryCircuits()
        self.claims = MemoryClaims()
        self.runs, self.backfill_queue = MemoryRuns(), MemoryQueue(self.clock)
        self.backfill_poison_queue = MemoryPoisonQueue(self.clock)
        self.connector = self.start()
        if schema and kind not in _APPLIED:
            self.connector.customizing.schema.apply(wait=10)
            _APPLIED[kind] = self.dataverse.environment.saved()
        if connected:
            self.connect()
        self.freshbooks_door.traffic.clear()
        self.dataverse_door.traffic.clear()

    def start(self) -> Connector:
        """Build the connector anew, as a new instance would: nothing in memory, all state kept."""
        return build(
            self.settings,
            World(
                freshbooks=self._transport("FreshBooks", self.settings.freshbooks_api_url),
                dataverse=self._transport("Dataverse", DATAVERSE),
                dataverse_token=lambda _rejected: "a-token",
                secrets=self.secrets,
                leases=self.leases,
                circuits=self.circuits,
                claims=self.claims,
                queue=self.queue,
                poison_queue=self.poison_queue,
                journal=self.journal,
                holds=self.holds,
                dead_letters=self.dead_letters,
                checkpoints=self.checkpoints,
                businesses=self.businesses,
                registrations=self.registrations,
                consents=self.consents,
                rows=MemoryRows(),
                runs=self.runs,
                backfill_queue=self.backfill_queue,
                backfill_poison_queue=self.backfill_poison_queue,
                clock=self.clock,
                telemetry=self.telemetry,
            ),
        )

    def _transport(self, service: str, url: str) -> Transport:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", InProcess(self.door(service)))
        return Transport(
            service=service,
            base_url=url,
            timeout=(1, 1),
            session=session,
            sleep=self.clock.advance,
            telemetry=self.telemetry,
        )

    def add_currencies(self, **decimals: int) -> None:
        """Add currencies to Dynamics by their ISO codes, each with the decimals of its amounts."""
        for code, places in decimals.items():
            self.dataverse.add(
                "transactioncurrency",
                isocurrencycode=code,
                currencyname=code,
                currencysymbol=code,
                currencyprecision=places,
                exchangerate=1,
            )

    def door(self, service: str) -> "WSGIApplication":
        """Return what stands between the connector and a service."""
        return self.freshbooks_door if service == "FreshBooks" else self.dataverse_door

    def connect(self, *businesses: str, identity: int | None = None) -> str:
        """Consent as the administrator would, and let the webhooks be verified."""
        consent = self.log_in(*businesses, identity=identity)
        self.freshbooks.deliveries.run_pending()
        assert self.connector.connect.advance(consent).done
        return consent

    def log_in(self, *businesses: str, identity: int | None = None) -> str:
        """Consent as the administrator would, and choose the businesses."""
        connect = self.connector.connect
        consent = connect.start(connect.invite().id).id
        page = connect.authorize_url(consent, state="a-state")
        connect.finish(consent, self.consent(page, identity=identity)["code"])
        if connect.advance(consent).consent.stage is Stage.CHOOSING:
            connect.choose(consent, list(businesses or [self.account]))
            connect.advance(consent)
        return consent

    def consent(
        self, page: str, *, decision: str = "allow", identity: int | None = None
    ) -> dict[str, str]:
        """Decide on FreshBooks' page, and return the query of the address one is sent to."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", InProcess(self.freshbooks))
        form = {"decision": decision} | ({"identity": str(identity)} if identity else {})
        answer = session.post(page, data=form, allow_redirects=False)
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Be the Functions host: take a webhook and answer with a status."""
        account, noun, key = urlsplit(url).path.split("/")[-3:]
        known = {name.lower(): value for name, value in headers.items()}
        return self.connector.receive.handle(
            business=account,
            noun=noun,
            key=key,
            body=body,
            signature=known.get("x-freshbooks-hmac-sha256"),
            content_type=known.get("content-type", ""),
        ).status

    def step(self) -> bool:
        """Handle one visible message; False when none is visible."""
        body = self.queue.take()
        if body is None:
            return False
        self.connector.process.handle(body)
        return True

    def step_history(self) -> bool:
        """Handle one visible message of the queue `backfill`; False when none is visible."""
        body = self.backfill_queue.take()
        if body is None:
            return False
        self.connector.backfills.lanes.handle(body)
        return True

    def drain(self, *, most: int = 5000) -> None:
        """Handle messages until none is left, moving time to the next one."""
        for _ in range(most):
            if not (self.step() or self.step_history()):
                queues = (self.queue, self.backfill_queue)
                visible = [each.next_visible() for each in queues]
                soonest = min((each for each in visible if each), default=None)
                if soonest is None:
                    return
                self.clock.now = max(self.clock.now, soonest)
        raise AssertionError(
            f"the queue is not empty after {most} messages: {self.queue.sent[-5:]}"
        )

    def run(self) -> None:
        """Deliver the webhooks and handle everything that follows."""
        self.freshbooks.deliveries.run_pending()
        self.drain()

    def poll(self) -> PollReport:
        """Poll once and handle everything that follows."""
        report = self.connector.poll.run()
        self.drain()
        return report

    def pass_time(self, minutes: int) -> None:
        """Let minutes pass: every one the look after what waits, every fifth a poll."""
        for minute in range(1, minutes + 1):
            self.clock.advance(60)
            self.connector.wake.run()
            self.connector.upkeep.decisions.run()
            if minute % 5 == 0:
                self.connector.poll.run()
            self.freshbooks.deliveries.run_pending()
            while self.step():
                pass

    def refuse_discounts(self) -> None:
        """Let a plug-in of the firm's own refuse every invoice with a discount."""

        def look(table: str, row: Mapping[str, Any]) -> None:
            if table == "invoice" and row["discountamount"]:
                raise errors.plug_in("A discount has to be approved.")

        self.dataverse.plug_in(look)

    def give_up(self, invoice: Mapping[str, Any]) -> DeadLetter:
        """Let others pass while a record is refused, until it is a dead letter."""
        client = self.books.create_client(organization="Others Who Pass")
        line = {"name": "Work", "qty": "1", "unit_cost": "1.00"}
        for _ in range(60):
            self.books.create_invoice(client["id"], lines=[line], sent=True)
            self.pass_time(2)
            for letter in self.dead_letters.list_all():
                if letter.key == f"{self.account}-invoice-{invoice['id']}":
                    return letter
        raise AssertionError("it never was given up")

    def has(self, table: str) -> bool:
        """Say whether Dynamics has a table; without the Sales app some are missing."""
        return table in self.dataverse.environment.schema.tables

    def invoices(self) -> list[dict[str, Any]]:
        return self.dataverse.all("invoice")

    def entries(self, kind: str | None = None) -> list[dict[str, Any]]:
        rows = self.dataverse.all("fbx_financialactivity")
        return [row for row in rows if kind is None or f"-{kind}-" in row["fbx_sourcekey"]]

    def row_of(self, client: Mapping[str, Any]) -> dict[str, Any] | None:
        """The client's own row."""
        key = f"{self.account}-{client['id']}"
        found = [row for row in self.dataverse.all("fbx_client") if row["fbx_key"] == key]
        assert len(found) <= 1
        return found[0] if found else None

    def account_of(self, client: Mapping[str, Any]) -> dict[str, Any] | None:
        """The account that the client belongs to."""
        row = self.row_of(client)
        if row is None or row["fbx_state"] != int(ClientState.LINKED):
            return None
        return self.dataverse.get("account", row["_fbx_accountid_value"])

    def decide(self, client: Mapping[str, Any], **columns: Any) -> None:
        """Change a client's row as a person does in Dynamics."""
        row = self.row_of(client)
        assert row is not None
        self.dataverse.update("fbx_client", row["fbx_clientid"], **columns)

    def notice(self) -> None:
        """Let a minute pass, in which it is noticed what people decided."""
        self.clock.advance(60)
        self.connector.upkeep.decisions.run()
        self.drain()

    def writes(self) -> int:
        """How many requests that may write went to Dataverse since the traffic was cleared."""
        return sum(
            count
            for name, count in self.dataverse_door.traffic.items()
            if name.startswith(("PATCH", "POST", "DELETE")) and "$batch" not in name
        )

    def outcomes(self) -> dict[tuple[str, int], OutcomeName]:
        return {
            (e.record.kind.value, e.record.number): e.outcome for e in self.journal.latest.values()
        }

    def remote_books(self) -> RemoteBooks:
        """Return the books as a program at FreshBooks' control endpoints sees them."""
        books = RemoteBooks("https://books.example")
        books._session.mount("https://", InProcess(self.freshbooks))
        return books

    def remote_rows(self) -> RemoteRows:
        """Return the rows as a program at Dataverse's control endpoints sees them."""
        rows = RemoteRows("https://rows.example", identity="https://identity.example", header="x")
        rows._session.mount("https://", InProcess(self.dataverse))
        rows._bearer = {"Authorization": "Bearer a-token"}
        return rows

    def differences(
        self,
        *,
        held: Iterable[int] = (),
        told: Told | None = None,
        businesses: Sequence[str] = (),
        credits_by: Literal["notes", "payments"] = "notes",
    ) -> list[str]:
        """What `sandbox.check`, which knows nothing of the connector, finds unequal."""
        chosen = self.settings
        return differences(
            self.remote_books(),
            self.remote_rows(),
            held=held,
            policies=Policies(
                draft_invoices=chosen.draft_invoices.value,
                deleted_records=chosen.deleted_records.value,
                expenses=chosen.expenses.value,
                credits=credits_by,
                existing_invoices=chosen.existing_invoices.value,
                match_invoice_field=chosen.match_invoice_field,
                notices=chosen.notices.value,
                target=chosen.target.value,
            ),
            told=told or Told(),
            today=self.clock().astimezone(EASTERN).date(),
            businesses=businesses or [self.account],
        )

    def everything(self) -> str:
        """All rows of all tables the connector writes, for comparing before and after."""
        tables = (
            "account",
            "opportunity",
            "invoice",
            "invoicedetail",
            "fbx_client",
            "fbx_financialactivity",
        )
        # What a transaction took back stands last in its table: the order says nothing.
        rows = {
            table: sorted(self.dataverse.all(table), key=lambda row: json.dumps(row, default=str))
            for table in tables
            if self.has(table)
        }
        return json.dumps(rows, default=str, sort_keys=True)
