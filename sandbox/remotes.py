"""The sandbox's control endpoints from another process: books, rows, traffic, invocations.

Never uses the services' own APIs: those are for the connector.
"""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import requests

from sandbox.control import fold

TIMEOUT = 30


class RefusedError(Exception):
    """A control endpoint refused; the text says why."""


class Remote:
    """A simulator reached over loopback."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        # A proxy of the machine has nothing to do with loopback.
        self._session.trust_env = False

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a GET.

        Raises:
            RefusedError: the status is no 2xx.
        """
        return self._answer(self._session.get(self.url + path, params=query, timeout=TIMEOUT))

    def post(self, path: str, body: Any) -> Any:
        """Return the JSON of a POST of JSON.

        Raises:
            RefusedError: the status is no 2xx.
        """
        return self._answer(self._session.post(self.url + path, json=body, timeout=TIMEOUT))

    def traffic(self) -> dict[str, int]:
        """Return the requests counted so far by method and folded path."""
        counted: dict[str, int] = self.get("/_sandbox/traffic")
        return counted

    def forget_traffic(self) -> None:
        """Count from nought again."""
        self._session.delete(f"{self.url}/_sandbox/traffic", timeout=TIMEOUT)

    def fail(self, **fault: Any) -> None:
        """Add a fault; the arguments are those of `sandbox.control.Fault`."""
        self.post("/_sandbox/faults", fault)

    def heal(self) -> None:
        """Forget all faults."""
        self._session.delete(f"{self.url}/_sandbox/faults", timeout=TIMEOUT)

    def close(self) -> None:
        """Close the connections kept alive."""
        self._session.close()

    @staticmethod
    def _answer(response: requests.Response) -> Any:
        if not response.ok:
            raise RefusedError(f"{response.request.url}: {response.status_code} {response.text}")
        # Amounts must not pass through floats on their way to being compared.
        return json.loads(response.text, parse_float=Decimal) if response.content else None


class RemoteBooks(Remote):
    """A FreshBooks whose books are changed by hand, as a bookkeeper would."""

    def do(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Carry out an operation of the books and return the record as it then is.

        >>> # books.do("create_client", organization="Nordic Tools")
        """
        done: dict[str, Any] = self.post(f"/_sandbox/books/{operation}", arguments)
        return done

    def records(self, kind: str, account: str | None = None) -> list[dict[str, Any]]:
        """Return all records of a kind, deleted ones too, with lines and balances."""
        query = {"account": account} if account else {}
        found: list[dict[str, Any]] = self.get(f"/_sandbox/books/{kind}", **query)
        return found

    @property
    def account(self) -> str:
        """Return the account id of the first business."""
        return str(self.get("/_sandbox/businesses")[0]["account_id"])

    @property
    def businesses(self) -> list[str]:
        """Return the account ids of the businesses that somebody works in, the first one first."""
        return [
            str(one["account_id"])
            for one in self.get("/_sandbox/businesses")
            if any(member["role"] != "client" for member in one["members"].values())
        ]

    def deliveries(self, **knobs: Any) -> dict[str, Any]:
        """Set how webhooks are delivered; return all knobs and what is under way."""
        set_to: dict[str, Any] = self.post("/_sandbox/deliveries", knobs)
        return set_to

    def under_way(self) -> int:
        """Return how many webhooks wait for their first or next attempt."""
        state = self.get("/_sandbox/deliveries")
        return int(state["waiting"]) + int(state["sending"])

    def attempts(self) -> Iterator[dict[str, Any]]:
        """Yield the webhooks that were posted, oldest first."""
        yield from self.get("/_sandbox/deliveries/attempts")

    def verifiers(self) -> list[str]:
        """Return the codes that webhooks are signed with."""
        return [one["verifier"] for one in self.get("/_sandbox/callbacks")]


class RemoteRows(Remote):
    """A Dataverse whose rows are looked at, and kept by hand as a salesperson would.

    Args:
        url: of the environment.
        identity: address that gives tokens to managed identities, for the Web API where the control
            endpoints do not suffice.
        header: what that address wants to see.

    Attributes:
        asked: requests made to the Web API here, counted as `traffic` counts them.
    """

    def __init__(self, url: str, *, identity: str, header: str) -> None:
        super().__init__(url)
        self.asked: Counter[str] = Counter()
        self._identity = identity
        self._header = header
        self._bearer: dict[str, str] = {}
        self._sets: dict[str, str] = {}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all rows of a table with all columns; numbers with decimals are `Decimal`."""
        found: list[dict[str, Any]] = self.get(f"/_sandbox/rows/{table}")
        return found

    def add(self, table: str, **columns: Any) -> str:
        """Add a row and return its id; a reference is an id under its navigation property."""
        return str(self.post(f"/_sandbox/rows/{table}", columns)["id"])

    def versions(self, *tables: str) -> dict[str, str]:
        """Return the ETag of every row of the tables, by id."""
        return {
            f"{table} {row[_id_column(row)]}": row["@odata.etag"]
            for table in tables
            for row in self.rows(table)
        }

    def look(self, table: str, **query: str) -> list[dict[str, Any]]:
        """Return the rows a Web API query finds; `filter` stands for `$filter` and so on."""
        if table not in self._sets:
            described = self._api(
                f"EntityDefinitions(LogicalName='{table}')", select="EntitySetName"
            )
            self._sets[table] = described["EntitySetName"]
        found: list[dict[str, Any]] = self._api(self._sets[table], **query)["value"]
        return found

    def labels(self, table: str, column: str) -> dict[int, str]:
        """Return the labels of a choice column by option."""
        path = f"EntityDefinitions(LogicalName='{table}')/Attributes(LogicalName='{column}')"
        described = self._api(
            f"{path}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
            select="LogicalName",
            expand="OptionSet",
        )
        return {
            option["Value"]: option["Label"]["UserLocalizedLabel"]["Label"]
            for option in described["OptionSet"]["Options"]
        }

    def lengths(self, table: str) -> dict[str, int]:
        """Return how many characters each text column of a table holds at most."""
        path = f"EntityDefinitions(LogicalName='{table}')/Attributes/Microsoft.Dynamics.CRM"
        return {
            column["LogicalName"]: column["MaxLength"]
            for kind in ("String", "Memo")
            for column in self._api(
                f"{path}.{kind}AttributeMetadata", select="LogicalName,MaxLength"
            )["value"]
        }

    def traffic(self) -> dict[str, int]:
        """Return the requests counted so far but those made here."""
        counted = Counter(super().traffic())
        counted.subtract(self.asked)
        return {what: count for what, count in counted.items() if count > 0}

    def forget_traffic(self) -> None:
        """Count from nought again."""
        super().forget_traffic()
        self.asked.clear()

    def _api(self, path: str, **query: str) -> Any:
        path = f"/api/data/v9.2/{path}"
        self.asked[f"GET {fold(path)}"] += 1
        answer = self._session.get(
            self.url + path,
            params={f"${name}": value for name, value in query.items()},
            headers=self._authorized(),
            timeout=TIMEOUT,
        )
        return self._answer(answer)

    def _authorized(self) -> dict[str, str]:
        if not self._bearer:
            answer = self._session.get(
                f"{self._identity}/msi/token",
                params={"api-version": "2019-08-01", "resource": self.url},
                headers={"X-IDENTITY-HEADER": self._header},
                timeout=TIMEOUT,
            )
            self._bearer = {"Authorization": f"Bearer {self._answer(answer)['access_token']}"}
        return self._bearer


_IDS = ("accountid", "invoiceid", "invoicedetailid", "opportunityid", "fbx_clientid")


def _id_column(row: dict[str, Any]) -> str:
    """Return the primary key's name: a table's own, or that of all activities."""
    return "activityid" if "activityid" in row else next(name for name in _IDS if name in row)
