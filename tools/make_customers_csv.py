"""Writes `examples/customers.csv`: customers as they come in life, the same ones in every run.

The file has a byte order mark and CRLF line ends as spreadsheets write them, a column the account does not know, empty
cells, quoted commas and line breaks, blank lines, repeated addresses, addresses that are none, addresses of roles and
rows with a cell too many.

    python tools/make_customers_csv.py           writes the file
    python tools/make_customers_csv.py --check   fails if the file is not what it would write
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import sys
import unicodedata
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "examples" / "customers.csv"
PEOPLE = 2000
HEADER = ("E-mail", "First name", "Last name", "Company", "City", "Country", "Phone", "Postcode", "Loyalty tier")
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org", "shop.example.net")

# First names, last names, cities and the country they belong to.
PLACES = (
    (("Ann", "Tom", "Grace", "Henry"), ("Miller", "Walker", "O'Brien", "Smith-Jones"), ("Leeds", "York"), "England"),
    (("Jürgen", "Käthe", "Lena", "Paul"), ("Müller", "Schröder", "Weiß", "Vogel"), ("Köln", "Lübeck"), "Germany"),
    (("Zoë", "René", "Chloé", "Luc"), ("Lefèvre", "Dupré", "Garçon", "Petit"), ("Orléans", "Nîmes"), "France"),
    (("Łukasz", "Małgorzata", "Jan", "Ewa"), ("Wiśniewski", "Kowalska", "Żak", "Zając"), ("Łódź", "Gdańsk"), "Poland"),
    (("Søren", "Åse", "Bjørn", "Liv"), ("Sørensen", "Østergård", "Dahl", "Berg"), ("Ålesund", "Tromsø"), "Norway"),
    (("Íñigo", "Núria", "José", "Inés"), ("Muñoz", "Peña", "García", "Ibáñez"), ("Málaga", "A Coruña"), "Spain"),
    (("Živilė", "Jonas", "Rūta", "Ąžuolas"), ("Kazlauskas", "Šimkus", "Žukas", "Petraitė"), ("Šiauliai",), "Lithuania"),
    (("Δήμητρα", "Νίκος", "Ελένη"), ("Παπαδάκη", "Γεωργίου"), ("Πάτρα", "Βόλος"), "Greece"),
    (("Олена", "Тарас", "Ірина"), ("Шевчук", "Бондар"), ("Львів", "Суми"), "Ukraine"),  # noqa: RUF001
    (("陽子", "健太", "美咲"), ("田中", "高橋"), ("仙台", "奈良"), "Japan"),
    (("سارة", "يوسف"), ("حداد", "منصور"), ("طنجة",), "Morocco"),
)
COMPANIES = (
    "",
    "",
    "Example, Ltd.",
    'The "Example" bookshop',
    "Example & Sons",
    "Example Freight, Storage, and More",
    "Librairie d'exemple",
    "Example\nBooks",
)
TIERS = ("", "bronze", "silver", "gold")
ROLES = ("info", "sales", "support", "office", "admin", "billing", "contact", "webmaster", "noreply")
BAD_ADDRESSES = (
    "",
    "",
    "not known",
    "ann.miller",
    "ann.miller@",
    "@example.com",
    "tom walker@example.com",
    "grace@example",
    "grace@@example.com",
    "henry@example..com",
    "lena@-example.com",
    "paul@example.com, lena@example.com",
    "Ewa Żak <ewa@example.org>",
    f"{'a' * 65}@example.com",
)
# The check before sending lets these pass; whether they can get mail is for the service to say.
DOUBTFUL_ADDRESSES = (
    "jürgen@bücher.example.com",
    "käthe@bücher.example.com",
    "søren@fjord.example.net",
    "zoë@café.example.org",
    ".tom@example.com",
    "ann..miller@example.com",
    "123456789012@example.com",
    "4412345678901@example.org",
)

# Letters that are not made of an ASCII letter and an accent.
NOT_COMPOSED = str.maketrans({"ø": "o", "ł": "l", "ß": "ss"})

Row = list[str]


def make() -> bytes:
    """The content of the file."""
    dice = random.Random(2026)
    rows = [_person(dice, number) for number in range(PEOPLE)]
    people = [row[0] for row in rows]
    rows += [_with_address(dice, f"{role}@{domain}") for role in ROLES for domain in DOMAINS[:4]]
    rows += [_with_address(dice, address) for address in BAD_ADDRESSES for _ in range(3)]
    rows += [_with_address(dice, address) for address in DOUBTFUL_ADDRESSES]
    rows += [_with_address(dice, dice.choice((str.upper, str.title, str))(dice.choice(people))) for _ in range(60)]
    rows += [[*_person(dice, PEOPLE + number), "moved"] for number in range(5)]
    dice.shuffle(rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number, row in enumerate(rows, 1):
        # Spreadsheets leave out empty cells at the end of a row, or do not.
        writer.writerow(_shortened(row) if number % 7 == 0 else row)
        if number % 400 == 0:
            text.write("\r\n")
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _person(dice: random.Random, number: int) -> Row:
    first_names, last_names, cities, country = dice.choice(PLACES)
    first, last = dice.choice(first_names), dice.choice(last_names)
    mailbox = ".".join(filter(None, (_ascii(first), _ascii(last)))) or "reader"
    tag = dice.choice(("", "", "", "+books", "+news", "+list-2"))
    address = f"{mailbox}.{number}{tag}@{dice.choice(DOMAINS)}"
    if dice.random() < 0.1:
        address = f" {address.title()} "
    phone = f"+44 7700 900{dice.randrange(1000):03}"  # a range that is kept free for examples
    return [
        address,
        first if dice.random() < 0.9 else "",
        last if dice.random() < 0.9 else "",
        dice.choice(COMPANIES),
        dice.choice(cities) if dice.random() < 0.8 else "",
        country,
        phone if dice.random() < 0.5 else "",
        f"{dice.randrange(1000, 99999):05}" if dice.random() < 0.7 else "",
        dice.choice(TIERS),
    ]


def _with_address(dice: random.Random, address: str) -> Row:
    return [address, *_person(dice, 0)[1:]]


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().translate(NOT_COMPOSED)).encode("ascii", "ignore").decode()
    return "".join(character for character in plain if character.isalpha())


def _shortened(row: Row) -> Row:
    cells = list(row)
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells


def main() -> int:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description="Write examples/customers.csv.")
    parser.add_argument("--check", action="store_true", help="only compare")
    wanted = make()
    if parser.parse_args().check:
        if TARGET.exists() and TARGET.read_bytes() == wanted:
            return 0
        print(f"{TARGET.name} is not what this program writes", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
