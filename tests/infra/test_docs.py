"""What the docs say is deployed is what the source deploys."""

import re
from pathlib import Path

from tools import infra_tables

ROOT = Path(__file__).resolve().parents[2]
PRICE = re.compile(r"\b(costs?|paid|USD)\b", re.IGNORECASE)


def test_the_tables_of_what_is_deployed_follow_the_source(bicep):
    text = infra_tables.DOCS.read_text()

    assert infra_tables.rendered(text, bicep, ROOT) == text, "run 'python -m tools.infra_tables'"


def test_every_role_that_is_assigned_stands_in_the_docs_with_its_reason(everything):
    rows = [row.split(" | ") for row in infra_tables.grants_table(ROOT)][2:]
    assigned = {grant.role for grant, _ in everything.grants()}

    assert {row[2].strip("`") for row in rows} == assigned
    assert all(len(row[4]) > len("a reason |") for row in rows)


def test_every_parameter_says_what_it_means_and_a_costly_one_its_price(bicep):
    template = bicep.compile(ROOT / "infra" / "main.bicep").template
    said = {name: each["metadata"]["description"] for name, each in template["parameters"].items()}
    costly = (
        *("instanceMemoryMB", "maximumInstanceCount", "alwaysReadyInstances", "zoneRedundant"),
        *("privateNetwork", "dailyCapGB", "monthlyBudget"),
    )

    assert all(said.values())
    assert [name for name in costly if not PRICE.search(said[name])] == []
