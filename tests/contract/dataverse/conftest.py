"""A Dataverse environment in this process and a plain HTTP client for it."""

import itertools
import json
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from sandbox.dataverse import Dataverse
from sandbox.web import InProcess

ORIGIN = "https://org.crm.dynamics.com"
ROOT = f"{ORIGIN}/api/data/v9.2/"
CRM = "Microsoft.Dynamics.CRM."
Item = str | list[str]  # a part, or those of a change set


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 10, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def label(text: str) -> dict[str, Any]:
    return {
        "@odata.type": f"{CRM}Label",
        "LocalizedLabels": [
            {"@odata.type": f"{CRM}LocalizedLabel", "Label": text, "LanguageCode": 1033}
        ],
    }


class Api:
    """Requests against the Web API, by path relative to its root."""

    root = ROOT
    origin = ORIGIN
    crm = CRM
    label = staticmethod(label)

    def __init__(self, dataverse: Dataverse) -> None:
        self.dataverse = dataverse
        self.session = requests.Session()
        self.session.mount(ORIGIN, InProcess(dataverse))
        self.session.headers.update(
            {
                "Authorization": "Bearer token",
                "Accept": "application/json",
                "OData-Version": "4.0",
                "OData-MaxVersion": "4.0",
                "If-None-Match": "null",
            }
        )

    def call(
        self, method: str, path: str, body: Any = None, **headers: str | None
    ) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("https:") else ROOT + path
        return self.session.request(method, url, json=body, headers=named)

    def get(self, path: str, **headers: str | None) -> requests.Response:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str | None) -> requests.Response:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str | None) -> requests.Response:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str | None) -> requests.Response:
        return self.call("DELETE", path, **headers)

    def rows(self, path: str, **headers: str | None) -> list[dict[str, Any]]:
        answer = self.get(path, **headers)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json(parse_float=Decimal)["value"]
        return rows

    def batch(
        self, *items: Item, prefer: str | None = None, boundary: str = "batch_1"
    ) -> requests.Response:
        return self.raw_batch(multipart(items, boundary), prefer=prefer, boundary=boundary)

    def raw_batch(
        self, body: str, prefer: str | None = None, boundary: str = "batch_1"
    ) -> requests.Response:
        headers = {"Content-Type": f'multipart/mixed; boundary="{boundary}"'}
        if prefer:
            headers["Prefer"] = prefer
        return self.session.post(ROOT + "$batch", data=body.encode(), headers=headers)

    def publisher(self, prefix: str = "fb", solution: str = "Connector") -> None:
        made = self.post(
            "publishers",
            {
                "uniquename": prefix,
                "friendlyname": prefix,
                "customizationprefix": prefix,
                "customizationoptionvalueprefix": 72000,
            },
        )
        address = made.headers["OData-EntityId"].removeprefix(ROOT)
        self.post(
            "solutions",
            {
                "uniquename": solution,
                "friendlyname": solution,
                "version": "1.0.0.0",
                "publisherid@odata.bind": f"/{address}",
            },
        )

    def column(self, table: str, schema: str, kind: str, **more: Any) -> None:
        body = {"@odata.type": f"{CRM}{kind}AttributeMetadata", "SchemaName": schema, **more}
        made = self.post(f"EntityDefinitions(LogicalName='{table}')/Attributes", body)
        assert made.status_code == 204, made.text

    def key(self, table: str, schema: str, *columns: str) -> requests.Response:
        body = {"SchemaName": schema, "KeyAttributes": list(columns)}
        return self.post(f"EntityDefinitions(LogicalName='{table}')/Keys", body)

    def keyed_accounts(self) -> None:
        self.publisher()
        self.column("account", "fb_ClientKey", "String", MaxLength=60)
        assert self.key("account", "fb_ClientIndex", "fb_clientkey").status_code == 204

    def table(self, schema: str = "fbx_Client", **more: Any) -> None:
        body = {
            "SchemaName": schema,
            "DisplayName": label("Client"),
            "DisplayCollectionName": label("Clients"),
            "OwnershipType": "UserOwned",
            "IsActivity": False,
            "HasActivities": False,
            "HasNotes": True,
            "Attributes": [
                {
                    "@odata.type": f"{CRM}StringAttributeMetadata",
                    "SchemaName": f"{schema.partition('_')[0]}_Name",
                    "IsPrimaryName": True,
                    "MaxLength": 200,
                    "FormatName": {"Value": "Text"},
                }
            ],
            **more,
        }
        made = self.post("EntityDefinitions", body)
        assert made.status_code == 204, made.text

    def relate(
        self,
        parent: str,
        child: str,
        lookup: str,
        cascade: dict[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        prefix, _, name = lookup.partition("_")
        ends = "_".join(table.rpartition("_")[2] for table in (parent, child))
        return self.post(
            "RelationshipDefinitions",
            {
                "@odata.type": f"{CRM}OneToManyRelationshipMetadata",
                "SchemaName": f"{prefix}_{ends}_{name}",
                "ReferencedEntity": parent,
                "ReferencingEntity": child,
                "Lookup": {
                    "@odata.type": f"{CRM}LookupAttributeMetadata",
                    "SchemaName": lookup,
                    "DisplayName": label(name),
                },
                **({} if cascade is None else {"CascadeConfiguration": cascade}),
                **more,
            },
        )

    def clients(self, **cascade: str) -> None:
        """A custom table whose rows look an account up, with an alternate key."""
        self.publisher("fbx")
        self.table("fbx_Client")
        self.column("fbx_client", "fbx_Key", "String", MaxLength=60)
        assert self.key("fbx_client", "fbx_ClientKey", "fbx_key").status_code == 204
        made = self.relate("account", "fbx_client", "fbx_AccountId", cascade)
        assert made.status_code == 204, made.text

    def activity_table(self, schema: str = "fb_Payment") -> None:
        body = {
            "SchemaName": schema,
            "DisplayName": label("Payment"),
            "DisplayCollectionName": label("Payments"),
            "OwnershipType": "UserOwned",
            "IsActivity": True,
            "HasActivities": False,
            "HasNotes": True,
            "IsAvailableOffline": True,
            "IsMailMergeEnabled": False,
            "Attributes": [
                {
                    "@odata.type": f"{CRM}StringAttributeMetadata",
                    "SchemaName": "Subject",
                    "IsPrimaryName": True,
                    "MaxLength": 200,
                    "FormatName": {"Value": "Text"},
                }
            ],
        }
        made = self.post("EntityDefinitions", body)
        assert made.status_code == 204, made.text


def part(
    method: str, url: str, body: Any = None, content_id: str | None = None, **headers: str
) -> str:
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id:
        head.append(f"Content-ID: {content_id}")
    inner = [f"{method} {url} HTTP/1.1"]
    if body is not None:
        inner.append("Content-Type: application/json; type=entry")
    inner += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    text = "" if body is None else json.dumps(body)
    return "\r\n".join([*head, "", *inner, "", text])


def multipart(items: Iterable[Item], boundary: str) -> str:
    pieces = []
    for number, item in enumerate(items):
        if isinstance(item, str):
            text = item
        else:
            inner = f"changeset_{number}"
            nested = multipart(item, inner)
            text = f"Content-Type: multipart/mixed; boundary={inner}\r\n\r\n{nested}"
        pieces.append(f"--{boundary}\r\n{text}\r\n")
    return "".join(pieces) + f"--{boundary}--\r\n"


class Parts:
    """The parts of a batch's answer: (status, body, Content-ID), change sets flattened."""

    def __init__(self, answer: requests.Response) -> None:
        self.text = answer.text
        self.statuses: list[int] = []
        self.bodies: list[Any] = []
        self.ids: list[str | None] = []
        head = None
        lines = answer.text.split("\r\n")
        for line, following in itertools.pairwise(lines):
            if line.startswith("Content-ID: "):
                head = line.removeprefix("Content-ID: ")
            elif line.startswith("HTTP/1.1 "):
                self.statuses.append(int(line.split()[1]))
                self.ids.append(head)
                self.bodies.append(None)
                head = None
            elif line == "" and following.startswith("{"):
                self.bodies[-1] = json.loads(following)

    def code(self, index: int) -> str:
        return str(self.bodies[index]["error"]["code"])


class Seeds:
    """Rows the tests start from."""

    def __init__(self, dataverse: Dataverse) -> None:
        self._dataverse = dataverse

    def account(self, name: str = "Aster Works", **columns: Any) -> str:
        return self._dataverse.add("account", name=name, **columns)

    def price_list(self, code: str = "USD") -> str:
        found = [row for row in self._dataverse.all("pricelevel") if code in row["name"]]
        return str(found[0]["pricelevelid"])

    def currency(self, code: str = "USD") -> str:
        every = self._dataverse.all("transactioncurrency")
        return next(str(r["transactioncurrencyid"]) for r in every if r["isocurrencycode"] == code)

    def invoice(self, account: str | None = None, **columns: Any) -> str:
        given = {"name": "Invoice 1", "pricelevelid": self.price_list(), **columns}
        return self._dataverse.add("invoice", customerid_account=account or self.account(), **given)

    def line(self, invoice: str, **columns: Any) -> str:
        given = {
            "isproductoverridden": True,
            "productdescription": "Consulting",
            "quantity": 1,
            "priceperunit": Decimal(100),
            **columns,
        }
        return self._dataverse.add("invoicedetail", invoiceid=invoice, **given)

    @staticmethod
    def guid() -> str:
        return str(uuid.uuid4())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dataverse(clock: Clock) -> Dataverse:
    return Dataverse(clock=clock, key_delay=0)


@pytest.fixture
def api(dataverse: Dataverse) -> Api:
    return Api(dataverse)


@pytest.fixture
def api_of() -> type[Api]:
    return Api


@pytest.fixture
def seeds(dataverse: Dataverse) -> Seeds:
    return Seeds(dataverse)


@pytest.fixture
def parts() -> type[Parts]:
    return Parts


@pytest.fixture
def a_part() -> Callable[..., str]:
    return part


@pytest.fixture
def as_multipart() -> Callable[[Iterable[Item], str], str]:
    return multipart


@pytest.fixture
def code() -> Callable[[requests.Response], tuple[int, str]]:
    return lambda answer: (answer.status_code, answer.json()["error"]["code"])
