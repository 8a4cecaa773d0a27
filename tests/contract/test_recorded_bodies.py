"""Bodies that FreshBooks really answered, read into our records.

They are not part of this repository; where the reference folder beside it is absent, nothing runs.
"""

import json
from pathlib import Path

import pytest

from shared.core.identity import Kind
from shared.core.records import parse_record
from shared.core.signature import verify

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "reference" / "freshbooks-samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recorded bodies are not beside this checkout"
)


def recorded():
    """Every record in every recorded accounting answer."""
    for path in sorted(SAMPLES.glob("*.json")):
        body = json.loads(path.read_text())
        response = body.get("response") if isinstance(body, dict) else None
        result = response.get("result") if isinstance(response, dict) else None
        for kind in Kind if isinstance(result, dict) else ():
            rows = [result[kind]] if kind in result else []
            rows += result.get(f"{kind}s", [])
            for number, row in enumerate(rows):
                yield pytest.param(kind, row, id=f"{path.stem}-{kind}-{number}")


@pytest.mark.parametrize(("kind", "row"), list(recorded()))
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


def vectors():
    path = SAMPLES / "webhook-hmac_test_vectors.json"
    found = json.loads(path.read_text()) if path.exists() else []
    return [pytest.param(vector, id=str(number)) for number, vector in enumerate(found)]


@pytest.mark.parametrize("vector", vectors())
def test_the_signatures_of_the_test_vectors_are_accepted(vector):
    body, signature = vector["form_body"].encode(), vector["X-FreshBooks-Hmac-SHA256"]

    assert verify(body, signature, [vector["verifier"]])
    assert not verify(body + b"1", signature, [vector["verifier"]])
