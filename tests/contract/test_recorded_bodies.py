"""Bodies that FreshBooks really answered, read into our records.

They are not part of this repository. `--recorded-bodies` names their folder; where it is absent,
nothing is looked at and the run says so, and a folder that holds nothing to look at fails.
"""

import json
from datetime import UTC, datetime

import pytest

from shared.core.events import read_webhook
from shared.core.identity import Kind
from shared.core.records import parse_record
from shared.core.signature import verify

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def pytest_generate_tests(metafunc):
    folder = metafunc.config.getoption("recorded_bodies")
    absent = pytest.mark.skip(
        reason=f"no folder {folder}: nothing that FreshBooks answered is read"
    )
    for names, found in ((("folder",), whole), (("kind", "row"), recorded), (("vector",), vectors)):
        if names[0] in metafunc.fixturenames:
            nothing = [pytest.param(*names, marks=absent)]
            metafunc.parametrize(names, list(found(folder)) if folder.is_dir() else nothing)


def whole(folder):
    yield pytest.param(folder, id=folder.name)


def recorded(folder):
    """Every record in every recorded accounting answer."""
    for path in sorted(folder.glob("*.json")):
        body = json.loads(path.read_text())
        response = body.get("response") if isinstance(body, dict) else None
        result = response.get("result") if isinstance(response, dict) else None
        for kind in Kind if isinstance(result, dict) else ():
            rows = [result[kind]] if kind in result else []
            rows += result.get(f"{kind}s", [])
            for number, row in enumerate(rows):
                yield pytest.param(kind, row, id=f"{path.stem}-{kind}-{number}")


def vectors(folder):
    for path in folder.glob("webhook-hmac_test_vectors.json"):
        for number, vector in enumerate(json.loads(path.read_text())):
            yield pytest.param(vector, id=str(number))


def test_there_is_something_to_look_at(folder):
    assert list(recorded(folder)), f"no recorded body in {folder}"
    assert list(vectors(folder)), f"no test vector in {folder}"


def test_a_recorded_body_is_read_to_the_digit(kind, row):
    record = parse_record(kind, row)

    assert record.id == row["id"]
    assert record.version.instants() is not None
    for field in ("amount", "outstanding", "paid"):
        if isinstance(row.get(field), dict) and hasattr(record, field):
            assert str(getattr(record, field).amount) == str(row[field]["amount"])
            assert getattr(record, field).code == row[field]["code"]
    if "lines" in row:
        assert [str(line.unit_cost.amount) for line in record.lines] == [
            line["unit_cost"]["amount"] for line in row["lines"]
        ]


def test_the_signatures_of_the_test_vectors_are_accepted(vector):
    signature, verifiers = vector["X-FreshBooks-Hmac-SHA256"], [vector["verifier"]]
    fields = [
        read_webhook(body, business="xazq5", seen=NOW).fields
        for body in (vector["form_body"].encode(), vector["form_body"].encode() + b"1")
    ]

    assert verify(fields[0], signature, verifiers)
    assert not verify(fields[1], signature, verifiers)
