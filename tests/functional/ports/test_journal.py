"""`Journal`: a record's newest entry, its history, and the record people mean by a label."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.retention import Cut
from shared.errors import ConflictError
from shared.sync.ports import Journal

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=-3, minutes=-30))
LARGEST = 2**63 - 1


def invoice(business: str, number: int = 7) -> RecordId:
    return RecordId(business, Kind.INVOICE, number)


def entry(
    business: str,
    number: int = 7,
    outcome: str = "created",
    *,
    kind: Kind = Kind.INVOICE,
    **fields: Any,
) -> JournalEntry:
    return JournalEntry(
        **{
            "record": RecordId(business, kind, number),
            "outcome": OutcomeName(outcome),
            "at": NOW,
            **fields,
        }
    )


def outcomes(journal: Journal, record: RecordId) -> list[str]:
    return [each.outcome for each in journal.list_history(record)]


def test_an_entry_is_read_back_whole(journal: Journal, account: str) -> None:
    written = entry(
        account,
        LARGEST,
        cause="webhook",
        reason="matched by name: Ångström & Søn",
        label="INV/2026 #7",
        fingerprint="2026-10-01 09:00:00.123456|0|sent",
        read_at=NOW - timedelta(seconds=2),
        rows=tuple(uuid.uuid4() for _ in range(300)),
        trace="0af7651916cd43dd8448eb211c80319c",
        awaited="client-42",
        name="Ångström & Søn",
        amount="1234.50",
        currency="EUR",
    )
    journal.write(written)

    assert journal.get_latest(invoice(account, LARGEST)) == written
    assert list(journal.list_history(invoice(account, LARGEST))) == [written]


def test_moments_come_back_to_the_microsecond_and_in_utc(journal: Journal, account: str) -> None:
    journal.write(entry(account, at=NOW.astimezone(ELSEWHERE), read_at=NOW.astimezone(ELSEWHERE)))

    kept = journal.get_latest(invoice(account))

    assert kept is not None
    assert kept.read_at is not None
    assert (kept.at, kept.at.tzinfo) == (NOW, UTC)
    assert (kept.read_at, kept.read_at.tzinfo) == (NOW, UTC)


def test_a_record_that_was_never_handled_has_no_entry(journal: Journal, account: str) -> None:
    assert journal.get_latest(invoice(account)) is None
    assert list(journal.list_history(invoice(account))) == []
    assert list(journal.list_latest(account, Kind.INVOICE)) == []
    assert list(journal.find_by_label(account, Kind.INVOICE, "7")) == []


def test_a_history_is_newest_first(journal: Journal, account: str) -> None:
    entries = [
        entry(account, outcome=outcome, at=NOW + timedelta(microseconds=place))
        for place, outcome in enumerate(["deferred", "held", "created", "updated"])
    ]
    for each in entries:
        journal.write(each)

    assert list(journal.list_history(invoice(account))) == entries[::-1]
    assert journal.get_latest(invoice(account)) == entries[-1]


def test_a_late_writer_moves_the_latest_entry_and_takes_its_place_in_history(
    journal: Journal, account: str
) -> None:
    journal.write(entry(account, outcome="updated"))
    journal.write(entry(account, outcome="held", at=NOW - timedelta(seconds=1)))

    latest = journal.get_latest(invoice(account))

    assert latest is not None
    assert latest.outcome == "held"
    assert outcomes(journal, invoice(account)) == ["updated", "held"]


def test_unchanged_moves_the_latest_entry_and_adds_no_history(
    journal: Journal, account: str
) -> None:
    journal.write(entry(account))
    journal.write(entry(account, outcome="unchanged", at=NOW + timedelta(hours=1)))

    latest = journal.get_latest(invoice(account))

    assert latest is not None
    assert latest.outcome == "unchanged"
    assert outcomes(journal, invoice(account)) == ["created"]


def test_two_entries_of_the_same_moment_are_both_kept(journal: Journal, account: str) -> None:
    journal.write(entry(account, outcome="deferred"))
    journal.write(entry(account, outcome="created"))

    assert set(outcomes(journal, invoice(account))) == {"deferred", "created"}


def test_the_latest_entries_are_those_of_one_account_and_kind(
    journal: Journal, account: str
) -> None:
    for number in (1, 9, 10, 99, LARGEST):
        journal.write(entry(account, number))
        journal.write(entry(account, number, outcome="updated"))
    journal.write(entry(account, 5, kind=Kind.PAYMENT))
    journal.write(entry(f"{account}x", 6))

    latest = list(journal.list_latest(account, Kind.INVOICE))

    assert sorted(each.record.number for each in latest) == [1, 9, 10, 99, LARGEST]
    assert {each.outcome for each in latest} == {"updated"}


def test_histories_of_records_with_similar_numbers_do_not_mix(
    journal: Journal, account: str
) -> None:
    for number in (1, 10, 11, 100):
        journal.write(entry(account, number))

    histories = {
        number: [each.record.number for each in journal.list_history(invoice(account, number))]
        for number in (1, 10)
    }

    assert histories == {1: [1], 10: [10]}


@pytest.mark.parametrize("label", ["O'Neil 7", "o'neil 7"])
def test_records_are_found_by_what_people_call_them(
    journal: Journal, account: str, label: str
) -> None:
    journal.write(entry(account, 1, label=label))
    journal.write(entry(account, 2, label="O'Neil 8"))
    journal.write(entry(account, 3, label=label))
    journal.write(entry(account, 4, label="O'NEIL 7"))
    journal.write(entry(account, 5, label=label, kind=Kind.PAYMENT))

    found = journal.find_by_label(account, Kind.INVOICE, label)

    assert sorted(each.record.number for each in found) == [1, 3]


def test_a_record_is_no_longer_found_by_what_it_was_called_before(
    journal: Journal, account: str
) -> None:
    journal.write(entry(account, label="7"))
    journal.write(entry(account, label="7b", at=NOW + timedelta(seconds=1)))

    assert list(journal.find_by_label(account, Kind.INVOICE, "7")) == []


# the newest state by its version


def latest(journal: Journal, business: str, number: int = 7) -> JournalEntry:
    found = journal.get_latest(invoice(business, number))
    assert found is not None
    return found


def test_what_is_true_of_the_newest_state_only_is_not_in_the_history(
    journal: Journal, account: str
) -> None:
    written = entry(account, pending="a-ticket", pending_since=NOW.astimezone(ELSEWHERE), same=3)
    journal.write(written)

    assert latest(journal, account) == written
    assert list(journal.list_history(invoice(account))) == [entry(account)]


def test_an_outcome_may_be_noted_without_a_history(journal: Journal, account: str) -> None:
    journal.write(entry(account))
    journal.write(entry(account, outcome="held", at=NOW + timedelta(hours=1)), history=False)

    assert latest(journal, account).outcome == "held"
    assert outcomes(journal, invoice(account)) == ["created"]


def test_a_newest_state_is_replaced_while_it_is_the_version_that_was_read(
    journal: Journal, account: str
) -> None:
    journal.write(entry(account))
    asked = replace(latest(journal, account), pending="a-ticket", pending_since=NOW)
    replaced = journal.replace(asked)

    assert replaced == asked
    assert replaced.version not in {"", asked.version}
    assert (latest(journal, account), latest(journal, account).version) == (
        replaced,
        replaced.version,
    )
    assert outcomes(journal, invoice(account)) == ["created"]
    assert journal.replace(replace(replaced, pending="")).pending == ""


@pytest.mark.parametrize("by", ["write", "replace"])
def test_a_newest_state_is_not_replaced_when_another_one_is_noted(
    journal: Journal, account: str, by: str
) -> None:
    journal.write(entry(account))
    read = latest(journal, account)
    getattr(journal, by)(replace(read, label="theirs"))

    with pytest.raises(ConflictError, match=f"{account}/invoice/7"):
        journal.replace(replace(read, pending="a-ticket"))
    assert latest(journal, account).label == "theirs"


@pytest.mark.parametrize("remembered", [False, True])
def test_the_first_state_of_a_record_is_noted_only_once(
    journal: Journal, account: str, *, remembered: bool
) -> None:
    first = journal.replace(entry(account, pending="a-ticket", filed=not remembered))

    with pytest.raises(ConflictError):
        journal.replace(entry(account, pending="another"))
    assert first.version
    assert latest(journal, account) == first
    assert outcomes(journal, invoice(account)) == ["created"] * remembered


def test_a_state_and_the_one_before_are_noted_together_or_not_at_all(
    journal: Journal, account: str
) -> None:
    first = journal.replace(entry(account, filed=False))
    later = replace(first, outcome=OutcomeName.UPDATED, at=NOW + timedelta(hours=1))
    second = journal.replace(replace(later, beside=True, beside_since=NOW), past=first)
    last = replace(
        second, outcome=OutcomeName.UNCHANGED, beside=False, beside_since=None, filed=True
    )
    journal.replace(last, past=second)

    with pytest.raises(ConflictError):
        journal.replace(replace(later, outcome=OutcomeName.HELD), past=later)
    assert latest(journal, account) == last
    assert list(journal.list_history(invoice(account))) == [later.past(), entry(account)]


def test_a_state_of_a_record_that_has_none_any_more_is_not_replaced(
    journal: Journal, account: str
) -> None:
    journal.write(entry(account, 8))
    elsewhere = latest(journal, account, 8)

    with pytest.raises(ConflictError):
        journal.replace(entry(account, version=elsewhere.version))


@pytest.mark.parametrize("first", [True, False])
def test_a_state_that_is_noted_already_counts_as_replaced(
    journal: Journal, account: str, *, first: bool
) -> None:
    if not first:
        journal.write(entry(account))
    read = entry(account) if first else latest(journal, account)
    wanted = replace(read, pending="a-ticket", pending_since=NOW.astimezone(ELSEWHERE))
    noted = journal.replace(wanted)

    again = journal.replace(wanted)

    assert (again, again.version) == (noted, noted.version)


# several at once


def test_only_the_entries_that_are_asked_for_are_found(journal: Journal, account: str) -> None:
    for number in (1, 2, 3, 10, LARGEST):
        journal.write(entry(account, number, label=str(number)))
    journal.write(entry(account, 4, kind=Kind.PAYMENT))

    found = journal.get_many(account, Kind.INVOICE, [1, 10, 1, 4, 99, LARGEST])

    assert {number: each.label for number, each in found.items()} == {
        1: "1",
        10: "10",
        LARGEST: str(LARGEST),
    }
    assert all(
        each.version == latest(journal, account, number).version for number, each in found.items()
    )
    assert journal.get_many(account, Kind.INVOICE, []) == {}


def test_as_many_entries_as_a_page_has_are_found_at_once(journal: Journal, account: str) -> None:
    numbers = range(1, 101)
    for number in numbers:
        journal.write(entry(account, number), history=False)

    assert sorted(journal.get_many(account, Kind.INVOICE, numbers)) == list(numbers)


def test_entries_are_noted_together_and_one_that_changed_meanwhile_is_in_no_others_way(
    journal: Journal, account: str
) -> None:
    for number in (1, 2, 3):
        journal.write(entry(account, number, label=str(number)))
    before = journal.get_many(account, Kind.INVOICE, [1, 2, 3, 4, 5])
    wanted = [replace(each, pending="a ticket") for each in before.values()]
    wanted += [entry(account, number, "asked", pending="a ticket") for number in (4, 5)]
    wanted += [entry(account, 7, "asked", kind=Kind.PAYMENT, pending="a ticket")]
    journal.write(entry(account, 2, "updated"))
    journal.write(entry(account, 4, "created"))

    journal.replace_all(wanted)

    after = journal.get_many(account, Kind.INVOICE, [1, 2, 3, 4, 5])
    assert {number: each.pending for number, each in after.items()} == {
        1: "a ticket",
        2: "",
        3: "a ticket",
        4: "",
        5: "a ticket",
    }
    assert (after[2].outcome, after[4].outcome) == ("updated", "created")
    assert after[1].version != before[1].version
    payment = journal.get_latest(RecordId(account, Kind.PAYMENT, 7))
    assert payment is not None
    assert payment.pending == "a ticket"


def test_more_entries_than_a_request_holds_are_all_noted(journal: Journal, account: str) -> None:
    long = entry(account, outcome="asked", reason="<Ä>" * 10_000)  # no hundred of them
    numbers = range(1, 41)

    journal.replace_all(
        [replace(long, record=invoice(account, number)) for number in (1000, 1001, *numbers)]
    )
    journal.replace_all([])

    assert set(journal.get_many(account, Kind.INVOICE, numbers)) == set(numbers)


def test_where_most_entries_changed_meanwhile_the_others_are_noted(
    journal: Journal, account: str
) -> None:
    numbers = range(1, 31)
    for number in numbers:
        journal.write(entry(account, number), history=False)
    before = journal.get_many(account, Kind.INVOICE, numbers)
    for number in range(1, 21):
        journal.write(entry(account, number, "updated"), history=False)

    journal.replace_all([replace(each, pending="a ticket") for each in before.values()])

    after = journal.get_many(account, Kind.INVOICE, numbers)
    assert {number for number, each in after.items() if each.pending} == set(range(21, 31))


# what is old


def forget(journal: Journal, cut: Cut, *, most: int = 1000) -> None:
    position: str | None = ""
    for _ in range(1000):
        assert position is not None
        position = journal.prune(cut, position=position, most=most).position
        if position is None:
            return
    raise AssertionError("it never comes to an end")


def days(journal: Journal, record: RecordId) -> list[int]:
    """How many days old each entry of a history is."""
    return [(NOW - each.at).days for each in journal.list_history(record)]


def aged(journal: Journal, business: str, *ages: int, number: int = 7) -> None:
    for age in ages:
        journal.write(entry(business, number, at=NOW - timedelta(days=age)))


LONG_AGO = NOW - timedelta(days=400)


def test_of_each_history_the_newest_entries_stay_as_far_as_they_are_young(
    journal: Journal, account: str
) -> None:
    aged(journal, account, 1, 2, 3, 4, 5, number=7)
    aged(journal, account, 1, 399, 401, 402, number=8)
    aged(journal, account, 500, number=9)
    aged(journal, account, 1, number=70)
    forget(journal, Cut(LONG_AGO, keep=3))

    kept = {number: days(journal, invoice(account, number)) for number in (7, 8, 9, 70)}

    assert kept == {7: [1, 2, 3], 8: [1, 399], 9: [], 70: [1]}


def test_the_newest_state_of_a_record_stays_however_old_it_is(
    journal: Journal, account: str
) -> None:
    aged(journal, account, 4000)
    forget(journal, Cut(LONG_AGO, keep=1))

    assert latest(journal, account).at == NOW - timedelta(days=4000)
    assert days(journal, invoice(account)) == []


@pytest.mark.parametrize("most", [4, 5, 7])
def test_a_piece_at_a_time_forgets_the_same(journal: Journal, account: str, most: int) -> None:
    for number in (1, 2, 30):
        aged(journal, account, *range(1, 12), number=number)
    aged(journal, f"{account}x", 1, 2, 3, 4, 5)
    journal.write(entry(account, kind=Kind.PAYMENT, at=LONG_AGO - timedelta(days=1)))
    forget(journal, Cut(LONG_AGO, keep=3), most=most)

    histories = [days(journal, invoice(account, number)) for number in (1, 2, 30)]

    assert histories == [[1, 2, 3]] * 3
    assert days(journal, invoice(f"{account}x")) == [1, 2, 3]
    assert days(journal, RecordId(account, Kind.PAYMENT, 7)) == []


def test_a_piece_looks_at_no_more_than_it_may(journal: Journal, account: str) -> None:
    for number in range(1, 40):
        aged(journal, account, 500, 501, number=number)

    piece = journal.prune(Cut(LONG_AGO, keep=1), position=f"{account}.invoice", most=10)

    assert 0 < piece.deleted <= 12
    assert piece.position is not None


def test_of_a_business_that_is_gone_nothing_stays_and_of_others_all(
    journal: Journal, account: str
) -> None:
    other = f"{account}x"
    for business in (account, other):
        for number in range(1, 8):
            aged(journal, business, 1, 2, number=number)
        journal.write(entry(business, kind=Kind.CLIENT, outcome="unchanged"))
    forget(journal, Cut(LONG_AGO, keep=50, gone=frozenset({account})), most=60)

    assert list(journal.list_latest(account, Kind.INVOICE)) == []
    assert list(journal.list_latest(account, Kind.CLIENT)) == []
    assert days(journal, invoice(account)) == []
    assert days(journal, invoice(other)) == [1, 2]
    assert len(list(journal.list_latest(other, Kind.INVOICE))) == 7
    assert len(list(journal.list_latest(other, Kind.CLIENT))) == 1


def test_what_was_forgotten_is_forgotten_once(journal: Journal, account: str) -> None:
    aged(journal, account, 1, 500)
    forget(journal, Cut(LONG_AGO, keep=3))

    assert journal.prune(Cut(LONG_AGO, keep=3), most=100_000).deleted == 0


def test_many_outcomes_are_noted_at_once_each_with_its_history(
    journal: Journal, account: str
) -> None:
    first = [entry(account, number, label=f"{number:07}", filed=False) for number in range(1, 121)]
    same = entry(account, 200, "unchanged")

    kept = journal.write_all([*first, same])

    assert kept == {each.record for each in [*first, same]}
    assert set(journal.get_many(account, Kind.INVOICE, range(1, 201))) == {*range(1, 121), 200}
    assert outcomes(journal, invoice(account, 120)) == ["created"]
    assert outcomes(journal, invoice(account, 200)) == []
    assert [each.record for each in journal.find_by_label(account, Kind.INVOICE, "0000077")] == [
        invoice(account, 77)
    ]


def test_of_many_outcomes_only_those_are_noted_of_which_nothing_else_is_by_now(
    journal: Journal, account: str
) -> None:
    journal.write(entry(account, 3, "held", reason="by somebody else"))
    journal.write(entry(account, 5, "created"))
    known = journal.get_latest(invoice(account, 5))
    assert known is not None

    kept = journal.write_all(
        [
            *(entry(account, number) for number in (1, 2, 3, 4)),
            entry(account, 5, "updated", version=known.version),
            entry(account, 6, version=known.version),
        ]
    )

    latest = journal.get_many(account, Kind.INVOICE, range(1, 7))
    assert {record.number for record in kept} == {1, 2, 4, 5}
    assert {number: str(each.outcome) for number, each in latest.items()} == {
        1: "created",
        2: "created",
        3: "held",
        4: "created",
        5: "updated",
    }
    assert outcomes(journal, invoice(account, 3)) == ["held"]


def test_no_outcomes_at_all_are_noted_as_well(journal: Journal) -> None:
    assert journal.write_all([]) == set()
