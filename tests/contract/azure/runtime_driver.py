"""Runs a function app in Microsoft's own Python worker, without the Functions host.

`azure-functions-runtime` is what Azure runs from Python 3.13 on. It takes the protobuf messages it
talks to the host with as an argument, so small stand-ins are enough to index and invoke an app.

Never on an older Python: there is no such library.
"""

import asyncio
import contextlib
import importlib
import json
import sys
import types
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


class RefusedError(Exception):
    """The worker could not index the app; the text is its own."""


class InvocationFailedError(Exception):
    """An invocation failed; the text is the worker's own."""


@dataclass
class HttpAnswer:
    """What the worker hands to the host for an HTTP trigger."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[Any] = field(default_factory=list)


class Message:
    """A stand-in for a protobuf message: the fields it was made with, in order."""

    def __init__(self, **fields: Any) -> None:
        self._fields = fields
        for name, value in fields.items():
            setattr(self, name, value)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802  # protobuf's name
        given = (name for name, value in self._fields.items() if value is not None)
        # A parameter binding's own name is no part of the choice.
        return next((name for name in given if name != "name"), None)


def _message(name: str, **constants: Any) -> Any:
    return type(name, (Message,), constants)


def _protos() -> types.SimpleNamespace:
    same_site = types.SimpleNamespace(Lax=1, Strict=2, ExplicitNone=3)
    setattr(same_site, "None", 0)
    plain = (
        "WorkerInitResponse WorkerMetadata FunctionMetadataResponse FunctionLoadResponse "
        "InvocationResponse RpcFunctionMetadata RpcRetryOptions RpcException RpcHttp TypedData "
        "ParameterBinding NullableString NullableBool NullableDouble NullableTimestamp Timestamp"
    )
    return types.SimpleNamespace(
        StatusResult=_message("StatusResult", Success="success", Failure="failure"),
        # The numbers are those of the decorators' own enumerations.
        BindingInfo=_message("BindingInfo", out=1, inout=2, undefined=0),
        RpcHttpCookie=_message("RpcHttpCookie", SameSite=same_site),
        **{name: _message(name) for name in plain.split()},
    )


PROTOS = _protos()


class Runtime:
    """A function app in Microsoft's worker.

    Args:
        folder: the app's; it comes first on the path while the context lasts.

    Attributes:
        functions: the raw bindings of every function, by its name.
    """

    def __init__(self, folder: Path | str) -> None:
        self.functions: dict[str, list[dict[str, Any]]] = {}
        self._folder = str(Path(folder).resolve())
        self._ids: dict[str, str] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            before = sys.modules.pop("function_app", None)
            sys.path.insert(0, self._folder)
            stack.callback(self._leave, before)
            importlib.invalidate_caches()
            self._loop = asyncio.new_event_loop()
            stack.callback(self._loop.close)
            stack.callback(self._end_threads)
            self._library = importlib.import_module("azure_functions_runtime")
            answer = self._ask(
                "worker_init_request",
                worker_init_request=Message(capabilities={}, function_app_directory=self._folder),
            )
            if answer.result.status == PROTOS.StatusResult.Failure:
                raise RefusedError(answer.result.exception.message)
            found = self._ask("functions_metadata_request").function_metadata_results or []
            self.functions = {
                each.name: [json.loads(raw) for raw in each.raw_bindings] for each in found
            }
            self._ids = {each.name: each.function_id for each in found}
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def http(
        self,
        name: str,
        *,
        method: str = "GET",
        url: str = "http://localhost/",
        body: bytes = b"",
        **mappings: Mapping[str, str],
    ) -> HttpAnswer:
        """Invoke an HTTP function; `headers`, `query` and `params` (of the route) are mappings."""
        value = PROTOS.TypedData(
            http=PROTOS.RpcHttp(
                method=method,
                url=url,
                headers=mappings.get("headers", {}),
                query=mappings.get("query", {}),
                params=mappings.get("params", {}),
                body=PROTOS.TypedData(bytes=body or None),
            )
        )
        returned = self._invoke(name, value).return_value
        if returned.WhichOneof("data") == "string":
            return HttpAnswer(200, returned.string.encode())
        http = returned.http
        return HttpAnswer(
            int(http.status_code), http.body.bytes, dict(http.headers), list(http.cookies or [])
        )

    def queue(self, name: str, text: str, **metadata: Any) -> dict[str, Any]:
        """Invoke a queue function and return its outputs by parameter.

        `metadata` is the trigger's: text, numbers, or `json` for what is JSON already.
        """
        typed = {key: _typed(value) for key, value in metadata.items()}
        done = self._invoke(name, PROTOS.TypedData(string=text), typed)
        return {each.name: each.data for each in done.output_data}

    def timer(self, name: str, *, past_due: bool = False) -> dict[str, Any]:
        """Invoke a timer function and return its outputs by parameter."""
        info = {"Schedule": {}, "ScheduleStatus": {}, "IsPastDue": past_due}
        done = self._invoke(name, PROTOS.TypedData(json=json.dumps(info)))
        return {each.name: each.data for each in done.output_data}

    def _invoke(self, name: str, value: Any, metadata: Mapping[str, Any] | None = None) -> Any:
        trigger = next(
            each["name"] for each in self.functions[name] if each["type"].endswith("Trigger")
        )
        answer = self._ask(
            "invocation_request",
            invocation_request=Message(
                invocation_id=str(uuid.uuid4()),
                function_id=self._ids[name],
                input_data=[PROTOS.ParameterBinding(name=trigger, data=value)],
                trigger_metadata=metadata or {},
                trace_context=Message(trace_parent="", trace_state="", attributes={}),
                retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
            ),
        )
        if answer.result.status == PROTOS.StatusResult.Failure:
            raise InvocationFailedError(answer.result.exception.message)
        return answer

    def _ask(self, handler: str, **content: Any) -> Any:
        request = Message(
            request=Message(**content), properties={"protos": PROTOS, "host": "127.0.0.1"}
        )
        return self._loop.run_until_complete(getattr(self._library, handler)(request))

    def _end_threads(self) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())

    def _leave(self, before: types.ModuleType | None) -> None:
        sys.path.remove(self._folder)
        sys.modules.pop("function_app", None)
        if before is not None:
            sys.modules["function_app"] = before


def _typed(value: int | str) -> Any:
    if isinstance(value, int):
        return PROTOS.TypedData(json=json.dumps(value))
    return PROTOS.TypedData(string=value)
