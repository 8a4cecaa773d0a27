"""Key Vault's secrets, as far as azure-keyvault-secrets asks for them.

Never checks roles: a token for the vault opens all of it.
"""

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.entra import TENANT
from sandbox.web import json_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

RESOURCE = "https://vault.azure.net"
RECOVERABLE_DAYS = 90
LARGEST = 25_600  # bytes of a secret's value
PAGE = 25


@dataclass
class Version:
    """One version of a secret; only its attributes, tags and content type can change."""

    version: str
    value: str
    created: int
    updated: int
    enabled: bool = True
    content_type: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    dates: dict[str, int] = field(default_factory=dict)  # nbf and exp, where given


@dataclass
class Deleted:
    """A deleted secret: its name stays taken until it is recovered or purged."""

    versions: list[Version]
    deleted: int


class VaultError(Exception):
    """An answer of the vault that is an error: status, code, text, inner code."""

    def __init__(self, status: int, code: str, text: str, inner: str | None = None) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.inner = status, code, text, inner


class KeyVault:
    """A vault of secrets with versions, soft delete and the bearer challenge.

    The challenge names Azure's own audience, which the SDK refuses for a vault on localhost unless
    it was built with `verify_challenge_resource=False`.

    Args:
        accepts: says of a bearer token whether it opens this vault, for example
            `lambda token: entra.accepts(token, "https://vault.azure.net")`.
        authority: what the challenge names as the place to get a token from; the SDK takes the
            tenant from it.
    """

    def __init__(
        self,
        *,
        accepts: Callable[[str], bool],
        authority: str = f"https://login.microsoftonline.com/{TENANT}",
    ) -> None:
        self._accepts = accepts
        self._challenge = f'Bearer authorization="{authority}", resource="{RESOURCE}"'
        self._live: dict[str, list[Version]] = {}
        self._deleted: dict[str, Deleted] = {}
        self._lock = threading.RLock()

    @property
    def secrets(self) -> dict[str, str]:
        """The current value of every secret that is not deleted, by name."""
        with self._lock:
            return {name: versions[-1].value for name, versions in self._live.items()}

    def versions(self, name: str) -> list[Version]:
        """The versions of secret `name`, oldest first; empty when there is none."""
        with self._lock:
            return list(self._live.get(name, []))

    def set(self, name: str, value: str, **properties: Any) -> Version:
        """Add a version of secret `name`; `properties` are those of `Version`."""
        now = int(time.time())
        version = Version(uuid.uuid4().hex, value, created=now, updated=now, **properties)
        with self._lock:
            self._live.setdefault(name, []).append(version)
        return version

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not self._accepts(token):
            text = "The bearer token is not valid." if token else "The bearer token is missing."
            body = {"error": {"code": "Unauthorized", "message": text}}
            headers = {"WWW-Authenticate": self._challenge}
            return json_response(body, status=401, headers=headers)
        try:
            with self._lock:
                return self._route(request)
        except VaultError as error:
            said: dict[str, Any] = {"code": error.code, "message": error.text}
            if error.inner:
                said["innererror"] = {"code": error.inner}
            return json_response({"error": said}, status=error.status)

    def _route(self, request: Request) -> Response:
        if not request.args.get("api-version"):
            raise VaultError(400, "BadParameter", "The api-version is missing.")
        base = request.host_url.rstrip("/")
        match request.path.strip("/").split("/"):
            case ["secrets"] if request.method == "GET":
                items = [
                    {**_item(versions[-1]), "id": f"{base}/secrets/{name}"}
                    for name, versions in sorted(self._live.items())
                ]
                return _page(request, items)
            case ["secrets", name, *version] if len(version) < 2:
                return self._secret(request, base, name, *version)
            case ["deletedsecrets"] if request.method == "GET":
                return _page(request, [self._removed(base, name) for name in sorted(self._deleted)])
            case ["deletedsecrets", name, *action] if len(action) < 2:
                return self._deleted_secret(request, base, name, *action)
            case _:
                return Response(status=404)

    def _secret(self, request: Request, base: str, name: str, version: str = "") -> Response:
        match request.method, version:
            case "PUT", "":
                return json_response(_bundle(base, name, self._put(name, request.get_json())))
            case "DELETE", "":
                self._deleted[name] = Deleted(self._find(name), int(time.time()))
                del self._live[name]
                return json_response(self._removed(base, name))
            case "GET", "versions":
                items = [
                    {**_item(each), "id": f"{base}/secrets/{name}/{each.version}"}
                    for each in self._find(name)
                ]
                return _page(request, items)
            case "GET", _:
                found = self._version(name, version)
                if not found.enabled:
                    text = "Operation get is not allowed on a disabled secret."
                    raise VaultError(403, "Forbidden", text, "SecretDisabled")
                return json_response(_bundle(base, name, found))
            case "PATCH", _:
                found = self._version(name, version)
                self._change(found, request.get_json())
                bundle = _bundle(base, name, found)
                return json_response({key: bundle[key] for key in bundle if key != "value"})
            case _:
                return Response(status=405)

    def _deleted_secret(self, request: Request, base: str, name: str, action: str = "") -> Response:
        removed = self._removed(base, name)
        match request.method, action:
            case "GET", "":
                return json_response(removed)
            case "DELETE", "":
                del self._deleted[name]
                return Response(status=204)
            case "POST", "recover":
                self._live[name] = self._deleted.pop(name).versions
                return json_response(_bundle(base, name, self._live[name][-1]))
            case _:
                return Response(status=405)

    def _put(self, name: str, body: dict[str, Any]) -> Version:
        if not re.fullmatch(r"[0-9a-zA-Z-]{1,127}", name):
            raise VaultError(400, "BadParameter", f"'{name}' is not a name a secret can have.")
        value = body.get("value")
        if not isinstance(value, str) or len(value.encode()) > LARGEST:
            raise VaultError(400, "BadParameter", "The value is missing or too large.")
        if name in self._deleted:
            text = f"Secret {name} is deleted but recoverable: its name cannot be used again."
            raise VaultError(409, "Conflict", text, "ObjectIsDeletedButRecoverable")
        version = self.set(name, value)
        self._change(version, body)
        return version

    def _change(self, version: Version, body: dict[str, Any]) -> None:
        attributes = body.get("attributes") or {}
        version.enabled = attributes.get("enabled", version.enabled)
        version.dates |= {key: attributes[key] for key in ("nbf", "exp") if key in attributes}
        version.content_type = body.get("contentType", version.content_type)
        version.tags = body.get("tags", version.tags)
        version.updated = int(time.time())

    def _find(self, name: str) -> list[Version]:
        if name not in self._live:
            text = f"A secret with (name/id) {name} was not found in this key vault."
            raise VaultError(404, "SecretNotFound", text)
        return self._live[name]

    def _version(self, name: str, version: str) -> Version:
        versions = self._find(name)
        if not version:
            return versions[-1]
        for each in versions:
            if each.version == version:
                return each
        text = f"A secret with (name/id) {name}/{version} was not found in this key vault."
        raise VaultError(404, "SecretNotFound", text)

    def _removed(self, base: str, name: str) -> dict[str, Any]:
        if name not in self._deleted:
            text = f"Deleted Secret not found: {name}"
            raise VaultError(404, "SecretNotFound", text)
        gone = self._deleted[name]
        bundle = _bundle(base, name, gone.versions[-1])
        del bundle["value"]
        return bundle | {
            "recoveryId": f"{base}/deletedsecrets/{name}",
            "deletedDate": gone.deleted,
            "scheduledPurgeDate": gone.deleted + RECOVERABLE_DAYS * 86_400,
        }


def _item(version: Version) -> dict[str, Any]:
    item: dict[str, Any] = {
        "attributes": {
            "enabled": version.enabled,
            **version.dates,
            "created": version.created,
            "updated": version.updated,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": RECOVERABLE_DAYS,
        },
        "tags": version.tags,
    }
    if version.content_type is not None:
        item["contentType"] = version.content_type
    return item


def _bundle(base: str, name: str, version: Version) -> dict[str, Any]:
    return {
        "value": version.value,
        **_item(version),
        "id": f"{base}/secrets/{name}/{version.version}",
    }


def _page(request: Request, items: list[dict[str, Any]]) -> Response:
    start = int(request.args.get("$skiptoken", 0))
    size = min(int(request.args.get("maxresults", PAGE)), PAGE)
    more = None
    if start + size < len(items):
        version = request.args["api-version"]
        more = (
            f"{request.base_url}?api-version={version}&maxresults={size}&$skiptoken={start + size}"
        )
    return json_response({"value": items[start : start + size], "nextLink": more})
