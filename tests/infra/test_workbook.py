"""The workbook: valid, and reading nothing but what the lines hold."""

import json
import re
from pathlib import Path

import pytest

from shared.core.lines import LINES
from tests.infra.alert_queries import events_of, fields_of

WORKBOOK = Path(__file__).resolve().parents[2] / "infra" / "workbook.json"
NAMES = {kind.event: kind.names() for kind in LINES}
ITEMS = json.loads(WORKBOOK.read_text())["items"]
QUERIES = {item["name"]: item["content"]["query"] for item in ITEMS if item["type"] == 3}


def test_it_is_a_notebook_of_the_kind_the_portal_reads():
    book = json.loads(WORKBOOK.read_text())

    assert book["version"] == "Notebook/1.0"
    assert len({item["name"] for item in ITEMS}) == len(ITEMS)
    for item in ITEMS:
        content = item["content"]
        match item["type"]:
            case 1:
                assert content["json"]
            case 3:
                assert content["version"] == "KqlItem/1.0"
                assert content["crossComponentResources"] == ["{{applicationInsights}}"]
                assert content["timeContextFromParameter"] == "Time"
            case 9:
                assert content["version"] == "KqlParameterItem/1.0"
                assert [each["name"] for each in content["parameters"]] == [
                    "Time",
                    "Kind",
                    "Record",
                ]
            case other:
                pytest.fail(f"an item of type {other}")


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_reads_only_what_the_lines_hold(name):
    events = events_of(QUERIES[name])

    assert events <= NAMES.keys()
    assert events
    assert fields_of(QUERIES[name]) <= set().union(*(NAMES[event] for event in events))


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_balanced_and_knows_its_parameters(name):
    query = QUERIES[name]

    for opening, closing in ("()", "[]", "{}"):
        plain = re.sub(r"'[^']*'|\"[^\"]*\"", "", query)
        assert plain.count(opening) == plain.count(closing)
    parameters = set(re.findall(r"(?<!')\{([A-Za-z:]+)\}", query))
    assert parameters <= {"Time:grain", "Kind", "Record"}


def test_every_line_the_connector_writes_is_on_the_page():
    assert set().union(*(events_of(query) for query in QUERIES.values())) == NAMES.keys()


def test_it_is_deployed_as_it_is_with_its_application_insights(deployment):
    insights = deployment.one("Microsoft.Insights/components").id
    workbook = deployment.one("Microsoft.Insights/workbooks")

    book = json.loads(workbook["serializedData"])
    assert (workbook.given["kind"], workbook["sourceId"]) == ("shared", insights)
    assert book["fallbackResourceIds"] == [insights]
    assert len(book["items"]) == len(ITEMS)
