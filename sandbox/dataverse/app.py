"""Dataverse as a WSGI app: who may call, how much, how an answer looks on the wire.

Never knows what a request means; that is the service's part.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from sandbox.dataverse import errors
from sandbox.dataverse.addresses import ROOT
from sandbox.dataverse.batch import Batch
from sandbox.dataverse.customizing import customer, delivered
from sandbox.dataverse.customizing.customer import CustomerWork
from sandbox.dataverse.environment import Environment, PlugIn
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.limits import Limits
from sandbox.dataverse.operations import Answer, Operation, error_answer
from sandbox.dataverse.people import People
from sandbox.dataverse.privileges import ADMINISTRATOR
from sandbox.dataverse.remote import Remote
from sandbox.dataverse.service import Service
from sandbox.dataverse.switches import Switches

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Role = str | Mapping[str, str]

MAX_URL = 32_768
DEGREE_OF_PARALLELISM = 4
TENANT = "11111111-1111-1111-1111-111111111111"


class Dataverse:
    """One Dataverse environment, answering `/api/data/v9.2/` and `/_sandbox/`.

    Attributes:
        throttle: the service protection limits and what was used of them.
    """

    def __init__(
        self,
        *,
        url: str = "https://org.crm.dynamics.com",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        key_delay: float = 0.2,
        latency: float = 0.0,
        latency_per_read: float = 0.0,
        latency_per_write: float = 0.0,
        token_check: Callable[[str], bool] | None = None,
        limits: Limits | None = Limits(),  # noqa: B008  # frozen, so one default serves all
        sales: bool = True,
        closed_activities_read_only: bool = True,
        saved: bytes | None = None,
    ) -> None:
        """Start an environment with its base data.

        Args:
            url: the environment's address, the resource tokens are asked for.
            clock: the aware time it is.
            key_delay: seconds until a new alternate key's index is built.
            latency: seconds every request takes.
            latency_per_read: seconds every operation takes that reads, batch parts included, one
                after the other.
            latency_per_write: the same for every row that is written.
            token_check: says whether a bearer token is good; False is answered 401, a
                `PermissionError` 403. None accepts any token.
            limits: the service protection limits; None switches them off.
            sales: whether Dynamics 365 Sales is installed.
            closed_activities_read_only: whether completed and cancelled activities are.
            saved: what another environment `saved`, which this one begins as; it decides about the
                Sales app.
        """
        self.url = url.rstrip("/")
        self.environment = Environment(
            clock=clock,
            key_delay=key_delay,
            with_sales=sales,
            strict_activities=closed_activities_read_only,
            saved=saved,
        )
        if saved is None:
            delivered.install(self.environment)
        self._switches = Switches(
            self.environment,
            limits=limits,
            latency=latency,
            latency_per_read=latency_per_read,
            latency_per_write=latency_per_write,
        )
        self.throttle = self._switches.throttle
        self._token_check = token_check
        self._service = Service(self.environment)
        self._batch = Batch(self._service, url=self.url)
        self._people = People(self.environment)
        self._remote = Remote(self.environment, self._people, self._switches)
        self._affinity = uuid.uuid4().hex

    def add(self, table: str, /, **columns: Any) -> str:
        """Add a row and return its id.

        References are given by navigation property (`customerid_account="<id>"`), or as the body
        would bind them; `statecode` and `statuscode` may be any valid pair.
        """
        return self._people.add(table, columns)

    def get(self, table: str, row_id: str) -> dict[str, Any] | None:
        """Return a row with all its columns, lookups as `_<name>_value`, or None."""
        return self._people.get(table, row_id)

    def all(self, table: str) -> list[dict[str, Any]]:
        """Return all rows of a table, oldest first."""
        return self._people.all(table)

    def update(self, table: str, row_id: str, /, **columns: Any) -> None:
        """Update a row as a person in Sales would; its version changes."""
        self._people.update(table, row_id, columns)

    def delete(self, table: str, row_id: str) -> None:
        """Delete a row as a person in Sales would."""
        self._people.delete(table, row_id)

    def merge(self, table: str, master: str, subordinate: str, /, **columns: Any) -> None:
        """Merge two rows as a person in Sales would who picks `columns` for the master."""
        self._people.merge(table, master, subordinate, columns)

    def user(self, fullname: str, /, role: Role = ADMINISTRATOR, **columns: Any) -> str:
        """Add a user, who may own rows if enabled and `role` lets them; return its id.

        Args:
            fullname: whose name it is.
            role: "administrator" holds every privilege, "none" no role at all; otherwise the
                depths of what is granted, by privilege's name.
            columns: further columns.
        """
        return self._people.join("systemuser", {"fullname": fullname, **columns}, role)

    def team(self, name: str, /, role: Role = ADMINISTRATOR, **columns: Any) -> str:
        """Add a team that may own rows, if `role` lets it; return its id."""
        return self._people.join("team", {"name": name, **columns}, role)

    def grant(self, principal: str, role: Role) -> None:
        """Give a user or team another role in place of all it has."""
        self._people.grant(principal, role)

    def use(self, kind: str, name: str, /, table: str, column: str = "") -> str:
        """Let a form, view or process of the firm's own use a table or column; return its id."""
        return self._people.use(kind, name, table, column)

    def plug_in(self, plug_in: PlugIn) -> None:
        """Ask a plug-in of the firm's own about every row that is created or updated.

        It is told the table and the columns, and refuses by raising a `DataverseError`; `unplug`
        takes all of them out again.
        """
        self.environment.plug_ins.append(plug_in)

    def unplug(self) -> None:
        """Take every plug-in out again."""
        self.environment.plug_ins.clear()

    def customer_customizations(self) -> CustomerWork:
        """Let a customer have made a form and a view of accounts, and drafts of Microsoft's."""
        with self.environment.lock, self.environment.transaction():
            return customer.customize(self.environment)

    def limit_messages(self, table: str, *names: str) -> None:
        """Let a table have CreateMultiple, UpdateMultiple or none; with both, it has upserts."""
        self._people.limit_messages(table, list(names))

    def manage(self, solution: str) -> None:
        """Turn a solution into a managed one, as its import into another environment would."""
        self._people.manage(solution)

    def set(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Change settings by name and return all.

        They are latency, latency_per_read, latency_per_write, key_delay, limits, privileges,
        choices (see `sandbox.dataverse.choices`), customizing (see
        `sandbox.dataverse.customization`) and, of the organization, what concerns prices.
        """
        return self._switches.set(settings)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        if request.path.startswith("/_sandbox/"):
            return self._remote.answer(request)(environ, start_response)
        return self._api(request)(environ, start_response)

    def _api(self, request: Request) -> Response:
        try:
            self._authorize(request)
            with self.throttle.request():
                answer = self._execute(request)
        except DataverseError as error:
            answer = error_answer(error)
        return self._respond(request, answer)

    def _authorize(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _Unauthorized(self.url)
        try:
            accepted = self._token_check is None or self._token_check(token.strip())
        except PermissionError as error:
            raise DataverseError(
                403, errors.MISSING_PRIVILEGE, f"The caller lacks a privilege: {error}"
            ) from error
        if not accepted:
            raise _Unauthorized(self.url)

    def _execute(self, request: Request) -> Answer:
        if self._switches.latency:
            time.sleep(self._switches.latency)
        try:
            answer = self._dispatch(request)
        except DataverseError as error:
            answer = error_answer(error)
        reads = answer.operations if request.method == "GET" else answer.reads
        takes = reads * self._switches.latency_per_read
        takes += (answer.operations - reads) * self._switches.latency_per_write
        if takes:
            time.sleep(takes)
        return answer

    def _dispatch(self, request: Request) -> Answer:
        raw = request.environ.get("REQUEST_URI") or request.full_path
        path, _, query = raw.partition("?")
        if not path.startswith(ROOT):
            raise errors.no_segment(path)
        relative = path.removeprefix(ROOT)
        if request.method == "GET" and len(raw) > MAX_URL:
            raise errors.request("The URL is too long.", status=414)
        operation = Operation(
            request.method,
            relative,
            query,
            {name.lower(): value for name, value in request.headers.items()},
            self._body(request),
            request.host_url.rstrip("/"),
        )
        if relative == "$batch":
            if request.method != "POST" or query:
                raise errors.request("$batch is posted, without options.", status=405)
            return self._batch.answer(operation)
        return self._service.execute(operation)

    def _body(self, request: Request) -> bytes:
        limits = self.throttle.limits
        allowed = limits.body if limits else Limits.body
        if (request.content_length or 0) > allowed:
            raise DataverseError(413, "", "The request entity is too large.")
        try:
            body = request.get_data(cache=False)
        except ClientDisconnected as error:
            raise errors.payload("the body ends too early.") from error
        if len(body) > allowed:
            raise DataverseError(413, "", "The request entity is too large.")
        return body

    def _respond(self, request: Request, answer: Answer) -> Response:
        response = Response(answer.body or b"", status=answer.status)
        del response.headers["Content-Type"]
        given = request.headers.get("x-ms-client-request-id")
        request_id = str(uuid.uuid4())
        headers = {
            "OData-Version": "4.0",
            "Cache-Control": "no-cache",
            "Date": http_date(self.environment.clock()),
            "REQ_ID": request_id,
            "x-ms-service-request-id": request_id,
            "x-ms-dop-hint": str(DEGREE_OF_PARALLELISM),
            **({"x-ms-client-request-id": given} if given else {}),
            **self.throttle.headers(),
            **answer.headers,
        }
        for name, value in headers.items():
            response.headers[name] = value
        if "ARRAffinity" not in request.cookies:
            response.set_cookie("ARRAffinity", self._affinity, path="/", httponly=True, secure=True)
        return response


class _Unauthorized(DataverseError):  # noqa: N818  # named after the status it is answered with
    def __init__(self, url: str) -> None:
        challenge = (
            f"Bearer authorization_uri=https://login.microsoftonline.com/{TENANT}/oauth2/authorize"
            f", resource_id={url}/"
        )
        super().__init__(401, "", "Unauthorized", headers={"WWW-Authenticate": challenge})
