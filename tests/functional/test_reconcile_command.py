"""`python -m shared reconcile`: what it prints, writes, asks for and refuses."""

import csv
import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from shared.cli import main
from tests.functional.planted import Planted


@pytest.fixture
def planted():
    planted = Planted()
    client = planted.client("Aster")
    planted.invoices = [planted.invoice(client, f"{number}.00") for number in range(1, 21)]
    planted.lost = planted.invoice(client, "100.00", create_date="2026-10-05")
    planted.settle()
    planted.rows.delete("invoice", planted.header(planted.lost))
    planted.firm.queue.sent.clear()
    return planted


def reconcile(planted, *words):
    return main(["reconcile", *words], build=lambda: planted.firm.connector)


def as_json(planted, capsys, *words):
    code = reconcile(planted, "--json", *words)
    return code, json.loads(capsys.readouterr().out)


def test_bad_input_is_told_and_nothing_is_asked_for(planted, capsys):
    for words, said in [
        (["--kinds", "invoice,bills"], "there is no kind 'bills'"),
        (["--month", "2026-13"], "'2026-13' is no month; write one such as 2026-11"),
        (["--month", "October"], "'October' is no month"),
        (["--month", "2026-12"], "2026-12 has not begun; the current month is 2026-11"),
        (["--business", "nobody"], "nobody is not connected"),
        (["--yes-cancel", "5"], "--yes-cancel needs --fix"),
        (["--fix", "--yes-cancel", "many"], "'many' is no number of rows"),
        (["--page", "/nowhere/at/all.html", "--fix"], "/nowhere/at/all.html cannot be written"),
    ]:
        try:
            code = reconcile(planted, *words)
        except SystemExit as ended:
            code = ended.code

        assert code == 2, words
        assert said in capsys.readouterr().err, words
        assert planted.firm.queue.sent == [], words


def test_it_says_what_differs_and_is_equal_once_that_was_asked_for(planted, capsys):
    code, said = as_json(planted, capsys)
    assert (code, said["causes"], said["asked"]) == (1, {"missing": 1}, None)
    assert planted.firm.queue.sent == []

    code, said = as_json(planted, capsys, "--fix")
    planted.firm.drain()

    assert (code, said["asked"]) == (1, 1)
    code, said = as_json(planted, capsys)
    assert (code, said["adds_up"], said["differences"]) == (0, True, [])


def test_the_terminal_has_a_line_for_each_sum_and_says_who_ends_each_difference(planted, capsys):
    reconcile(planted)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["month", "kind", "FreshBooks", "Sales", "listed"]
    assert "2026-10 invoice   USD           1          100.00          0" in lines[2]
    assert any(line.startswith("invoice 0000021  missing  100.00 USD") for line in lines)
    assert "  ended by: nobody: the nightly comparison carries it over" in "\n".join(lines)
    assert lines[-1] == "FreshBooks is Sales and what is listed: 1 missing"


def test_a_month_is_about_the_records_of_that_month_alone(planted, capsys):
    planted.rows.delete("invoice", planted.header(planted.invoices[0]))

    _code, said = as_json(planted, capsys, "--month", "2026-10", "--kinds", "invoice")

    assert [each["record"] for each in said["differences"]] == [planted.lost]
    assert [(each["month"], each["kind"]) for each in said["sums"]] == [("2026-10", "invoice")]


def test_programs_get_a_table_in_which_no_cell_is_a_formula(planted, tmp_path):
    planted.books.edit_invoice(planted.lost, invoice_number="=1+1")
    file = tmp_path / "found.csv"

    reconcile(planted, "--csv", str(file))

    rows = list(csv.DictReader(file.read_text().splitlines()))
    (found,) = (row for row in rows if row["cause"] == "missing")
    assert found["number"] == "'=1+1"
    assert (found["freshbooks_amount"], found["sales_amount"]) == ("100.00", "0")
    assert {row["remainder"] for row in rows if row["row"] == "sum"} <= {"0", "0.00"}


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.addresses, self.text = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "action"}]

    def handle_data(self, data):
        self.text += data.split()


def test_the_page_to_be_signed_stands_alone_and_adds_up(planted, tmp_path):
    planted.books.edit_invoice(planted.lost, invoice_number="<b>21</b>")
    file = tmp_path / "october.html"

    reconcile(planted, "--month", "2026-10", "--page", str(file))

    page = _Page()
    page.feed(file.read_text())
    text = " ".join(page.text)
    assert page.addresses == []
    assert not page.tags & {"script", "link", "img", "iframe", "b"}
    assert "url(" not in file.read_text()
    assert "FreshBooks = Sales + what is listed below, in every line. Listed: 1 missing." in text
    assert "invoice USD 1 100.00 0 0.00 1 100.00 0" in text
    assert "Checked by Date" in text
    assert "invoice <b>21</b>" in text


def test_mass_cancelling_is_held_back_until_somebody_names_the_number(planted, capsys):
    for number in planted.invoices[:12]:
        planted.books.delete_invoice(number)
    planted.firm.clock.advance(timedelta(hours=3).total_seconds())

    code, said = as_json(planted, capsys, "--fix")
    planted.firm.drain()

    assert code == 3
    assert said["stopped"][0] | {"business": ""} == {
        "business": "",
        "kind": "invoice",
        "would": 12,
        "rows": 20,
    }
    standing = [row for row in planted.firm.invoices() if row["statecode"] != 3]
    assert len(standing) == 21  # what was lost came back all the same

    assert reconcile(planted, "--fix", "--yes-cancel", "11") == 2
    assert "12 rows would be cancelled, and not 11" in capsys.readouterr().err
    planted.firm.drain()
    assert len([row for row in planted.firm.invoices() if row["statecode"] != 3]) == 21

    assert reconcile(planted, "--fix", "--yes-cancel", "12") == 1
    planted.firm.drain()
    assert len([row for row in planted.firm.invoices() if row["statecode"] != 3]) == 9
    assert reconcile(planted) == 0


def test_a_service_that_is_down_is_told_and_nothing_is_asked_for(planted, capsys):
    planted.firm.freshbooks_door.fail(kind="status", status=503, times=None)

    assert reconcile(planted, "--fix") == 2

    assert "FreshBooks" in capsys.readouterr().err
    assert planted.firm.queue.sent == []
