import contextlib
import json
import random
import threading
import time
import uuid

import pytest
import requests
from azure.core.exceptions import ResourceNotFoundError

from sandbox.functions.invocations import Count
from sandbox.functions.queues import Backoff
from sandbox.host import FunctionsHost

pytestmark = pytest.mark.xdist_group("azurite")  # one emulator, started once

APP = """
import threading
import time
import typing

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
seen = []
busy = 0
most_busy = 0
release = threading.Event()
lock = threading.Lock()


@app.queue_trigger(arg_name="msg", queue_name="%WORK%", connection="AzureWebJobsStorage")
def work(msg: func.QueueMessage, context: func.Context) -> None:
    seen.append(
        {
            "body": msg.get_body(),
            "id": msg.id,
            "count": msg.dequeue_count,
            "inserted": msg.insertion_time,
            "expires": msg.expiration_time,
            "receipt": msg.pop_receipt,
            "at": time.monotonic(),
        }
    )
    if b"fail" in msg.get_body():
        raise ValueError("a fault of the record")


@app.queue_trigger(arg_name="msg", queue_name="%POISON%", connection="AzureWebJobsStorage")
def poisoned(msg: func.QueueMessage) -> None:
    seen.append({"poisoned": msg.get_body(), "count": msg.dequeue_count})
    raise ValueError("cannot be parked either")


@app.queue_trigger(arg_name="text", queue_name="%TEXTS%", connection="AzureWebJobsStorage")
async def texts(text: str) -> None:
    seen.append({"text": text})


@app.queue_trigger(arg_name="msg", queue_name="%RETURNS%", connection="AzureWebJobsStorage")
def returns(msg: func.QueueMessage):
    return "something"


@app.queue_trigger(arg_name="msg", queue_name="%SLOW%", connection="AzureWebJobsStorage")
def slow(msg: func.QueueMessage) -> None:
    global busy, most_busy
    with lock:
        busy += 1
        most_busy = max(most_busy, busy)
        seen.append({"slow": msg.get_body()})
    release.wait(60)
    with lock:
        busy -= 1


@app.route(route="enqueue")
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="AzureWebJobsStorage")
def enqueue(req: func.HttpRequest, out: func.Out[typing.List[str]]) -> str:
    out.set([req.get_body().decode()] * int(req.params["times"]))
    return "enqueued"


@app.route(route="enqueue-message")
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="AzureWebJobsStorage")
def enqueue_message(req: func.HttpRequest, out: func.Out[func.QueueMessage]) -> str:
    out.set(func.QueueMessage(body=req.get_body()))
    return "enqueued"


@app.route(route="enqueue-none")
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="AzureWebJobsStorage")
def enqueue_none(req: func.HttpRequest, out: func.Out[str]) -> str:
    return "nothing to say"
"""


class Running:
    """A host of the app above, over queues of its own."""

    def __init__(self, folder, storage, queues, **options):
        unique = uuid.uuid4().hex[:8]
        self.names = {
            name: f"{name.lower()}-{unique}" for name in ("WORK", "TEXTS", "RETURNS", "SLOW", "OUT")
        }
        self.names["POISON"] = f"{self.names['WORK']}-poison"
        settings = {
            "AzureWebJobsStorage": storage.connection_string,
            # Settings are the environment's: a host that runs beside this one may have set it.
            "AzureWebJobs.poisoned.Disabled": "false",
            **self.names,
            **options.pop("settings", {}),
        }
        self._queues = queues
        self.host = FunctionsHost(folder, settings=settings, **options)

    def __enter__(self):
        self.host.__enter__()
        return self

    def __exit__(self, *error):
        self.host.__exit__(*error)

    @property
    def app(self):
        return self.host.functions[0].call.__globals__

    @property
    def seen(self):
        return self.app["seen"]

    def queue(self, name, *, suffix="", **options):
        return self._queues(self.names[name] + suffix, **options)

    def made(self, name, **options):
        queue = self.queue(name, **options)
        queue.create_queue()
        return queue

    def began(self):
        """Forget what earlier tests left in the queues, the list and the counts."""
        for name in self.names:
            with contextlib.suppress(ResourceNotFoundError):
                self.queue(name).clear_messages()
        self.seen.clear()
        self.before = self.host.counts

    def ended(self, function):
        """Count the invocations that ended since then, as (all, failed)."""
        before, now = (counts.get(function, Count()) for counts in (self.before, self.host.counts))
        return now.finished - before.finished, now.failed - before.failed

    def wait(self, function, ended=1):
        before = self.before.get(function, Count()).finished
        assert self.host.wait_for(function, before + ended)


OPTIONS = {"maxDequeueCount": 2, "maxPollingInterval": "00:00:00.2"}


@pytest.fixture(scope="module")
def folder(write_app):
    return write_app(APP, queues=OPTIONS)


@pytest.fixture
def running(folder, storage, queues):
    """Run a host of the test's own."""
    return lambda **options: Running(folder, storage, queues, **options)


@pytest.fixture(scope="module")
def shared_host(folder, storage, queues):
    parked = {"AzureWebJobs.poisoned.Disabled": "true"}
    with Running(folder, storage, queues, settings=parked) as running:
        for name in ("WORK", "TEXTS", "RETURNS"):
            running.made(name)
        yield running


@pytest.fixture
def shared(shared_host):
    """Give a host that the tests share, as if nothing had run on it yet."""
    shared_host.began()
    return shared_host


def messages(queue):
    try:
        return [message.content for message in queue.peek_messages(32)]
    except ResourceNotFoundError:
        return []


def count(queue):
    return queue.get_queue_properties().approximate_message_count


def test_a_message_is_run_and_deleted(shared, eventually):
    sent = shared.queue("WORK").send_message("hello")
    shared.wait("work")

    run = shared.seen[0]
    assert run["body"] == b"hello"
    assert run["id"] == sent.id
    assert run["count"] == 1
    assert run["inserted"] == sent.inserted_on
    assert run["expires"] == sent.expires_on
    assert run["receipt"]
    assert eventually(lambda: count(shared.queue("WORK")) == 0)


def test_a_failing_message_is_tried_again_and_then_moved_to_the_poison_queue(shared, eventually):
    shared.queue("WORK").send_message("fail")
    poison = shared.queue("POISON")
    found = eventually(lambda: messages(poison))
    copy = poison.peek_messages()[0]

    assert found == ["fail"]
    assert [run["count"] for run in shared.seen] == [1, 2]
    assert shared.ended("work") == (2, 2)
    assert (copy.expires_on - copy.inserted_on).days == 7
    assert eventually(lambda: count(shared.queue("WORK")) == 0)


def test_a_failed_message_stays_hidden_for_the_visibility_timeout(write_app, storage, queues):
    folder = write_app(APP, queues={**OPTIONS, "visibilityTimeout": "00:00:01"})
    with Running(folder, storage, queues) as each:
        each.made("WORK").send_message("fail")
        each.host.wait_for("work", 2)

    first, second = (run["at"] for run in each.seen[:2])
    assert second - first >= 1.0


def test_a_message_received_too_often_is_poisoned_without_running(running, eventually):
    each = running(settings={"AzureWebJobs.poisoned.Disabled": "1"})
    queue = each.made("WORK")
    queue.send_message("crashes the process")
    for _ in range(2):
        queue.update_message(queue.receive_message(), visibility_timeout=0)
    with each:
        found = eventually(lambda: messages(each.queue("POISON")))

    assert found == ["crashes the process"]
    assert each.seen == []


def test_a_failing_poison_message_stays_hidden_and_is_poisoned_no_further(running, eventually):
    with running() as each:
        poison = each.made("POISON")
        poison.send_message("parked")
        each.host.wait_for("poisoned", 1)
        time.sleep(0.5)

        assert [run["count"] for run in each.seen] == [1]
        assert count(poison) == 1
        assert messages(poison) == []
        assert messages(each.queue("POISON", suffix="-poison")) == []


def test_top_level_properties_of_a_payload_overwrite_the_metadata(shared):
    payload = {"id": "INV-1", "DEQUEUECOUNT": 77, "popreceipt": "x", "lines": [1], "none": None}
    shared.queue("WORK").send_message(json.dumps(payload))
    shared.wait("work")

    assert shared.seen[0]["id"] == "INV-1"
    assert shared.seen[0]["count"] == 77
    assert shared.seen[0]["receipt"] == "x"


def test_a_payload_s_expiration_time_that_is_no_date_fails_the_message(shared, eventually):
    shared.queue("WORK").send_message(json.dumps({"expirationTime": "never"}))
    found = eventually(lambda: messages(shared.queue("POISON")))

    assert found == ['{"expirationTime": "never"}']
    assert shared.ended("work") == (2, 2)
    assert shared.seen == []


def test_nested_properties_overwrite_nothing(shared):
    sent = shared.queue("WORK").send_message(json.dumps({"data": {"id": "INV-1"}}))
    shared.wait("work")

    assert shared.seen[0]["id"] == sent.id


def test_the_listener_waits_for_its_queue_and_does_not_create_it(running):
    with running() as each:
        time.sleep(0.3)
        before = messages(each.queue("WORK"))
        with pytest.raises(ResourceNotFoundError):
            each.queue("WORK").get_queue_properties()
        each.made("WORK").send_message("late")
        each.host.wait_for("work", 1)

    assert before == []
    assert [run["body"] for run in each.seen] == [b"late"]


def test_a_message_that_is_not_base64_is_poisoned_without_running(shared, eventually):
    shared.queue("WORK", plain=True).send_message('{"plain": "text"}')
    found = eventually(lambda: messages(shared.queue("POISON", plain=True)))

    assert found == ['{"plain": "text"}']
    assert shared.ended("work") == (0, 0)


def test_plain_messages_are_read_when_host_json_says_so(write_app, storage, queues):
    folder = write_app(APP, queues={**OPTIONS, "messageEncoding": "none"})
    with Running(folder, storage, queues) as each:
        each.made("WORK", plain=True).send_message('{"a": "<&>"}')
        each.host.wait_for("work", 1)

    assert each.seen[0]["body"] == b'{"a": "<&>"}'


def test_an_async_function_may_take_its_message_as_text(shared):
    shared.queue("TEXTS").send_message("grüße")
    shared.wait("texts")

    assert shared.seen == [{"text": "grüße"}]


def test_a_queue_function_that_returns_something_fails(shared):
    shared.queue("RETURNS").send_message("x")
    shared.wait("returns", 2)

    assert shared.ended("returns") == (2, 2)


def test_a_long_run_keeps_its_message_hidden(running):
    with running(lease=1.0) as each:
        queue = each.made("SLOW")
        queue.send_message("long")
        threading.Timer(1.7, each.app["release"].set).start()
        each.host.wait_for("slow", 1)

    assert each.seen == [{"slow": b"long"}]
    assert count(queue) == 0


def test_no_more_run_at_once_than_threads_and_no_more_are_taken_than_a_batch_and_threshold(
    write_app, storage, queues, eventually
):
    folder = write_app(APP, queues={**OPTIONS, "batchSize": 4, "newBatchThreshold": 1})
    threads = {"PYTHON_THREADPOOL_THREAD_COUNT": "2"}
    each = Running(folder, storage, queues, settings=threads)
    queue = each.made("SLOW")
    for number in range(10):  # all there before the first look: it takes a whole batch
        queue.send_message(str(number))
    with each:
        eventually(lambda: len(messages(queue)) == 6)
        time.sleep(0.3)
        left = len(messages(queue))
        each.app["release"].set()
        each.host.wait_for("slow", 10)

    assert left == 6
    assert each.app["most_busy"] == 2
    assert sorted(run["slow"] for run in each.seen) == [str(n).encode() for n in range(10)]


def test_a_stopping_host_finishes_what_runs_and_releases_what_waits(
    write_app, storage, queues, eventually
):
    folder = write_app(APP, queues=OPTIONS)
    each = Running(folder, storage, queues, settings={"PYTHON_THREADPOOL_THREAD_COUNT": "1"})
    with each:
        queue = each.made("SLOW")
        for number in range(3):
            queue.send_message(str(number))
        eventually(lambda: each.seen and not messages(queue))
        threading.Timer(0.4, each.app["release"].set).start()

    assert len(each.seen) == 1
    assert each.host.counts["slow"].finished == 1
    assert len(messages(queue)) == 2


def test_an_output_binding_creates_its_queue_and_sends_one_message_per_item(shared):
    answer = requests.post(f"{shared.host.url}/api/enqueue?times=2", data="out")
    sent = shared.queue("OUT").peek_messages(5)

    assert answer.text == "enqueued"
    assert [message.content for message in sent] == ["out", "out"]
    assert (sent[0].expires_on - sent[0].inserted_on).days == 7


def test_an_output_may_be_a_message_or_nothing(shared):
    requests.post(f"{shared.host.url}/api/enqueue-none")
    before = messages(shared.queue("OUT"))
    requests.post(f"{shared.host.url}/api/enqueue-message", data="whole")
    after = messages(shared.queue("OUT"))

    assert (before, after) == ([], ["whole"])


def test_an_output_that_cannot_be_written_fails_the_request(shared):
    answer = requests.post(f"{shared.host.url}/api/enqueue?times=1", data="x" * 49_153)

    assert answer.status_code == 500
    assert shared.ended("enqueue") == (1, 1)


def started(each, function, body, **options):
    return requests.post(f"{each.host.url}/admin/functions/{function}", data=body, **options)


JSON = {"headers": {"Content-Type": "application/json"}}


def test_a_function_started_by_hand_runs_outside_the_queue_s_rules(shared):
    answer = started(shared, "work", json.dumps({"input": "fail by hand"}), **JSON)
    shared.wait("work")
    time.sleep(0.3)

    assert answer.status_code == 202
    assert [(run["body"], run["count"], run["id"]) for run in shared.seen] == [
        (b"fail by hand", 0, "")
    ]
    assert shared.ended("work") == (1, 1)
    assert count(shared.queue("WORK")) == 0
    assert messages(shared.queue("POISON")) == []


@pytest.mark.parametrize(
    ("function", "body", "options", "status"),
    [
        ("missing", "{}", JSON, 404),
        ("work", "", JSON, 400),
        ("work", "no json", JSON, 400),
        ("work", "{}", {}, 415),
    ],
)
def test_a_function_is_not_started_by_a_request_that_is_wrong(
    shared, function, body, options, status
):
    assert started(shared, function, body, **options).status_code == status


def test_waits_between_looks_double_up_to_the_limit_and_begin_anew_with_a_message():
    backoff = Backoff(2.0, random.Random(7))
    first = [backoff.missed() for _ in range(8)]
    backoff.found()
    again = backoff.missed()

    assert first[0] == again == 0.1
    assert first == sorted(first)
    assert first[-1] == 2.0
    assert all(0.8 <= (wait - 0.1) / (0.1 * 2**n) <= 1.2 for n, wait in enumerate(first[1:4]))
