"""The provisioner and the verifier: what they create, what they find, what they never touch."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import requests
from werkzeug.wrappers import Request, Response

from sandbox.control import Controlled
from sandbox.dataverse import Dataverse as Sandbox
from sandbox.web import InProcess
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.schema import SchemaAdmin
from shared.adapters.dataverse.schema_definitions import Definitions, publisher
from shared.adapters.dataverse.schema_differences import ExistingSchema, list_differences
from shared.adapters.dataverse.schema_labels import Labels
from shared.adapters.http.transport import Transport
from shared.core import schema
from shared.core.definitions import ColumnType
from shared.core.options import Health
from shared.core.schema_columns import INVOICE_COLUMNS
from shared.errors import ConfigurationError, RetryLaterError

URL = "https://org.crm.dynamics.com"
API = f"{URL}/api/data/v9.2"


class Clock:
    def __init__(self):
        self.now = datetime(2026, 1, 15, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)

    def seconds(self):
        return self.now.timestamp()


class Environment:
    def __init__(self, **options):
        self.clock = Clock()
        self.sandbox = Sandbox(url=URL, clock=self.clock, limits=None, **{"key_delay": 0} | options)
        self.door = Controlled(self.sandbox)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = "Bearer a-token"
        self.session.mount("https://", InProcess(self.door))
        self.admin = self.provisioner(self.door)

    def provisioner(self, app):
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", InProcess(app))
        transport = Transport(
            service="Dataverse",
            base_url=URL,
            timeout=(1, 1),
            session=session,
            sleep=self.clock.advance,
        )
        api = DataverseApi(transport, lambda _rejected: "a-token")
        return SchemaAdmin(api, sleep=self.clock.advance, clock=self.clock.seconds)

    def post(self, path, body):
        answer = self.session.post(f"{API}/{path}", json=body)
        assert answer.ok, answer.text
        return answer

    def read(self, path):
        return self.session.get(f"{API}/{path}")

    def writes(self):
        return {name: n for name, n in self.door.traffic.items() if name.startswith("POST /api")}


@pytest.fixture
def environment():
    return Environment()


@pytest.fixture(scope="module")
def saved():
    """An environment to which the schema was applied."""
    environment = Environment()
    environment.admin.apply(wait=60)
    return environment.sandbox.environment.saved()


@pytest.fixture
def applied(environment, saved):
    environment.sandbox.environment.restore(saved)
    return environment


def test_a_bare_environment_lacks_everything_and_is_told_so(environment):
    lines = environment.admin.check()

    columns = sum(
        len(own) for table, own in schema.COLUMNS.items() if table not in schema.OWN_TABLES
    )
    lookups = [each for each in schema.LOOKUPS if each.table not in schema.OWN_TABLES]
    assert any("Table fbx_financialactivity is missing" in line for line in lines)
    assert any("Security role FreshBooks connector is missing" in line for line in lines)
    assert any("Table fbx_client is missing" in line for line in lines)
    assert any("Lookup invoice.fbx_clientid to fbx_client is missing" in line for line in lines)
    keys = [each for each in schema.KEYS if each.table not in schema.OWN_TABLES]
    assert len(lines) == columns + len(lookups) + len(keys) + len(schema.OWN_TABLES) + 1
    assert all("shared schema apply" in line for line in lines)


def test_checking_changes_nothing(environment):
    environment.admin.check()

    assert set(environment.writes()) == {"POST /api/data/v9.2/$batch"}
    assert environment.read("EntityDefinitions(LogicalName='fbx_financialactivity')").ok is False


def test_what_was_applied_passes_the_check(environment):
    created = environment.admin.apply(wait=60)

    assert environment.admin.check() == []
    assert created[:8] == [
        "publisher freshbooksconnector",
        "solution FreshBooksConnector",
        "icon fbx_/icons/waiting.svg",
        "icon fbx_/icons/entry.svg",
        "icon fbx_/icons/client.svg",
        "table fbx_client",
        "table fbx_financialactivity",
        "table fbx_waiting",
    ]
    assert "column invoice.fbx_total" in created
    assert "lookup fbx_financialactivity.fbx_invoiceid" in created
    assert "lookup fbx_waiting.fbx_clientid" in created
    assert "alternate key fbx_client.fbx_client_key" in created
    assert "32 privileges of the security role FreshBooks connector" in created
    assert created[-2:] == [
        "site map of the app FreshBooks for Sales in it",
        "version 1.3.0.0 of the solution FreshBooksConnector",
    ]


def test_applying_again_creates_nothing(applied):
    assert applied.admin.apply(wait=60) == []
    assert set(applied.writes()) == {"POST /api/data/v9.2/$batch"}


def test_the_schema_reads_back_as_dataverse_defines_it(applied):
    invoice = "EntityDefinitions(LogicalName='invoice')/Attributes"

    table = applied.read("EntityDefinitions(LogicalName='fbx_financialactivity')").json()
    money = applied.read(f"{invoice}(LogicalName='fbx_total')").json()
    day = applied.read(f"{invoice}(LogicalName='fbx_invoicedate')").json()
    moment = applied.read(f"{invoice}(LogicalName='fbx_syncedon')").json()

    assert (table["EntitySetName"], table["IsActivity"]) == ("fbx_financialactivities", True)
    assert (money["AttributeType"], money["PrecisionSource"]) == ("Money", 2)
    assert (day["Format"], day["DateTimeBehavior"]["Value"]) == ("DateOnly", "DateOnly")
    assert (moment["Format"], moment["DateTimeBehavior"]["Value"]) == ("DateAndTime", "UserLocal")


def test_options_that_an_earlier_release_did_not_have_are_added_and_nothing_else(applied):
    column = applied.sandbox.environment.schema.tables["invoice"].columns["fbx_status"]
    last = max(column.options)
    del column.options[last]
    (line,) = applied.admin.check()
    assert "invoice.fbx_status lacks the options Replaced" in line

    created = applied.admin.apply(wait=60)

    assert created == ["option Replaced of invoice.fbx_status"]
    assert applied.admin.check() == []


def test_what_half_an_apply_left_is_completed(environment):
    environment.door.fail(
        kind="status", method="POST", path=r"Attributes$", status=403, body="no", times=None
    )
    with pytest.raises(ConfigurationError, match="application user"):
        environment.admin.apply(wait=60)
    environment.door.heal()

    created = environment.admin.apply(wait=60)

    assert "table fbx_financialactivity" not in created
    assert environment.admin.check() == []


@pytest.mark.parametrize("path", ["EntityDefinitions$", "Attributes$", "Relationship", "Keys$"])
def test_a_creation_whose_answer_was_lost_is_not_made_twice(path):
    environment = Environment()
    environment.door.fail(kind="drop-after", method="POST", path=path, times=1)

    environment.admin.apply(wait=60)

    assert environment.admin.check() == []


def test_an_outage_while_applying_is_waited_out():
    environment = Environment()
    environment.door.fail(kind="status", method="POST", path="Attributes$", status=503, times=3)

    environment.admin.apply(wait=60)

    assert environment.admin.check() == []


def test_a_key_is_waited_for_until_it_is_usable():
    environment = Environment(key_delay=30)

    environment.admin.apply(wait=120)

    assert environment.admin.check() == []


def test_a_key_that_needs_longer_is_said_to_be_building():
    environment = Environment(key_delay=600)

    with pytest.raises(RetryLaterError, match="still being built"):
        environment.admin.apply(wait=20)

    *keys, version = environment.admin.check()
    assert len(keys) == len(schema.KEYS)
    assert all("not usable yet" in key for key in keys)
    assert "instead of 1.3.0.0" in version


def test_a_column_that_is_too_short_and_one_of_the_wrong_type_are_named(environment):
    make = Definitions(Labels([1033]))
    short = make.column("invoice", INVOICE_COLUMNS[0]).request
    wrong = make.column("invoice", INVOICE_COLUMNS[3]).request
    environment.post("publishers", publisher().request.body)
    environment.post(short.path, {**short.body, "MaxLength": 20})
    environment.post(
        wrong.path,
        {
            "@odata.type": "Microsoft.Dynamics.CRM.DecimalAttributeMetadata",
            "SchemaName": wrong.body["SchemaName"],
            "DisplayName": wrong.body["DisplayName"],
            "Precision": 2,
        },
    )
    environment.admin.apply(wait=60)

    lines = environment.admin.check()

    assert any("invoice.fbx_number holds 20 characters" in line for line in lines)
    assert any("invoice.fbx_total is of type Decimal instead of Money" in line for line in lines)
    assert len([line for line in lines if line.startswith("Column")]) == 2
    # What shows the amount cannot be made; all else is.
    assert "Chart FreshBooks: invoiced per month is missing" in "\n".join(lines)
    assert any("invoiced per month was refused" in line for line in environment.admin.notes())
    assert not any(line.startswith("View") for line in lines)


def test_publishing_that_answers_nothing_says_what_is_left_to_do(environment):
    environment.door.fail(kind="drop-before", method="POST", path="PublishXml", times=None)

    with pytest.raises(RetryLaterError, match="publishes what is left"):
        environment.admin.apply(wait=60)
    environment.door.heal()

    assert "instead of 1.3.0.0" in environment.admin.check()[0]
    environment.door.traffic.clear()
    environment.admin.apply(wait=60)
    assert environment.admin.check() == []
    assert environment.door.traffic["POST /api/data/v9.2/PublishXml"] == 2


class Locked:
    """Refuses schema changes as Dataverse does while another one runs."""

    def __init__(self, app, times):
        self.app, self.times, self.refused = app, times, 0

    def __call__(self, environ, start_response):
        request = Request(environ)
        schema_change = request.method == "POST" and "Definitions" in request.path
        if not schema_change or self.refused >= self.times:
            return self.app(environ, start_response)
        self.refused += 1
        said = {"error": {"code": "0x80071151", "message": "Another operation is running."}}
        response = Response(json.dumps(said), status=400, content_type="application/json")
        return response(environ, start_response)


def test_a_customization_lock_is_waited_out(environment):
    before = environment.clock.seconds()
    admin = environment.provisioner(Locked(environment.door, times=3))

    admin.apply(wait=60)

    assert admin.check() == []
    assert environment.clock.seconds() - before >= 5 + 10 + 20


def test_a_customization_lock_that_stays_is_for_later(environment):
    admin = environment.provisioner(Locked(environment.door, times=100))

    with pytest.raises(RetryLaterError, match=r"table fbx_client.*0x80071151"):
        admin.apply(wait=60)


def definition_of(column):
    """A column's definition as it should read back."""
    kinds = {
        ColumnType.TEXT: {"AttributeType": "String", "MaxLength": column.length},
        ColumnType.ADDRESS: {"AttributeType": "String", "MaxLength": column.length},
        ColumnType.LONG_TEXT: {"AttributeType": "Memo", "MaxLength": column.length},
        ColumnType.MONEY: {"AttributeType": "Money", "PrecisionSource": 2},
        ColumnType.DATE: {
            "AttributeType": "DateTime",
            "Format": "DateOnly",
            "DateTimeBehavior": {"Value": "DateOnly"},
        },
        ColumnType.MOMENT: {
            "AttributeType": "DateTime",
            "Format": "DateAndTime",
            "DateTimeBehavior": {"Value": "UserLocal"},
        },
        ColumnType.CHOICE: {"AttributeType": "Picklist"},
        ColumnType.YES_NO: {"AttributeType": "Boolean"},
    }
    return kinds[column.kind]


def a_sound_environment():
    """Everything as it should be, ready to be spoiled."""
    sets = {
        "account": "accounts",
        "transactioncurrency": "transactioncurrencies",
        "invoice": "invoices",
        "invoicedetail": "invoicedetails",
        "opportunity": "opportunities",
        "pricelevel": "pricelevels",
        "fbx_client": "fbx_clients",
        "fbx_financialactivity": "fbx_financialactivities",
        "fbx_waiting": "fbx_waitings",
    }
    tables = {
        table: {"EntitySetName": name, "IsActivity": table == "fbx_financialactivity"}
        for table, name in sets.items()
    }
    columns = {
        (table, column.name): definition_of(column)
        for table, own in schema.COLUMNS.items()
        for column in own
    }
    for lookup in schema.LOOKUPS:
        definition = {"AttributeType": "Lookup", "Targets": [lookup.target]}
        columns[lookup.table, lookup.name] = definition
    return ExistingSchema(
        tables=tables,
        columns=columns,
        options={
            (table, column.name): frozenset(map(int, column.options))
            for table, own in schema.COLUMNS.items()
            for column in own
            if column.options
        },
        keys={
            key.table: [
                {
                    "SchemaName": key.name.replace("fbx_client", "fbx_Client"),
                    "KeyAttributes": list(key.columns),
                    "EntityKeyIndexStatus": "Active",
                }
            ]
            for key in schema.KEYS
        },
        navigations={(each.table, each.name, each.target): each.name for each in schema.LOOKUPS},
    )


def test_a_sound_environment_has_no_differences():
    assert list_differences(a_sound_environment()) == []


def spoil(part, at, **changes):
    found = a_sound_environment()
    definitions = getattr(found, part)
    if not changes:
        definitions[at] = None
    elif part == "keys":
        definitions[at][0].update(changes)
    else:
        definitions[at] = {**definitions[at], **changes}
    return list_differences(found)


@pytest.mark.parametrize(
    ("part", "at", "changes", "said"),
    [
        ("columns", ("account", "fbx_balances"), {}, "Column account.fbx_balances .* is missing"),
        ("columns", ("account", "fbx_balances"), {"MaxLength": 399}, "holds 399 characters"),
        ("columns", ("invoice", "fbx_paid"), {"AttributeType": "Decimal"}, "Decimal .* Money"),
        ("columns", ("invoice", "fbx_paid"), {"PrecisionSource": 0}, "decimals of its own"),
        (
            "columns",
            ("account", "fbx_lastinvoiceon"),
            {"DateTimeBehavior": {"Value": "UserLocal"}},
            "behaviour UserLocal instead of DateOnly",
        ),
        ("columns", ("account", "fbx_lastinvoiceon"), {"Format": "DateAndTime"}, "set it to Date"),
        (
            "columns",
            ("account", "fbx_syncedon"),
            {"DateTimeBehavior": {"Value": "DateOnly"}},
            "behaviour DateOnly instead of UserLocal",
        ),
        (
            "columns",
            ("fbx_financialactivity", "fbx_invoiceid"),
            {"Targets": ["account"]},
            "no lookup to invoice",
        ),
        ("columns", ("fbx_financialactivity", "fbx_invoiceid"), {}, "Lookup .* is missing"),
        ("tables", "invoice", {}, "install the Dynamics 365 Sales app"),
        ("tables", "fbx_financialactivity", {"IsActivity": False}, "no activity table"),
        ("tables", "fbx_financialactivity", {"EntitySetName": "x"}, "addressed as x"),
        ("keys", "fbx_client", {"EntityKeyIndexStatus": "Failed"}, "several rows share a value"),
        (
            "keys",
            "fbx_client",
            {"EntityKeyIndexStatus": "In Progress"},
            "not usable yet .InProgress",
        ),
        ("keys", "fbx_client", {"KeyAttributes": ["name"]}, "made of name instead of fbx_key"),
        ("keys", "fbx_client", {"SchemaName": "other"}, "key fbx_client.fbx_client_key is missing"),
    ],
)
def test_every_difference_is_said_in_words_to_act_on(part, at, changes, said):
    lines = spoil(part, at, **changes)

    assert len(lines) == 1
    assert re.search(said, lines[0])


def test_a_missing_option_is_named_with_its_value():
    found = a_sound_environment()
    there = found.options["account", "fbx_financialhealth"]
    found.options["account", "fbx_financialhealth"] = there - {int(Health.OVERDUE)}

    (line,) = list_differences(found)

    assert f"Overdue ({int(Health.OVERDUE)})" in line


def test_a_lookup_may_be_bound_by_another_name_but_not_by_none():
    found = a_sound_environment()
    at = ("fbx_financialactivity", "fbx_invoiceid", "invoice")

    found.navigations[at] = "fbx_invoiceid_fbx_financialactivity"
    assert list_differences(found) == []

    del found.navigations[at]
    (line,) = list_differences(found)
    assert "fbx_financialactivity.fbx_invoiceid has no relationship to invoice" in line


def test_longer_columns_and_more_options_are_no_difference():
    found = a_sound_environment()
    found.columns["account", "fbx_balances"]["MaxLength"] = 4000
    found.options["account", "fbx_financialhealth"] |= {1, 2}

    assert list_differences(found) == []
