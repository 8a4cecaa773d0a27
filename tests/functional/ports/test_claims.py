"""`Claims`: accounts that are about to be made, seen by everybody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from shared.core.identity import Kind, RecordId
from shared.core.matching import Claim
from shared.sync.ports import Claims

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=-3, minutes=-30))


def a_claim(business: str, key: str = "one", **fields: object) -> Claim:
    client = RecordId(business, Kind.CLIENT, 7)
    made = Claim(f"{business}-7~{key}", client, "Ä/b #?\\ Ltd", NOW)
    return replace(made, **fields)  # type: ignore[arg-type]  # fields of a claim


def of(claims: Claims, business: str) -> dict[str, Claim]:
    return {each.key: each for each in claims.list_all() if each.client.business == business}


def test_a_claim_is_seen_as_it_was_put_and_the_same_key_replaces_it(
    claims: Claims, account: str
) -> None:
    first = a_claim(account, until=NOW.astimezone(ELSEWHERE))
    claims.put(first)
    claims.put(replace(first, name="Another"))
    claims.put(a_claim(account, "two"))

    found = of(claims, account)

    assert found == {
        f"{account}-7~one": a_claim(account, name="Another"),
        f"{account}-7~two": a_claim(account, "two"),
    }
    assert {each.until.tzinfo for each in found.values()} == {UTC}


def test_a_claim_that_was_given_up_is_gone_and_may_be_given_up_again(
    claims: Claims, account: str
) -> None:
    claims.put(a_claim(account))
    for _ in range(2):
        claims.delete(f"{account}-7~one")

    assert of(claims, account) == {}
