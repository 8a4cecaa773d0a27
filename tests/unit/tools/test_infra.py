"""What a scan is worth, what an expression says, and what there is to remove."""

import sys
from pathlib import Path

import pytest

from tools import infra, infra_planted
from tools.expressions import spelled

SOUND = {
    "summary": {"parsing_errors": 0, "resource_count": 10, "passed": 5},
    "results": {"failed_checks": []},
}


def a_report(failed=(), **summary):
    return {
        "summary": {**SOUND["summary"], **summary},
        "results": {"failed_checks": list(failed)},
    }


def test_a_scan_that_saw_enough_and_found_nothing_is_believed():
    assert infra.judged(SOUND, 11) == []


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (a_report(parsing_errors=1), "could not read 1"),
        (a_report(resource_count=4), "saw 4 resources of 11"),
        (a_report(passed=0), "checked nothing"),
        # what checkov writes when there was nothing at all
        ({"passed": 0, "failed": 0, "parsing_errors": 0, "resource_count": 0}, "saw 0 resources"),
        (
            a_report([{"check_id": "CKV_1", "check_name": "No keys", "resource": "st"}]),
            "CKV_1 No keys: st",
        ),
    ],
)
def test_a_scan_that_says_nothing_or_found_something_fails(report, said):
    assert said in "; ".join(infra.judged(report, 11))


def test_a_scanner_that_does_not_run_fails():
    found = infra.scan(Path(sys.executable), {"test": {"predictedResources": []}}, {"CKV_1": "x"})

    assert "checkov has no report" in found[0]


def test_every_skipped_check_has_a_reason():
    skipped = infra.read_skipped(infra.SKIPPED.read_text())

    assert all(check.startswith("CKV_AZURE_") for check in skipped)
    with pytest.raises(ValueError, match="skipping CKV_AZURE_1"):
        infra.read_skipped('[skipped]\nCKV_AZURE_1 = " "')


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("plain", "plain"),
        ("[format('{0}-{1}', 'a', format('it''s {0}', 3))]", "a-it's 3"),
        ("[coalesce(null(), 'b')]", "<null()>"),
        ("[environment().suffixes.keyvaultDns]", ".vault.azure.net"),
        ("[filter(split('a//b', '/'), lambda('x', not(empty(lambdaVariables('x')))))[1]]", "b"),
        ("[reference('/a/identities/me', '2024').principalId]", "<principalId of me>"),
        ("[deployment().name]", "<deployment().name>"),
        (
            "[resourceId('s', 'g', 'P/a/b', format('{0}', 'x'), 'y')]",
            "/subscriptions/s/resourceGroups/g/providers/P/a/x/b/y",
        ),
    ],
)
def test_an_expression_says_what_it_comes_to(expression, text):
    assert spelled(expression) == text


def test_what_is_no_expression_is_refused():
    with pytest.raises(ValueError, match="Not an expression"):
        spelled("[format('{0}', @)]")


SOURCE = """\
resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  properties: {
    httpsOnly: true
  }
}

resource queue 'x/queues@1' = [
  for name in queues: {
    name: name
  }
]

var tables = [
  'leases' // who refreshes
]

output AZURE_LOCATION string = location
"""


def test_everything_that_may_be_missing_is_removed_once():
    found = {each.name: each for each in infra_planted.removals_of("f", SOURCE)}

    assert list(found) == [
        "resource app (f)",
        "switch httpsOnly: true (f)",
        "switch httpsOnly: true -> false (f)",
        "resource queue (f)",
        "table leases",
        "output AZURE_LOCATION",
    ]
    assert "= if (false) {" in found["resource app (f)"].applied(SOURCE)
    assert "httpsOnly: false" in found["switch httpsOnly: true -> false (f)"].applied(SOURCE)
    assert "queues" not in found["resource queue (f)"].applied(SOURCE)
    assert "leases" not in found["table leases"].applied(SOURCE)


def test_the_wrongs_have_their_place_in_the_source():
    root = infra_planted.ROOT
    found = list(infra_planted.wrongs(root))

    assert len(found) == len({each.name for each in found}) > 10
    for each in found:
        text = (root / each.file).read_text()
        assert each.applied(text) != text
