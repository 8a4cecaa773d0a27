import pytest
import requests

from sandbox.functions.index import IndexingError
from sandbox.functions.routes import RouteError
from sandbox.functions.settings import (
    Settings,
    SettingsError,
    read_host_options,
    read_local_settings,
)
from sandbox.host import FunctionsHost

HEAD = """
import typing
import azure.functions as func
app = func.FunctionApp()
"""

# Also handed to Microsoft's own worker, which refuses each of them too.
BROKEN = {
    "a syntax error": "def",
    "an import that fails": "import no_such_package_anywhere",
    "an exception at import": "raise RuntimeError('no setting')",
    "no app": "app = None",
    "two apps": HEAD + "other = func.FunctionApp()",
    "a name twice": HEAD
    + """
@app.function_name("Same")
@app.route(route="a")
def one(req: func.HttpRequest) -> str: ...
@app.function_name("Same")
@app.route(route="b")
def two(req: func.HttpRequest) -> str: ...
""",
    "an argument of another name": HEAD
    + """
@app.queue_trigger(arg_name="msg", queue_name="q", connection="c")
def one(message: func.QueueMessage) -> None: ...
""",
    "one parameter too many": HEAD
    + """
@app.route(route="a")
def one(req: func.HttpRequest, more: str) -> str: ...
""",
    "a name for type checkers only": HEAD
    + """
if typing.TYPE_CHECKING:
    from collections.abc import Sized
@app.route(route="a")
def one(req: "Sized") -> str: ...
""",
    "a dict as a message": HEAD
    + """
@app.queue_trigger(arg_name="msg", queue_name="q", connection="c")
def one(msg: dict) -> None: ...
""",
    "another trigger's type": HEAD
    + """
@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
def one(timer: func.HttpRequest) -> None: ...
""",
    "an output that is not an Out": HEAD
    + """
@app.route(route="a")
@app.queue_output(arg_name="out", queue_name="q", connection="c")
def one(req: func.HttpRequest, out: str) -> str: ...
""",
    "a list of a builtin's kind": HEAD
    + """
@app.route(route="a")
@app.queue_output(arg_name="out", queue_name="q", connection="c")
def one(req: func.HttpRequest, out: func.Out[list[str]]) -> str: ...
""",
    "a context of another type": HEAD
    + """
@app.route(route="a")
def one(req: func.HttpRequest, context: str) -> str: ...
""",
    "a function without a trigger": HEAD
    + """
@app.function_name("lonely")
def one() -> None: ...
""",
}

# The host refuses these, after the worker has let them through.
REFUSED_BY_THE_HOST = {
    "the same name in another case": HEAD
    + """
@app.function_name("Same")
@app.route(route="a")
def one(req: func.HttpRequest) -> str: ...
@app.function_name("same")
@app.route(route="b")
def two(req: func.HttpRequest) -> str: ...
""",
    "a name that begins with a digit": HEAD
    + """
@app.function_name("1st")
@app.route(route="a")
def one(req: func.HttpRequest) -> str: ...
""",
    "the host's own name": HEAD
    + """
@app.route(route="a")
def host(req: func.HttpRequest) -> str: ...
""",
    "a binding with a double underscore": HEAD
    + """
@app.queue_trigger(arg_name="the__msg", queue_name="q", connection="c")
def one(the__msg: func.QueueMessage) -> None: ...
""",
}


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_an_app_the_worker_cannot_index_is_refused_whole(write_app, source):
    with pytest.raises(IndexingError):
        FunctionsHost(write_app(source)).__enter__()


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_microsoft_s_own_worker_refuses_the_same_apps(write_app, runtime_driver, source):
    with pytest.raises(runtime_driver.RefusedError):
        runtime_driver.Runtime(write_app(source)).__enter__()


@pytest.mark.parametrize("source", REFUSED_BY_THE_HOST.values(), ids=REFUSED_BY_THE_HOST)
def test_an_app_with_names_the_host_does_not_take_is_refused_whole(write_app, source):
    with pytest.raises(IndexingError, match=r"name"):
        FunctionsHost(write_app(source)).__enter__()


def test_a_module_that_is_missing_is_said_so(tmp_path):
    (tmp_path / "host.json").write_text("{}")

    with pytest.raises(IndexingError, match=r"function_app\.py is missing"):
        FunctionsHost(tmp_path).__enter__()


def test_a_broken_app_answers_404_and_its_status_says_why(write_app):
    source = HEAD + "@app.route(route='a')\ndef one(wrong: func.HttpRequest) -> str: ...\n"
    with FunctionsHost(write_app(source), keep_broken=True) as host:
        answer = requests.get(f"{host.url}/api/a")
        status = requests.get(f"{host.url}/admin/host/status").json()
        functions = requests.get(f"{host.url}/admin/functions").json()

    assert answer.status_code == 404
    assert "one" in status["errors"][0]
    assert functions == []


def test_a_route_of_the_host_s_own_is_refused(write_app):
    source = HEAD + "@app.route(route='admin/x')\ndef one(req: func.HttpRequest) -> str: ...\n"

    with pytest.raises(RouteError, match="admin/x"):
        FunctionsHost(write_app(source)).__enter__()


@pytest.mark.parametrize(
    ("queue", "connection", "said"),
    [("%MISSING%", "AzureWebJobsStorage", "MISSING"), ("q", "Elsewhere", "Elsewhere")],
)
def test_a_setting_that_a_binding_names_has_to_be_there(write_app, queue, connection, said):
    source = HEAD + (
        f"@app.queue_trigger(arg_name='msg', queue_name='{queue}', connection='{connection}')\n"
        "def one(msg: func.QueueMessage) -> None: ...\n"
    )
    settings = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}

    with pytest.raises(SettingsError, match=said):
        FunctionsHost(write_app(source), settings=settings).__enter__()


def test_a_connection_is_found_with_and_without_its_prefix():
    settings = Settings(
        {"AzureWebJobsOrders": "one", "Invoices": "two", "AzureWebJobsStorage": "0"}
    )

    assert settings.connection("Orders") == "one"
    assert settings.connection("Invoices") == "two"
    assert settings.connection(None) == "0"


@pytest.mark.parametrize(
    "queues",
    [
        {"batchSize": 0},
        {"batchSize": 33},
        {"newBatchThreshold": -1},
        {"maxDequeueCount": 0},
        {"maxPollingInterval": "00:00:00.05"},
        {"visibilityTimeout": "30"},
        {"messageEncoding": "utf8"},
    ],
)
def test_host_json_out_of_its_range_is_refused(write_app, queues):
    folder = write_app(HEAD, queues=queues)

    with pytest.raises(SettingsError):
        read_host_options(folder, development=False)


def test_host_json_s_defaults_are_the_platform_s(write_app):
    options = read_host_options(write_app(HEAD), development=False)
    developing = read_host_options(write_app(HEAD), development=True)

    assert options.route_prefix == "api"
    assert options.queues.batch_size == 16
    assert options.queues.max_dequeue_count == 5
    assert options.queues.visibility_timeout == 0
    assert options.queues.max_polling_interval == 60
    assert options.queues.base64
    assert developing.queues.max_polling_interval == 2


def test_local_settings_have_to_be_text_and_readable(tmp_path):
    path = tmp_path / "local.settings.json"
    path.write_text('{"IsEncrypted": false, "Values": {"A": "1"}}', "utf-8-sig")
    read = read_local_settings(path)
    path.write_text('{"Values": {"A": 1}}')
    with pytest.raises(SettingsError, match="string"):
        read_local_settings(path)
    path.write_text('{"IsEncrypted": true, "Values": {}}')
    with pytest.raises(SettingsError, match="encrypted"):
        read_local_settings(path)

    assert read == {"A": "1"}
