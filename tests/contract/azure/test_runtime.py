"""The same app through the local host and through Microsoft's own worker: do they agree?"""

import json
import urllib.parse
import uuid

import pytest
import requests

from sandbox.host import FunctionsHost

pytestmark = pytest.mark.xdist_group("azurite")  # one emulator, started once

APP = """
import json
import typing

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="echo/{kind}", methods=["POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    told = {
        "method": req.method,
        "url": req.url,
        "kind": req.route_params["kind"],
        "params": dict(req.params),
        "header": req.headers.get("X-Some"),
        "body": req.get_body().decode(),
        "form": dict(req.form),
        "type": type(req).__module__ + "." + type(req).__qualname__,
    }
    return func.HttpResponse(json.dumps(told), status_code=202, mimetype="application/json")


@app.route(route="json", methods=["POST"])
def as_json(req: func.HttpRequest) -> str:
    try:
        return json.dumps(req.get_json())
    except ValueError as error:
        return f"refused: {error}"


@app.route(route="text")
async def text(req: func.HttpRequest, context: func.Context) -> str:
    return context.function_name


@app.route(route="none")
def none(req: func.HttpRequest):
    return None


@app.route(route="number")
def number(req: func.HttpRequest):
    return 7


@app.route(route="broken")
def broken(req: func.HttpRequest) -> str:
    raise KeyError("x")


@app.route(route="cookies")
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(b"bytes", headers={"X-Kind": "a"}, mimetype="text/html")
    response.headers.add("Set-Cookie", "state=a/b; Path=/api; HttpOnly; Secure; SameSite=Strict")
    response.headers.add("Set-Cookie", "lang=en; Max-Age=60; Domain=example.org")
    return response


@app.queue_trigger(arg_name="msg", queue_name="%IN%", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="AzureWebJobsStorage")
def carry(msg: func.QueueMessage, out: func.Out[str]) -> None:
    told = {
        "id": msg.id,
        "count": msg.dequeue_count,
        "body": msg.get_body().decode(),
        "inserted": str(msg.insertion_time),
        "type": type(msg).__module__ + "." + type(msg).__qualname__,
    }
    out.set(json.dumps(told))


@app.timer_trigger(arg_name="timer", schedule="0 0 3 1 1 *")
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="AzureWebJobsStorage")
def tick(timer: func.TimerRequest, out: func.Out[typing.List[str]]) -> None:
    out.set([str(timer.past_due), type(timer).__qualname__])
"""


@pytest.fixture(scope="module")
def folder(write_app):
    return write_app(APP, queues={"maxPollingInterval": "00:00:00.2"})


@pytest.fixture(scope="module")
def names():
    return {"IN": f"in-{uuid.uuid4().hex[:8]}", "OUT": f"out-{uuid.uuid4().hex[:8]}"}


@pytest.fixture(scope="module")
def host(folder, storage, queues, names):
    for name in names.values():
        queues(name).create_queue()
    settings = {"AzureWebJobsStorage": storage.connection_string, **names}
    with FunctionsHost(folder, settings=settings) as host:
        yield host


@pytest.fixture
def worker(runtime_driver, folder):
    with runtime_driver.Runtime(folder) as worker:
        yield worker


REQUESTS = {
    "a form": ("echo", "echo/in%20voice?a=1", b"name=invoice&object_id=7", "urlencoded"),
    "no body": ("echo", "echo/x", b"", "urlencoded"),
    "json": ("as_json", "json", b'{"a": "\xc3\xa9"}', "json"),
    "no json": ("as_json", "json", b"<a>", "json"),
    "nothing to parse": ("as_json", "json", b"", "json"),
    "an async function": ("text", "text", b"", "json"),
    "cookies": ("cookies", "cookies", b"", "json"),
}


@pytest.mark.parametrize(("name", "path", "body", "kind"), REQUESTS.values(), ids=REQUESTS)
def test_both_give_the_same_answer(host, worker, name, path, body, kind):
    url = f"{host.url}/api/{path}"
    headers = {"Content-Type": f"application/{kind}", "X-Some": "value"}
    ours = requests.post(url, data=body, headers=headers)
    route, _, query = path.partition("?")
    theirs = worker.http(
        name,
        method="POST",
        url=url,
        headers={key.lower(): value for key, value in headers.items()},
        query=dict(urllib.parse.parse_qsl(query)),
        params={"kind": urllib.parse.unquote(route.rpartition("/")[2])},
        body=body,
    )

    assert ours.status_code == theirs.status
    assert ours.content == theirs.body
    for header, value in theirs.headers.items():
        assert ours.headers[header] == value
    assert ours.raw.headers.getlist("Set-Cookie") == [written(each) for each in theirs.cookies]


def written(cookie):
    parts = [f"{cookie.name}={urllib.parse.quote(cookie.value, safe='')}"]
    if cookie.max_age:
        parts.append(f"max-age={cookie.max_age.value:.0f}")
    parts += [
        f"{key}={getattr(cookie, key).value}"
        for key in ("domain", "path")
        if getattr(cookie, key).value
    ]
    parts += ["secure"] if cookie.secure.value else []
    parts += (
        [{1: "samesite=lax", 2: "samesite=strict"}[cookie.same_site]] if (cookie.same_site) else []
    )
    parts += ["httponly"] if cookie.http_only.value else []
    return "; ".join(parts)


@pytest.mark.parametrize("name", ["none", "number", "broken"])
def test_both_fail_the_same_functions(host, worker, runtime_driver, name):
    ours = requests.get(f"{host.url}/api/{name}")
    with pytest.raises(runtime_driver.InvocationFailedError):
        worker.http(name)

    assert ours.status_code == 500


PAYLOADS = {
    "text": "hello",
    "json": json.dumps({"data": {"id": "INV-1"}}),
    "an id of its own": json.dumps({"id": "INV-1", "dequeueCount": 77}),
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_both_hand_a_message_over_alike(host, worker, queues, names, eventually, payload):
    message = queues(names["IN"]).send_message(payload)
    carried = eventually(lambda: queues(names["OUT"]).receive_message(visibility_timeout=60))
    own = json.loads(payload) if payload.startswith("{") else {}
    theirs = worker.queue(
        "carry",
        payload,
        Id=own.get("id", message.id),
        DequeueCount=own.get("dequeueCount", 1),
        InsertionTime=message.inserted_on.isoformat(),
    )

    assert json.loads(carried.content) == json.loads(theirs["out"].string)


def test_both_hand_a_timer_over_alike(host, worker, queues, names):
    out = queues(names["OUT"])
    out.clear_messages()
    requests.post(f"{host.url}/admin/functions/tick", json={})
    host.wait_for("tick", 1)
    ours = [each.content for each in out.peek_messages(32)]
    theirs = worker.timer("tick")

    assert ours == json.loads(theirs["out"].json)


def test_both_index_the_same_bindings(host, worker):
    ours = {each.name: list(each.bindings) for each in host.functions}

    assert ours == worker.functions
