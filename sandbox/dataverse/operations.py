"""One request as the service sees it, alone or as a part of a batch, and its answer.

Never routes; it only reads the headers and refuses those the service would not understand.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.addresses import ROOT
from sandbox.dataverse.bodies import References
from sandbox.dataverse.encoding import dumps
from sandbox.dataverse.environment import Reference
from sandbox.dataverse.options import MAX_PAGE
from sandbox.dataverse.reading import Annotations

JSON = "application/json; odata.metadata=minimal"
_PREFERENCE = re.compile(r'(?:[^",]|"[^"]*")+')
_ETAG = re.compile(r'W/"\d+"')
_KNOWN = frozenset(
    {
        "mscrm.solutionuniquename",
        "mscrm.mergelabels",
        "mscrm.bypasscustompluginexecution",
        "mscrm.bypassbusinesslogicexecution",
        "mscrm.bypassbusinesslogicexecutionstepids",
        "mscrm.suppresscallbackregistrationexpanderjob",
        "mscrm.suppressduplicatedetection",
    }
)
_JSON_TYPES = ("application/json", "application/*", "*/*")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the Prefer header asks for."""

    representation: bool = False
    continue_on_error: bool = False
    page_size: int | None = None
    annotations: Annotations = field(default_factory=Annotations)


@dataclass(frozen=True)
class Operation:
    """One request.

    Attributes:
        method: HTTP method.
        path: percent-encoded, relative to the service root, without the query.
        query: percent-encoded, without the `?`.
        headers: by lower case name.
        body: as sent.
        origin: `https://host` the client called, for addresses in the answer.
        references: rows created by earlier parts of the same change set, by Content-ID.
        in_change_set: whether it is a part of one.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    references: References = field(default_factory=dict)
    in_change_set: bool = False

    @property
    def root(self) -> str:
        """The absolute address of the service root, with a slash at its end."""
        return self.origin + ROOT

    @cached_property
    def preferences(self) -> Preferences:
        """The Prefer header, understood.

        Raises:
            DataverseError: 400 a malformed value; 501 a preference the sandbox lacks.
        """
        given = self.headers.get("prefer", "")
        found: dict[str, Any] = {}
        for piece in _PREFERENCE.findall(given):
            name, _, value = piece.partition("=")
            _prefer(name.strip().lower(), value.strip().strip('"'), found)
        return Preferences(**found)

    @property
    def if_match(self) -> str | None:
        """`*`, an ETag, or None.

        Raises:
            DataverseError: 400, it is neither.
        """
        given = self.headers.get("if-match")
        if given is not None and given != "*" and not _ETAG.fullmatch(given):
            raise errors.request("The header 'If-Match' has value which is not a valid ETag.")
        return given

    @property
    def if_none_match(self) -> str | None:
        """`*`, an ETag, or None; `null`, which Microsoft's samples send against caches, is none.

        Raises:
            DataverseError: 400, it is nothing of these.
        """
        given = self.headers.get("if-none-match")
        if given in {None, "null"}:
            return None
        if given != "*" and not _ETAG.fullmatch(str(given)):
            raise errors.request("The header 'If-None-Match' has value which is not a valid ETag.")
        return given

    def check_headers(self) -> None:
        """Refuse headers the service would refuse, and those it knows but the sandbox lacks."""
        for name in ("odata-version", "odata-maxversion"):
            if self.headers.get(name, "4.0") not in {"4.0", *(["4.01"] if "max" in name else [])}:
                raise errors.request(f"The {name} '{self.headers[name]}' is not supported.")
        accept = self.headers.get("accept", "*/*")
        if not any(kind in accept for kind in _JSON_TYPES):
            raise errors.request("A supported MIME type could not be found.", status=415)
        for name, value in self.headers.items():
            if name.startswith("mscrm") and name not in _KNOWN:
                raise errors.unsupported(f"the header {name}")
            if name == "mscrm.suppressduplicatedetection" and value.lower() != "true":
                raise errors.unsupported("duplicate detection rules")
        _ = self.preferences

    def check_json(self) -> None:
        """Refuse a body that does not say it is JSON."""
        kind = self.headers.get("content-type", "")
        if not kind.lower().startswith("application/json"):
            raise errors.payload(f"the content type '{kind}' is not application/json.")


@dataclass
class Answer:
    """What comes back.

    Attributes:
        status: HTTP status.
        body: JSON text, or None.
        headers: without those every answer carries.
        created: the row a later part of the change set may refer to.
        operations: how many rows' worth of work it was.
        reads: how many of them only read.
    """

    status: int
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    created: Reference | None = None
    operations: int = 1
    reads: int = 0


def json_answer(body: Any, *, status: int = 200, **more: Any) -> Answer:
    """Answer with `body` as JSON."""
    headers = {"Content-Type": JSON, **more.pop("headers", {})}
    return Answer(status, dumps(body), headers, **more)


def error_answer(error: errors.DataverseError) -> Answer:
    """Answer with the service's error envelope."""
    body = {"error": {"code": error.code, "message": error.message}}
    return json_answer(body, status=error.status, headers=error.headers)


def _prefer(name: str, value: str, found: dict[str, Any]) -> None:
    if name == "return":
        if value not in {"representation", "minimal"}:
            raise errors.request(f"The preference return={value} is not valid.")
        found["representation"] = value == "representation"
    elif name == "odata.continue-on-error":
        found["continue_on_error"] = value != "false"
    elif name == "odata.maxpagesize":
        if not value.isdigit() or not int(value):
            raise errors.request(f"The preference odata.maxpagesize={value} is not valid.")
        found["page_size"] = min(int(value), MAX_PAGE)
    elif name == "odata.include-annotations":
        patterns = tuple(piece.strip() for piece in value.split(","))
        found["annotations"] = Annotations(patterns)
    else:
        raise errors.unsupported(f"the preference {name}")
