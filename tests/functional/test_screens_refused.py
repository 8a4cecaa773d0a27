"""The simulated Dynamics takes what the connector shows, and none of it once it is mutilated.

So a text that Dynamics would refuse cannot pass here: the check can fail.
"""

import re
from uuid import uuid4

import pytest

from shared.adapters.dataverse.screens.app_xml import publish_xml
from shared.adapters.dataverse.screens.components import ROWS, Sort, list_components
from shared.adapters.dataverse.screens.facts import read_facts
from shared.adapters.dataverse.screens.form_xml import render_tab
from shared.core.policies import Target
from shared.core.screens.catalogue import catalogue
from shared.core.screens.tabs import tabs
from tests.functional.dataverse_world import API, AdministeredEnvironment

# What is done to a text, by what it is for: each leaves something that Dynamics would not take.
VIEW = {
    "fetchxml": (
        ("is no XML", lambda text: text[:-3]),
        (
            "names a table that is not there",
            lambda t: t.replace('entity name="', 'entity name="x', 1),
        ),
        (
            "fetches a column that is not there",
            lambda t: t.replace('<attribute name="', '<attribute name="x', 1),
        ),
        (
            "sorts by a column that is not there",
            lambda t: t.replace('order attribute="', 'order attribute="x', 1),
        ),
        (
            "asks with an operator that is none",
            lambda t: re.sub('operator="[a-z-]+"', 'operator="is"', t, count=1),
        ),
        ("has a filter of a third kind", lambda t: t.replace('type="and"', 'type="nor"', 1)),
        (
            "has an element that is none",
            lambda t: t.replace("<entity", "<table").replace("</entity", "</table"),
        ),
    ),
    "layoutxml": (
        ("is no XML", lambda t: t.replace("</row>", "")),
        ("is of another table", lambda t: re.sub('object="[0-9]+"', 'object="9999"', t)),
        ("has a cell without a name", lambda t: re.sub('<cell name="[^"]+"', "<cell", t, count=1)),
        (
            "shows what is not fetched",
            lambda t: re.sub('<cell name="[^"]+"', '<cell name="fax"', t, count=1),
        ),
        ("has no row", lambda t: re.sub("<row.*</row>", "", t)),
    ),
}
FORM = {
    "formxml": (
        ("is no XML", lambda t: t.replace("</tabs>", "")),
        (
            "names a column that is not there",
            lambda t: t.replace('datafieldname="', 'datafieldname="x', 1),
        ),
        (
            "has a control of no class",
            lambda t: re.sub(
                r'classid="\{[^}]+\}"',
                'classid="{00000000-0000-0000-0000-000000000001}"',
                t,
                count=1,
            ),
        ),
        (
            "has a control of another kind",
            lambda t: t.replace(
                "{533B9E00-756B-4312-95A0-DC888637AC78}",
                "{5B773807-9FB2-42DB-97C3-7A91EFF8ADFF}",
                1,
            ),
        ),
        (
            "has an id without braces",
            lambda t: re.sub(r'(<section name="[^"]+" id=")\{([^}]+)\}', r"\1\2", t, count=1),
        ),
        (
            "has a view that is not there",
            lambda t: re.sub(
                r"<ViewId>\{[^}]+\}", "<ViewId>{00000000-0000-0000-0000-000000000002}", t, count=1
            ),
        ),
        (
            "has a relationship that is not there",
            lambda t: t.replace("<RelationshipName>", "<RelationshipName>x", 1),
        ),
        (
            "has a chart that is not there",
            lambda t: re.sub(
                r"<VisualizationId>\{[^}]+\}",
                "<VisualizationId>{00000000-0000-0000-0000-000000000003}",
                t,
                count=1,
            ),
        ),
        (
            "has a language that is not there",
            lambda t: t.replace('languagecode="1033"', 'languagecode="1036"', 1),
        ),
        (
            "has a column of no width",
            lambda t: re.sub('width="[0-9]+%"', 'width="wide"', t, count=1),
        ),
        (
            "has the same section twice",
            lambda t: re.sub(r"(<section .*?</section>)", r"\1\1", t, count=1),
        ),
        ("has no tabs", lambda t: re.sub("<tabs>.*</tabs>", "", t)),
    ),
}
CHART = {
    "datadescription": (
        ("is no XML", lambda t: t[:-5]),
        (
            "adds up a column that is not there",
            lambda t: t.replace('attribute name="', 'attribute name="x', 1),
        ),
        (
            "measures what is not fetched",
            lambda t: t.replace('measure alias="', 'measure alias="x', 1),
        ),
        (
            "adds up in a way that is none",
            lambda t: t.replace('aggregate="sum"', 'aggregate="total"', 1),
        ),
        ("has no category", lambda t: re.sub("<categorycollection>.*</categorycollection>", "", t)),
    ),
    "presentationdescription": (("is no XML", lambda t: t[:-5]),),
}
SITE_MAP = {
    "sitemapxml": (
        ("is no XML", lambda t: t[:-5]),
        ("names a table that is not there", lambda t: t.replace('Entity="', 'Entity="x', 1)),
        (
            "has a way without an id",
            lambda t: re.sub('<SubArea Id="[^"]+"', "<SubArea", t, count=1),
        ),
        (
            "has an element that is none",
            lambda t: t.replace("<Group ", "<Team ").replace("</Group>", "</Team>"),
        ),
    ),
}
DONE = {Sort.VIEW: VIEW, Sort.FORM: FORM, Sort.CHART: CHART, Sort.SITE_MAP: SITE_MAP}


@pytest.fixture(scope="module")
def environment():
    return AdministeredEnvironment.with_schema()


@pytest.fixture(scope="module")
def components(environment):
    shown = catalogue(Target.RECORD)
    return list_components(shown, read_facts(environment.api(), shown.tables))


def post(environment, component, **texts):
    """Send a component under another id, so that nothing else can be the matter."""
    rows = ROWS[component.sort]
    body = {**component.creation().body, rows.key: str(uuid4()), **texts}
    if component.generated is not None:
        body |= {"name": "Another", component.generated.column: component.generated.value}
        body |= {"querytype": 0} if component.sort is Sort.VIEW else {}
        body |= {"objecttypecode": component.table} if component.sort is Sort.FORM else {}
    if component.sort is Sort.SITE_MAP:
        body["sitemapnameunique"] = f"fbx_{uuid4().hex}"
    return environment.session.post(f"{API}/{rows.entity_set}", json=body)


def test_every_text_is_taken_and_none_of_them_mutilated(environment, components):
    refused = []
    for component in components:
        if component.sort not in DONE:
            continue
        answer = post(environment, component)
        assert answer.ok, (component.title, answer.text)
        for column, ways in DONE[component.sort].items():
            text = component.texts[column]
            for why, mutilate in ways:
                changed = mutilate(text)
                if changed == text:
                    continue  # it has none of what is mutilated
                answer = post(environment, component, **{column: changed})
                assert answer.status_code == 400, (component.title, column, why)
                refused.append((component.title, column, why))

    assert len(refused) >= 100
    kinds = {(column, why) for _, column, why in refused}
    assert kinds == {
        (column, why) for ways in DONE.values() for column, each in ways.items() for why, _ in each
    }


@pytest.mark.parametrize("table", ["account", "opportunity", "invoice"])
def test_the_tab_for_forms_of_the_firm_is_taken_too(environment, table):
    facts = read_facts(environment.api(), ["account", "opportunity", "invoice"])
    tab = render_tab(table, tabs(sales=True)[table], facts)
    form = {
        "formid": str(uuid4()),
        "name": "Theirs",
        "objecttypecode": table,
        "type": 2,
        "formxml": f"<form><tabs>{tab}</tabs></form>",
    }

    answer = environment.session.post(f"{API}/systemforms", json=form)

    assert answer.ok, answer.text


@pytest.mark.parametrize(
    "mutilate",
    [
        lambda text: text[:-4],
        lambda text: text.replace("entities", "tables"),
        lambda text: text.replace("<entity>account", "<entity>nothing"),
        lambda text: text.replace("<entity>account</entity>", "<entity><x/></entity>"),
        lambda _text: "<importexportxml/>",
        lambda text: text.replace("importexportxml", "publish"),
    ],
)
def test_a_request_to_publish_is_taken_and_none_mutilated(environment, mutilate):
    text = publish_xml(["account"], web_resources=[])
    before = len(environment.sandbox.environment.customizing.publishes)

    answers = [
        environment.session.post(f"{API}/PublishXml", json={"ParameterXml": xml})
        for xml in (text, mutilate(text))
    ]

    assert answers[0].ok
    assert answers[1].status_code in {400, 404}
    assert len(environment.sandbox.environment.customizing.publishes) == before + 1
