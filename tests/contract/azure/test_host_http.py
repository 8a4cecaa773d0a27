import base64
import http.client
import json
import threading

import pytest
import requests

from sandbox.host import FunctionsHost

APP = """
import asyncio
import base64
import json
import threading
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
gate = threading.Barrier(2, timeout=5)


def told(req):
    return func.HttpResponse(
        json.dumps(
            {
                "method": req.method,
                "url": req.url,
                "headers": dict(req.headers),
                "params": dict(req.params),
                "route": dict(req.route_params),
                "body": base64.b64encode(req.get_body()).decode(),
            }
        ),
        mimetype="application/json",
    )


@app.route(route="echo")
def echo(req: func.HttpRequest) -> func.HttpResponse:
    return told(req)


@app.route(route="records/{kind}/{number:int}", methods=["GET"])
def record(req: func.HttpRequest) -> func.HttpResponse:
    return told(req)


@app.route(route="records/{kind}/latest", methods=["GET"])
def latest(req: func.HttpRequest) -> str:
    return "the latest"


@app.route(route="records/{kind?}", methods=["GET"])
def records(req: func.HttpRequest) -> func.HttpResponse:
    return told(req)


@app.route(route="files/{*rest}", methods=["GET"])
def files(req: func.HttpRequest) -> func.HttpResponse:
    return told(req)


@app.route(route="hook", methods=["GET"])
def hook_page(req: func.HttpRequest) -> str:
    return "page"


@app.route(route="hook", methods=["POST"])
def hook(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=202)


@app.route(route="nothing")
def nothing(req: func.HttpRequest):
    return None


@app.route(route="broken")
def broken(req: func.HttpRequest) -> str:
    raise RuntimeError("a secret detail")


@app.route(route="cookie")
def cookie(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("welcome", status_code=303, headers={"Location": "/api/echo"})
    response.headers.add("Set-Cookie", "state=a/b=c; Path=/api; HttpOnly; Secure; SameSite=Lax")
    response.headers.add("Set-Cookie", "gone=; Max-Age=0")
    return response


@app.route(route="slow")
async def slow(req: func.HttpRequest) -> str:
    await asyncio.sleep(0.3)
    return threading.current_thread().name


@app.route(route="meeting")
def meeting(req: func.HttpRequest) -> str:
    gate.wait()
    return "met"


@app.route(route="context")
def context_of(req: func.HttpRequest, context: func.Context) -> str:
    return json.dumps(
        {
            "id": context.invocation_id,
            "name": context.function_name,
            "local": context.thread_local_storage.invocation_id,
        }
    )


@app.function_name("Sleeping")
@app.route(route="disabled")
def disabled(req: func.HttpRequest) -> str:
    return "never"
"""


@pytest.fixture(scope="module")
def host(write_app):
    settings = {"AzureWebJobs.Sleeping.Disabled": "true", "PYTHON_THREADPOOL_THREAD_COUNT": "2"}
    with FunctionsHost(write_app(APP), settings=settings) as host:
        yield host


@pytest.fixture
def api(host):
    return f"{host.url}/api"


def test_a_request_reaches_its_function_whole(api):
    body = bytes(range(256))
    answer = requests.post(f"{api}/echo?a=1&b=x%20y", data=body, headers={"X-Kind": "Invoice"})

    told = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert told["method"] == "POST"
    assert told["url"] == f"{api}/echo?a=1&b=x%20y"
    assert told["params"] == {"a": "1", "b": "x y"}
    assert told["body"] == base64.b64encode(body).decode()
    assert told["headers"]["x-kind"] == "Invoice"


def test_header_names_arrive_in_lower_case_and_empty_values_not_at_all(api):
    told = requests.get(f"{api}/echo", headers={"X-Empty": "", "X-Full": "1"}).json()

    assert told["headers"]["x-full"] == "1"
    assert "x-empty" not in told["headers"]
    assert all(name == name.lower() for name in told["headers"])


def test_repeated_query_keys_are_joined_and_empty_ones_dropped(api):
    told = requests.get(f"{api}/echo?kind=a&kind=b&empty=&Kind=c").json()

    assert told["params"] == {"kind": "a,b,c"}


def test_a_chunked_body_is_lost_and_the_connection_stays_usable(host):
    connection = http.client.HTTPConnection(host.url.removeprefix("http://"), timeout=5)
    connection.request("POST", "/api/echo", body=iter([b"name=", b"invoice"]), encode_chunked=True)
    chunked = json.loads(connection.getresponse().read())
    connection.request("POST", "/api/echo", body=b"whole")
    whole = json.loads(connection.getresponse().read())
    connection.close()

    assert chunked["body"] == ""
    assert whole["body"] == "d2hvbGU="


def test_route_parameters_are_handed_over_decoded(api):
    told = requests.get(f"{api}/records/in%20voice/17").json()

    assert told["route"] == {"kind": "in voice", "number": "17"}


def test_a_literal_segment_wins_over_a_parameter(api):
    assert requests.get(f"{api}/records/invoice/latest").text == "the latest"


def test_a_value_that_breaks_its_constraint_finds_nothing(api):
    assert requests.get(f"{api}/records/invoice/seventeen").status_code == 404


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("records", {}),
        ("records/invoice", {"kind": "invoice"}),
        ("records/invoice/", {"kind": "invoice"}),
        ("RECORDS/Invoice", {"kind": "Invoice"}),
        ("files/a/b/c.txt", {"rest": "a/b/c.txt"}),
        ("files", {}),
    ],
)
def test_optional_and_catch_all_parameters_may_be_missing(api, path, route):
    assert requests.get(f"{api}/{path}").json()["route"] == route


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "api/hook"), ("POST", "api/records/x/1"), ("GET", "hook"), ("GET", "api/none")],
)
def test_a_wrong_method_or_path_is_not_found(host, method, path):
    assert requests.request(method, f"{host.url}/{path}").status_code == 404


def test_two_functions_share_a_path_by_method(api):
    assert requests.get(f"{api}/hook").text == "page"
    assert requests.post(f"{api}/hook").status_code == 202


def test_text_is_answered_as_plain_text(api):
    answer = requests.get(f"{api}/hook")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["nothing", "broken"])
def test_an_exception_or_no_answer_at_all_is_an_empty_500(api, path):
    answer = requests.get(f"{api}/{path}")

    assert answer.status_code == 500
    assert answer.content == b""


def test_cookies_are_written_one_by_one_with_their_values_encoded(api):
    answer = requests.get(f"{api}/cookie", allow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/api/echo"
    assert answer.raw.headers.getlist("Set-Cookie") == [
        "state=a%2Fb%3Dc; path=/api; secure; samesite=lax; httponly",
        "gone=; max-age=0",
    ]


def test_async_functions_share_one_loop_and_wait_side_by_side(api):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(requests.get(f"{api}/slow")))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.text for answer in answers} == {"loop"}
    assert all(answer.elapsed.total_seconds() < 1.5 for answer in answers)


def test_sync_functions_run_side_by_side_on_their_threads(api):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(requests.get(f"{api}/meeting").text))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == ["met", "met"]


def test_a_function_can_ask_for_its_context(api):
    first, second = (requests.get(f"{api}/context").json() for _ in range(2))

    assert first["name"] == "context_of"
    assert first["local"] == first["id"]
    assert first["id"] != second["id"]


def test_a_disabled_function_is_not_found_and_shown_as_disabled(host, api):
    shown = {each["name"]: each for each in requests.get(f"{host.url}/admin/functions").json()}

    assert requests.get(f"{api}/disabled").status_code == 404
    assert shown["Sleeping"]["isDisabled"]
    assert not shown["echo"]["isDisabled"]


def test_the_admin_endpoints_tell_the_host_runs(host):
    status = requests.get(f"{host.url}/admin/host/status").json()

    assert status["state"] == "Running"
    assert "errors" not in status
    assert requests.post(f"{host.url}/admin/host/ping").status_code == 200
    assert requests.get(f"{host.url}/admin/functions/echo").json()["name"] == "echo"
    assert requests.get(f"{host.url}/admin/functions/missing").status_code == 404


def test_invocations_are_counted(host, api):
    before = requests.get(f"{host.url}/_sandbox/invocations").json()
    requests.get(f"{api}/broken")
    requests.get(f"{api}/records")
    after = requests.get(f"{host.url}/_sandbox/invocations").json()

    assert after["broken"]["finished"] == before["broken"]["finished"] + 1
    assert after["broken"]["failed"] == before["broken"]["failed"] + 1
    assert after["records"]["finished"] == before["records"]["finished"] + 1
    assert after["records"]["failed"] == before["records"]["failed"]
    assert after["Sleeping"] == {"running": 0, "finished": 0, "failed": 0}


def test_the_route_prefix_comes_from_host_json(write_app):
    with FunctionsHost(write_app(APP, http={"routePrefix": ""})) as host:
        bare = requests.get(f"{host.url}/hook").status_code
        prefixed = requests.get(f"{host.url}/api/hook").status_code

    assert (bare, prefixed) == (200, 404)
