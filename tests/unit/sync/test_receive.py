import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.connections import Registration, RegistrationState
from shared.core.events import Cause
from shared.core.identity import Kind, candidate_secret, verifier_secret
from shared.core.signature import sign
from shared.core.webhook_address import address_key, webhook_uri
from shared.errors import RetryLaterError
from shared.sync.receive import FORM, MAX_BODY_BYTES, Receive
from shared.sync.verifiers import Verifiers
from tests.memory import FakeClock, MemoryQueue, MemoryRegistrations, MemorySecrets

VERIFIER = "kD7vQm2XoT9sLr4WpZb6Yc1HnGf8JeAu"
SECRET = "the app's client secret"
FIELDS = {"name": "invoice.update", "object_id": "177", "account_id": "xazq5", "user_id": "1"}


def stored(*verifiers):
    return json.dumps([{"verifier": each, "until": None} for each in verifiers])


class Desk:
    """A `Receive` with everything around it in memory."""

    def __init__(self, *, state="live", callback=2001):
        self.clock = FakeClock()
        self.queue = MemoryQueue(self.clock)
        self.secrets = MemorySecrets()
        self.registrations = MemoryRegistrations()
        self.register(state, callback)
        self.secrets.values[verifier_secret("xazq5", "invoice")] = stored(VERIFIER)
        self.receive = Receive(
            registrations=self.registrations,
            verifiers=Verifiers(secrets=self.secrets, clock=self.clock),
            secrets=self.secrets,
            queue=self.queue,
            telemetry=Logs(),
            clock=self.clock,
            secret=SECRET,
        )

    def register(self, state, callback):
        uri = webhook_uri("https://app.example", SECRET, "xazq5", "invoice")
        self.registrations.upsert(
            Registration(
                business="xazq5",
                noun="invoice",
                uri=uri,
                state=RegistrationState(state),
                callback=callback,
            )
        )

    def post(
        self, fields=FIELDS, *, body=None, signature="", account="xazq5", noun="invoice", key=None
    ):
        body = urlencode(fields).encode() if body is None else body
        return self.receive.handle(
            business=account,
            noun=noun,
            key=address_key(SECRET, account, noun) if key is None else key,
            body=body,
            signature=sign(fields, VERIFIER).decode() if signature == "" else signature,
            content_type=FORM,
        )


def test_a_signed_webhook_is_queued_and_then_acknowledged():
    desk = Desk()

    answer = desk.post()

    (request,) = desk.queue.requests()
    assert answer.status == 200
    assert (request.kind, request.number, request.cause) == (Kind.INVOICE, 177, Cause.WEBHOOK)


def test_without_the_queue_there_is_no_acknowledgement():
    desk = Desk()
    desk.queue.broken = RetryLaterError("Storage is down")

    with pytest.raises(RetryLaterError):
        desk.post()


@pytest.mark.parametrize(
    ("body", "signature", "status"),
    [
        (None, None, 401),
        (None, "d3Jvbmc=", 401),
        (urlencode(FIELDS).encode()[:-8], "", 400),
        (urlencode(FIELDS).encode()[:-1], "", 401),
        (b"", "", 400),
        (b'{"name": "invoice.update"}', "", 400),
        (b"\x00\xff" * 20, "", 400),
        (b"a=1&" * MAX_BODY_BYTES, "", 413),
    ],
    ids=[
        "unsigned",
        "wrong",
        "cut field",
        "cut value",
        "empty (chunked)",
        "json",
        "binary",
        "oversized",
    ],
)
def test_bad_webhooks_are_refused_and_nothing_is_queued(body, signature, status, caplog):
    desk = Desk()

    answer = desk.post(body=body, signature=signature)

    assert answer.status == status
    assert not desk.queue.sent
    assert len([r for r in caplog.records if r.levelname == "WARNING"]) == 1
    assert "invoice.update" not in caplog.text


def test_another_content_type_is_refused():
    desk = Desk()
    body = urlencode(FIELDS).encode()

    answer = desk.receive.handle(
        business="xazq5",
        noun="invoice",
        key=address_key(SECRET, "xazq5", "invoice"),
        body=body,
        signature=sign(FIELDS, VERIFIER).decode(),
        content_type="application/json",
    )

    assert answer.status == 400


@pytest.mark.parametrize(("account", "noun"), [("other", "invoice"), ("xazq5", "client"), ("", "")])
def test_a_path_nobody_registered_is_refused(account, noun):
    desk = Desk()

    assert desk.post(account=account, noun=noun).status == 401
    assert not desk.queue.sent


def test_signed_events_that_are_not_synced_are_acknowledged_and_left():
    desk = Desk()

    answer = desk.post({"name": "estimate.create", "object_id": "5"})

    assert answer.status == 200
    assert not desk.queue.sent


def test_a_verifier_that_changed_is_found_without_waiting_for_the_memory_to_expire():
    desk = Desk()
    desk.post()
    desk.secrets.values[verifier_secret("xazq5", "invoice")] = stored("new", VERIFIER)
    desk.clock.advance(10)

    answer = desk.post(signature=sign(FIELDS, "new").decode())

    assert answer.status == 200


def test_a_pending_handshake_keeps_its_code_and_nothing_is_in_force_yet():
    desk = Desk(state="pending")
    fields = {"name": "callback.verify", "object_id": "2001", "verifier": "code"}

    answer = desk.post(fields)

    assert answer.status == 200
    assert desk.secrets.values[candidate_secret("xazq5", "invoice")] == "code"
    assert desk.secrets.values[verifier_secret("xazq5", "invoice")] == stored(VERIFIER)


def test_a_handshake_that_overtakes_its_registration_is_asked_to_come_again():
    desk = Desk(state="pending", callback=None)
    fields = {"name": "callback.verify", "object_id": "2001", "verifier": "code"}

    assert desk.post(fields).status == 503


@pytest.mark.parametrize("state", ["live", "pending"])
def test_a_thousand_forged_requests_cause_nothing(state):
    desk = Desk(state=state)
    chance = random.Random(7)
    reads = desk.secrets.reads

    for n in range(1000):
        forged = {"name": "callback.verify", "object_id": str(2002 + n), "verifier": f"mine{n}"}
        if n % 2:
            forged = {**FIELDS, "object_id": str(n)}
        answer = desk.post(forged, signature=chance.choice([None, "AAAA", "é"]))
        assert answer.status == 401
        if n % 100 == 0:
            assert desk.post().status == 200

    assert len(desk.queue.sent) == 10
    assert desk.secrets.writes == 0
    assert desk.secrets.reads - reads <= 2
    assert desk.registrations.reads <= 2


def test_webhooks_that_arrive_together_at_a_cold_start_are_all_taken():
    desk = Desk()
    inside, go_on = threading.Event(), threading.Event()

    def slow(_name):
        inside.set()
        go_on.wait(5)

    desk.secrets.before("get", slow)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(desk.post)
        inside.wait(5)
        others = [pool.submit(desk.post) for _ in range(7)]
        go_on.set()
        answers = [each.result().status for each in [first, *others]]

    assert answers == [200] * 8
    assert desk.secrets.reads == 1


def test_a_table_that_is_down_refuses_nobody_for_his_signature():
    desk = Desk()
    desk.registrations.broken = RetryLaterError("the table is down")

    for _ in range(2):
        with pytest.raises(RetryLaterError):
            desk.post()
    desk.registrations.heal()
    desk.clock.advance(1)
    assert desk.post().status == 200
    desk.registrations.broken = RetryLaterError("the table is down")
    desk.clock.advance(60)
    assert [desk.post().status for _ in range(2)] == [200, 200]  # known, and signed


def test_a_vault_that_is_down_is_not_asked_again_by_every_stranger():
    desk = Desk()
    asked = []
    desk.secrets.before("get", asked.append)
    desk.secrets.broken = RetryLaterError("the vault is down")
    for _ in range(50):
        with pytest.raises(RetryLaterError):
            desk.post()

    assert len(asked) == 1
