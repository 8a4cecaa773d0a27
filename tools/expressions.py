"""ARM's expressions, as far as a snapshot leaves them: `[format('https://{0}', ...)]`.

Never asks Azure: what only a deployment knows becomes a text in angle brackets that says what it
is.
"""

import re
from typing import Any, Final

PUBLIC_CLOUD: Final = {
    "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
    "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
}
_TOKEN: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_]\w*)|([(),.\[\]]))")


def spelled(value: Any) -> Any:
    """Return a value of a snapshot with every expression in it evaluated.

    >>> spelled("[format('https://{0}.blob.{1}', 'a', environment().suffixes.storage)]")
    'https://a.blob.core.windows.net'
    >>> spelled("[reference('/sub/sites/app', '2025-03-01').defaultHostName]")
    'app.azurewebsites.net'
    >>> spelled("[parameters('secret')]")
    "<parameters('secret')>"
    """
    if isinstance(value, dict):
        return {spelled(name): spelled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [spelled(each) for each in value]
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return _Reader(value[1:-1]).whole()
    return value


class _Unknown(str):
    """A text in angle brackets; a property of it is another one."""

    __slots__ = ()


class _Resource(dict[str, str]):
    """What `reference` gives: its properties are known only by their names."""


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> Any:
        found = self._value()
        return str(found) if isinstance(found, _Unknown) else found

    def _value(self) -> Any:
        start = self._at
        text, number, name, _ = self._take()
        if text is not None:
            found: Any = text.replace("''", "'")
        elif number is not None:
            found = int(number)
        else:
            arguments = self._arguments() if self._peek() == "(" else []
            found = _called(name, arguments, f"<{self._text[start : self._at].strip()}>")
        while (mark := self._peek()) in {".", "["}:
            self._take()
            step = self._take()[2] if mark == "." else self._value()
            if mark == "[":
                self._take()
            found = _property(found, step, f"<{self._text[start : self._at].strip()}>")
        return found

    def _arguments(self) -> list[Any]:
        self._take()
        found = []
        while self._peek() != ")":
            found.append(self._value())
            if self._peek() == ",":
                self._take()
        self._take()
        return found

    def _take(self) -> tuple[Any, Any, Any, Any]:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise ValueError(f"Not an expression at {self._at}: {self._text}")
        self._at = match.end()
        return match[1], match[2], match[3], match[4]

    def _peek(self) -> str | None:
        match = _TOKEN.match(self._text, self._at)
        return match[4] if match else None


def _called(name: str, arguments: list[Any], text: str) -> Any:
    match name, arguments:
        case "format", [pattern, *values]:
            found: Any = str(pattern).format(*values)
        case "environment", []:
            found = PUBLIC_CLOUD
        case "coalesce", _:
            found = next((each for each in arguments if each is not None), None)
        case "split", [whole, mark]:
            found = str(whole).split(str(mark))
        case "filter", [list(parts), _]:
            found = [each for each in parts if each]  # as ARM takes a nested name apart
        case "resourceId", _:
            found = _resource_id([str(each) for each in arguments])
        case "reference", [str(target), *_] if target.startswith("/"):
            found = _Resource(id=target)
        case _:
            found = _Unknown(text)
    return found


def _resource_id(arguments: list[str]) -> str:
    subscription, group, kind, *names = arguments
    provider, *types = kind.split("/")
    path = "/".join(part for pair in zip(types, names, strict=False) for part in pair)
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/{path}"


def _property(found: Any, step: Any, text: str) -> Any:
    if isinstance(found, _Resource):
        name = found["id"].rpartition("/")[2]
        if step == "defaultHostName":
            return f"{name}.azurewebsites.net"
        return _Unknown(f"<{step} of {name}>")
    if isinstance(found, dict | list):
        return found[step]
    return _Unknown(text)
