import json
import re
from pathlib import Path

import pytest

from shared.adapters.azure import names
from shared.settings import Settings
from tools import lock, tables

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_the_tables_in_the_docs_follow_the_code():
    reference, sales = tables.DOCS.read_text(), tables.SALES.read_text()

    assert tables.rendered(reference) == reference, "run 'python -m tools.tables'"
    assert tables.rendered_sales(sales) == sales, "run 'python -m tools.tables'"


@pytest.mark.parametrize("file", lock.FILES)
def test_the_requirements_follow_the_project_file(file):
    assert not lock.is_stale(file), "run 'make lock'"


def lines(file):
    return (ROOT / file).read_text().splitlines()


def test_nothing_heavy_is_deployed():
    deployed = {line.partition("==")[0] for line in lines("requirements.txt")}

    assert not deployed & {"aiohttp", "pandas", "numpy", "powerplatform-dataverse-client"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_command_in_the_docs_exists(page):
    makefile = (ROOT / "Makefile").read_text()
    named = re.findall(r"`make ([a-z-]+)`", page.read_text())

    assert [name for name in named if f"\n{name}:" not in makefile] == []


def test_the_host_settings_are_those_the_docs_explain():
    host = json.loads((ROOT / "host.json").read_text())
    extensions = host["extensions"]
    names = [*host["concurrency"], *extensions["queues"], *extensions["http"], "functionTimeout"]
    explained = (ROOT / "docs" / "reference.md").read_text()

    assert [name for name in names if f"`{name}`" not in explained] == []
    assert host["functionTimeout"]


def test_the_triggers_listen_to_the_queues_the_connector_sends_to():
    found = [trigger for trigger, _ in tables.triggers().values()]
    queues = {trigger["queueName"] for trigger in found if trigger["type"] == "queueTrigger"}

    assert queues == set(names.QUEUES)


def test_every_setting_has_a_meaning():
    assert all(field.description for field in Settings.model_fields.values())
