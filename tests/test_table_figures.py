"Tables of figures: a row for each figure, a column for each year; and rows under headings inside the table."

from dataclasses import replace

import pytest

from kbase.querying.table_answers import TableAnswer, query_table
from kbase.tables import Table
from kbase.typed_table import type_table

HARBOUR = Table(
    (
        ("EUR in thousands", "FY2021", "FY2022", "FY2023"),
        ("Mooring fees", "1,200", "1,500", "1,350"),
        ("Fuel sales", "800", "640", "960"),
        ("Total income", "2,000", "2,140", "2,310"),
        ("Occupancy (%)", "71", "78", "83"),
        ("Berths let:", "", "", ""),
        ("New", "14", "9", "21"),
        ("Ended", "6", "11", "–"),
        ("Boats on land:", "", "", ""),
        ("New", "40", "44", "39"),
        ("Ended", "12", "10", "8"),
    ),
    title="The harbour's year",
)


def ask(question: str, table: Table = HARBOUR, language: str = "en") -> TableAnswer:
    return query_table(question, type_table(table, language), language=language)


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("What were the mooring fees in 2022?", ("1,500",)),
        ("What were the fuel sales in FY22 and FY23, respectively?", ("640", "960")),
        ("How much did fuel sales change from 2022 to 2023?", ("320",)),
        ("What was the change in mooring fees in 2023 from 2022?", ("-150",)),
        ("What was the percentage change in total income between 2021 and 2022?", ("7",)),
        ("What was the decrease in fuel sales between 2021 and 2022?", ("-160",)),
        ("What is the difference in fuel sales between 2021 and 2022?", ("160",)),
        ("What were the average mooring fees from 2021 to 2023?", ("1,350",)),
        ("What were the average mooring fees in 2021 and 2023?", ("1,275",)),
        ("What is the sum of the fuel sales in 2021 and 2022?", ("1,440",)),
        ("What percentage of the total income were mooring fees in 2021?", ("60",)),
        ("What is the ratio of mooring fees to fuel sales in 2021?", ("1.5",)),
        ("In which year were fuel sales higher, 2021 or 2022?", ("FY2021",)),
        ("In which years were mooring fees above 1.3 million?", ("FY2022", "FY2023")),
        ("In which year was the occupancy the lowest?", ("FY2021",)),
        ("How many berths let were new in 2022?", ("9",)),
        ("What was ended of the boats on land in 2023?", ("8",)),
        ("What are the components considered when calculating the total income?", ("Mooring fees", "Fuel sales")),
        ("What is the total income made up of?", ("Mooring fees", "Fuel sales")),
        ("Which years does the table provide information on the harbour for?", ("FY2021", "FY2022", "FY2023")),
    ],
)
def test_figures(question: str, values: tuple[str, ...]) -> None:
    answer = ask(question)
    assert not answer.declined and answer.values == values, (answer, answer.reason)


@pytest.mark.parametrize(
    "question",
    [
        "What were the mooring fees in 2030?",
        "Why did mooring fees fall in 2023?",
        "What was ended in 2022?",  # of berths, or of boats on land
        "How many berths ended in 2023?",  # not known
        "Which fee is higher?",
        "What is the occupancy made up of?",  # of no two rows
        "Which years does the table provide information on pilots and tugs for?",
    ],
)
def test_figures_that_cannot_be_known(question: str) -> None:
    assert ask(question).declined, ask(question)


def test_units_of_figures() -> None:
    assert ask("What were the mooring fees in 2022?").text == "1,500 thousand EUR"
    assert ask("What was the percentage change in total income between 2021 and 2022?").text == "7 %"
    assert ask("What was the occupancy in 2022?").text == "78 %"


ACCOUNT = Table(
    (
        ("Account", "2021", "2020"),
        ("Charges by pier", "€m", "€m"),
        ("North", "1.2", "1.0"),
        ("South", "0.7", "0.9"),
        ("All charges", "1.9", "1.9"),
        ("Wages", "0.6", "0.5"),
        ("Surplus", "1.3", "1.4"),
        ("Berths", "13", "14"),
        ("Surplus a berth", "0.10", "0.10"),
    )
)


def test_a_row_is_made_of_those_that_give_it() -> None:
    assert ask("What is all charges made up of?", ACCOUNT).values == ("North", "South")
    assert ask("What are the items used to calculate the surplus?", ACCOUNT).values == ("All charges", "Wages")
    assert ask("What are the components of the surplus a berth?", ACCOUNT).values == ("Surplus", "Berths")


def test_a_row_of_units_under_a_name_is_a_heading() -> None:
    assert ask("What were the charges by pier of the North in 2021?", ACCOUNT).values == ("1.2",)


def test_what_a_column_of_marks_holds_is_no_name_of_rows() -> None:
    rows = (("Quay", "5", "—"), ("Mole", "6", "(1)"), ("Quay", "7", "$—"), ("Mole", "9", "(3)"), ("Pier", "8", "x"))
    table = Table((("", "Berths", "Other"), *rows))
    assert ask("How many berths does the pier have?", table).values == ("8",)


TIMINGS = Table(
    (
        ("suite", "python 3.9 (s)", "python 3.13 (s)"),
        ("unit tests", "412", "371"),
        ("notebooks", "655", "598"),
        ("browser tests", "298", "301"),
    ),
)


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("Which suite got slower?", ("browser tests",)),
        ("Which suites are faster now?", ("unit tests", "notebooks")),
        ("Which suite rose?", ("browser tests",)),
        ("Which suite became cheaper?", ()),
        ("Which suite is larger?", ()),
        ("Which suite is slower on python 3.13?", ()),
    ],
)
def test_a_comparative_is_no_superlative(question: str, values: tuple[str, ...]) -> None:
    answer = ask(question, TIMINGS)
    assert answer.values == values and answer.declined == (not values), answer


def test_a_row_of_dashes_is_no_heading() -> None:
    rows = (("Shares:", "", ""), ("Granted", "5", "6"), ("Lapsed", "–", "–"), ("Sold", "1", "2"))
    table = Table((("", "2021", "2022"), *rows))
    assert ask("What was granted of the shares in 2022?", table).values == ("6",)
    assert ask("What was sold in 2022?", table).values == ("2",)
    assert ask("What lapsed in 2022?", table).declined


def test_a_list_is_asked_for_in_the_plural() -> None:
    table = Table((("Bridge", "Opened"), ("Weir Bridge", "1890"), ("Iron Bridge", "1912"), ("Park Bridge", "1975")))
    assert ask("Which bridges opened before 1950?", table).values == ("Weir Bridge", "Iron Bridge")


RICHEST = Table(
    (
        ("No.", "Name", "Fortune ($ bn)", "Age"),
        ("1", "Ann Abel", "90", "61"),
        ("2", "Ben Bock", "80", "44"),
        ("3", "Cid Cole", "75", "72"),
        ("4", "Dora Dahl", "60", "58"),
        ("5", "Eli Esch", "55", "39"),
    ),
    title="The five richest of 2021",
)


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("What is the fortune of the second richest?", ("80",)),
        ("Who is the third oldest person?", ("Dora Dahl",)),
        ("Who is the youngest person?", ("Eli Esch",)),
        ("Who is the oldest person?", ("Cid Cole",)),
        ("How old is Ben Bock?", ("44",)),
        ("What is the average age of the top 3?", ("59",)),
        ("What is the average age of the top 3? Make sure that it is a float.", ("59",)),
    ],
)
def test_a_list_in_order_of_rank(question: str, values: tuple[str, ...]) -> None:
    assert ask(question, RICHEST).values == values, ask(question, RICHEST)


def test_what_holds_of_those_listed_is_not_said_of_all() -> None:
    found = query_table("Which name has the lowest age?", RICHEST, least_named=0.1)
    assert found.declined, found
    assert query_table("Who is the richest of 2021?", RICHEST, least_named=0.1).values == ("Ann Abel",)


def test_tables_of_another_year_do_not_contradict() -> None:
    other = replace(RICHEST, rows=(*RICHEST.rows[:1], ("1", "Zoe Zahn", "70", "50"), *RICHEST.rows[2:]))
    tables = [replace(other, title="The five richest of 2020"), RICHEST]
    assert query_table("Who was the richest in 2021?", tables, least_named=0.1).values == ("Ann Abel",)
