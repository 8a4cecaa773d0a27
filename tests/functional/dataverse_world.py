"""One Dataverse environment with its administrator: the sandbox behind a door that can fail."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import requests

from sandbox.control import Controlled
from sandbox.dataverse import Dataverse as Sandbox
from sandbox.web import InProcess
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.form_tabs import TabTexts
from shared.adapters.dataverse.forms import FormsAdmin
from shared.adapters.dataverse.schema import SchemaAdmin
from shared.adapters.dataverse.schema_removal import SchemaRemoval
from shared.adapters.http.transport import Transport
from shared.core.policies import Target
from shared.core.privileges import Privilege, TableNeed, list_needs
from shared.core.screens.tabs import tabs
from shared.translations import load_translations

URL = "https://org.crm.dynamics.com"
API = f"{URL}/api/data/v9.2"


_APPLIED: list[bytes] = []


def schema_applied() -> bytes:
    """Return an environment to which the schema was applied at `Clock`'s first moment."""
    if not _APPLIED:
        environment = AdministeredEnvironment()
        environment.admin().apply(wait=60)
        _APPLIED.append(environment.sandbox.environment.saved())
    return _APPLIED[0]


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def seconds(self) -> float:
        return self.now.timestamp()


class AdministeredEnvironment:
    """An environment, a plain session into it, and the adapters that change its schema."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.sandbox = Sandbox(url=URL, clock=self.clock, limits=None, **{"key_delay": 0} | options)
        self.door = Controlled(self.sandbox)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = "Bearer a-token"
        self.session.mount("https://", InProcess(self.sandbox))

    @classmethod
    def with_schema(cls) -> Self:
        """Return one in which the schema was applied, once for all tests of a process."""
        environment = cls()
        environment.sandbox.environment.restore(schema_applied())
        return environment

    def api(self, app: Any = None) -> DataverseApi:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", InProcess(app or self.door))
        transport = Transport(
            service="Dataverse",
            base_url=URL,
            timeout=(1, 1),
            session=session,
            sleep=self.clock.advance,
        )
        return DataverseApi(transport, lambda _rejected: "a-token")

    def admin(
        self,
        *,
        needs: tuple[TableNeed, ...] | None = None,
        target: Target = Target.RECORD,
        app: Any = None,
        extra: tuple[Privilege, ...] = (),
    ) -> SchemaAdmin:
        return SchemaAdmin(
            self.api(app),
            needs=list_needs(deletes=False, target=target) if needs is None else needs,
            target=target,
            extra=extra,
            translations=load_translations,
            sleep=self.clock.advance,
            clock=self.clock.seconds,
        )

    def removal(self, app: Any = None) -> SchemaRemoval:
        return SchemaRemoval(self.api(app), URL, sleep=self.clock.advance)

    def forms(self, app: Any = None) -> FormsAdmin:
        api, shown = self.api(app), tabs(sales=True)
        texts = TabTexts(api, shown, translations=load_translations)
        return FormsAdmin(api, URL, tabs=shown, render=texts, sleep=self.clock.advance)

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        answer = self.session.post(f"{API}/{path}", json=body, headers=headers)
        assert answer.ok, answer.text
        return answer

    def read(self, path: str) -> Any:
        answer = self.session.get(f"{API}/{path}")
        assert answer.ok, answer.text
        return answer.json()

    def form(self, form: object) -> str:
        """Return a form's text, with what nobody published yet."""
        unpublished = "Microsoft.Dynamics.CRM.RetrieveUnpublished"
        return str(self.read(f"systemforms({form})/{unpublished}?$select=formxml")["formxml"])

    def rows(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.read(path)["value"]
        return found

    def granted(self, role: object) -> dict[str, str]:
        found = self.read(f"RetrieveRolePrivilegesRole(RoleId={role})")["RolePrivileges"]
        return {each["PrivilegeName"]: each["Depth"] for each in found}

    def everything(self) -> dict[str, Any]:
        """What an administrator could see of the connector, and of the firm's own tables."""
        tables = self.rows("EntityDefinitions?$select=LogicalName,SchemaName")
        columns = {
            table: sorted(
                each["LogicalName"]
                for each in self.rows(
                    f"EntityDefinitions(LogicalName='{table}')/Attributes?$select=LogicalName"
                )
            )
            for table in ("account", "invoice")
            if table in {each["LogicalName"] for each in tables}
        }
        return {
            "tables": sorted(each["LogicalName"] for each in tables),
            "columns": columns,
            "keys": [
                each["SchemaName"]
                for each in self.rows("EntityDefinitions(LogicalName='account')/Keys")
            ],
            "icons": sorted(each["name"] for each in self.rows("webresourceset?$select=name")),
            "roles": sorted(each["name"] for each in self.rows("roles?$select=name")),
            "solutions": sorted(
                each["uniquename"] for each in self.rows("solutions?$select=uniquename")
            ),
            "publishers": sorted(
                each["uniquename"] for each in self.rows("publishers?$select=uniquename")
            ),
        }


class DyingError(BaseException):
    """The process was killed."""


class Dying:
    """A service in front of which our process dies at its n-th changing request.

    Whether it dies after one request was applied or before the next is the same to the service.

    Args:
        app: the service.
        calls: changing requests that are let through.
    """

    def __init__(self, app: Callable[..., Any], calls: int) -> None:
        self.app, self.left = app, calls
        self.died = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if method == "GET" or path.endswith("$batch"):
            return self.app(environ, start_response)
        self.left -= 1
        if self.left >= 0:
            return self.app(environ, start_response)
        self.died = True
        raise DyingError


class Moments:
    """A service that is saved right before the changing requests of some numbers, and goes on.

    What our process leaves there is what it leaves when it dies at that request.

    Args:
        environment: the environment, as it is at the first request.
        app: the way to the service, if it is another one than its sandbox.
        at: numbers of changing requests, from 0.
    """

    def __init__(
        self, environment: AdministeredEnvironment, app: Any = None, *, at: Callable[[int], bool]
    ) -> None:
        self.environment, self.app, self.at = environment, app or environment.sandbox, at
        self.count = 0
        self._kept: dict[int, tuple[bytes, datetime]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["REQUEST_METHOD"] != "GET" and not environ["PATH_INFO"].endswith("$batch"):
            if self.at(self.count):
                saved = self.environment.sandbox.environment.saved()
                self._kept[self.count] = saved, self.environment.clock.now
            self.count += 1
        return self.app(environ, start_response)

    def each(self) -> Iterator[tuple[int, AdministeredEnvironment]]:
        """Yield environments as they were before a request, with its number."""
        for number, (saved, now) in self._kept.items():
            environment = type(self.environment)()
            environment.sandbox.environment.restore(saved)
            environment.clock.now = now
            yield number, environment
