"""Indexing: from an imported function_app to the functions it registers.

Never runs a function. Refuses what the platform refuses, and like the platform all of the app then.
"""

import functools
import inspect
import json
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import azure.functions as func

TRIGGERS = ("httpTrigger", "queueTrigger", "timerTrigger")

_FUNCTION_NAME = re.compile(r"[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
_BINDING_NAME = re.compile(r"[a-z](?:_?[a-z0-9])*_?", re.IGNORECASE)


class IndexingError(Exception):
    """The app cannot be indexed: it has no functions at all then."""


@dataclass(frozen=True)
class Function:
    """One function of an app.

    Attributes:
        name: unique within the app, whatever its case.
        call: the user's own function.
        is_async: whether it is a coroutine function.
        bindings: the raw bindings, trigger included, as the worker sends them to the host.
        trigger: the one of them that starts it.
        trigger_type: the Python type of the trigger's parameter, `Any` without an annotation.
        outputs: the raw output bindings by parameter.
        returned: the raw `$return` binding.
        wants_context: whether it has a `context` parameter.
    """

    name: str
    call: Callable[..., Any]
    is_async: bool
    bindings: tuple[dict[str, Any], ...]
    trigger: dict[str, Any]
    trigger_type: Any
    outputs: dict[str, dict[str, Any]]
    returned: dict[str, Any] | None
    wants_context: bool

    @property
    def kind(self) -> str:
        """The trigger's type, for example `queueTrigger`."""
        return str(self.trigger["type"])


@functools.cache
def converter(kind: str) -> Any:
    """Return the library's converter of a binding type, None when it has none."""
    return func.get_binding_registry().get(kind)  # type: ignore[no-untyped-call]  # theirs


def index(module: types.ModuleType) -> list[Function]:
    """Return the functions that `module` registers.

    The library counts an app's names once: a module can be indexed only once per import.

    Raises:
        IndexingError: as the platform would; the text says why.
    """
    try:
        registered = _the_app(module).get_functions()
        functions = [_function(each) for each in registered]
    except (ValueError, TypeError, NameError, AttributeError) as error:
        raise IndexingError(f"{type(error).__name__}: {error}") from error
    seen: set[str] = set()
    for function in functions:
        if function.name.lower() in seen:
            raise IndexingError(f"Function {function.name} does not have a unique name.")
        seen.add(function.name.lower())
    return functions


def _the_app(module: types.ModuleType) -> func.FunctionRegister:
    found = [each for each in vars(module).values() if isinstance(each, func.FunctionRegister)]
    if len(found) != 1:
        raise IndexingError(
            "More than one top level function app instance is defined."
            if found
            else f"Could not find a top level function app instance in {module.__name__}."
        )
    return found[0]


def _function(registered: Any) -> Function:
    name = registered.get_function_name()
    if not _FUNCTION_NAME.fullmatch(name) or name.lower() == "host":
        raise IndexingError(f"'{name}' is not a name a function can have.")
    bindings = tuple(json.loads(raw) for raw in registered.get_raw_bindings())
    call = registered.get_user_function()
    parameters = set(inspect.signature(call).parameters)
    hints = typing.get_type_hints(call)
    bound = {each["name"]: each for each in bindings if each["name"] != "$return"}
    wants_context = "context" in parameters - set(bound)
    if wants_context and hints.get("context", func.Context).__name__ != "Context":
        raise IndexingError(f"{name}: 'context' has to be of type azure.functions.Context.")
    parameters -= {"context"} if wants_context else set()
    if parameters != set(bound):
        raise IndexingError(
            f"cannot load the {name} function: its parameters are {sorted(parameters)}, "
            f"its bindings {sorted(bound)}"
        )
    for binding in bound.values():
        _check(name, binding, hints)
    trigger = next(each for each in bindings if each["type"].endswith("Trigger"))
    returned = next((each for each in bindings if each["name"] == "$return"), None)
    return Function(
        name=name,
        call=call,
        is_async=inspect.iscoroutinefunction(call),
        bindings=bindings,
        trigger=trigger,
        trigger_type=hints.get(trigger["name"], Any),
        outputs={key: each for key, each in bound.items() if each["direction"] == "OUT"},
        returned=returned,
        wants_context=wants_context,
    )


def _check(function: str, binding: dict[str, Any], hints: dict[str, Any]) -> None:
    parameter, kind = binding["name"], binding["type"]
    if not _BINDING_NAME.fullmatch(parameter):
        raise IndexingError(f"{function}: '{parameter}' is not a name a binding can have.")
    if parameter not in hints:
        return
    hint = hints[parameter]
    is_out = getattr(typing.get_origin(hint) or hint, "__name__", "") == "Out"
    if is_out != (binding["direction"] == "OUT"):
        raise IndexingError(
            f"{function}: the annotation of '{parameter}' does not fit its binding's direction."
        )
    known = converter(kind)
    if is_out:
        arguments = typing.get_args(hint)
        if len(arguments) != 1:
            raise IndexingError(f"{function}: '{parameter}' has an invalid Out annotation.")
        hint, fits = arguments[0], "check_output_type_annotation"
    else:
        fits = "check_input_type_annotation"
    if hint in {str, bytes} or known is None:
        return
    if not isinstance(hint, type) and typing.get_origin(hint) is None:
        raise IndexingError(f"{function}: '{parameter}' has a non-type annotation {hint!r}.")
    if not getattr(known, fits)(hint):
        raise IndexingError(
            f"{function}: the {kind} binding of '{parameter}' does not match its annotation {hint}."
        )
