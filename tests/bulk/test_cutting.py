"""Rows are cut into few chunks in which nobody is twice, and those about the same person stay in order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async.bulk import _cutting
from mailerlite_async.bulk._chunk import Chunk, Item
from mailerlite_async.bulk._cutting import Cutter
from mailerlite_async.bulk._operations import Work
from tests.support.facade import Facade


def cut(work: Work, items: Iterable[Item]) -> list[Chunk]:
    cutter = Cutter(work)
    chunks: list[Chunk] = []
    for item in items:
        chunks += cutter.add(item)
    return [*chunks, *cutter.end()]


def people(keys: Iterable[int]) -> list[Item]:
    return [Item(row, None, str(key), str(key), {}, size=10) for row, key in enumerate(keys)]


def sizes(chunks: list[Chunk]) -> list[int]:
    return [len(chunk.items) for chunk in chunks]


rows = st.lists(
    st.tuples(
        st.integers(0, 12).map(str),
        st.sampled_from([None, "7001", "7002"]),
        st.sampled_from([1, 40, 90]),
    ),
    max_size=120,
)


@given(rows, st.sampled_from(["upsert", "update", "import_into", "get"]), st.integers(1, 3))
@settings(max_examples=300, deadline=None)
def test_every_row_once_nobody_twice_in_a_chunk_and_all_in_order(rows: Any, operation: Any, layers: int) -> None:
    work = Work.of(operation, "7001" if operation == "import_into" else None)
    items = [
        Item(row, None, key, key, {}, size=size, group_id=group if operation == "upsert" else None)
        for row, (key, group, size) in enumerate(rows)
    ]
    with pytest.MonkeyPatch.context() as patch:
        # So that few rows come to every limit.
        for name, value in {
            "MOST_CALLS": 4,
            "MOST_IMPORT_ROWS": 30,
            "MOST_IMPORT_BYTES": 200,
            "WORTH_OF_IMPORT": 2,
            "_MOST_LAYERS": layers,
        }.items():
            patch.setattr(_cutting, name, value)
        chunks = cut(work, items)
        assert [(chunk.way, chunk.group_id, chunk.items) for chunk in cut(work, items)] == [
            (chunk.way, chunk.group_id, chunk.items) for chunk in chunks
        ]
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert Counter(item.row for chunk in chunks for item in chunk.items) == Counter(range(len(items)))
    for chunk in chunks:
        if chunk.way == "import":
            assert len(chunk.items) == 1 or sum(item.size for item in chunk.items) <= 200
            assert operation == "import_into" or {item.group_id for item in chunk.items} == {chunk.group_id}
        else:
            assert len(chunk.items) <= (4 if chunk.way == "batch" else 1)
        if operation != "get":
            assert len({item.key for item in chunk.items}) == len(chunk.items)
    if operation == "get":
        assert sizes(chunks) == [min(4, len(items) - first) for first in range(0, len(items), 4)]
        return
    for key in {item.key for item in items}:
        mine = [item.row for chunk in chunks for item in chunk.items if item.key == key]
        assert mine == sorted(mine)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (range(20_000), [20_000]),
        ([number // 2 for number in range(20_000)], [10_000, 10_000]),
        ([number % 10_000 for number in range(20_000)], [10_000, 10_000]),
        ([*range(10_000), 7, 8, *range(10_000, 19_998)], [19_998, 2]),
    ],
)
def test_repeated_people_cost_an_import_for_each_repetition(keys: Iterable[int], expected: list[int]) -> None:
    assert sizes(cut(Work.of("import_into", 7001), people(keys))) == expected


def test_rows_of_some_people_more_often_than_of_others() -> None:
    luck = random.Random(1)
    keys = [luck.randrange(15_000) for _ in range(20_000)]
    chunks = cut(Work.of("import_into", 7001), people(keys))
    assert len(chunks) == max(Counter(keys).values())


def test_reading_the_same_people_again_and_again_fills_every_batch() -> None:
    assert sizes(cut(Work.of("get", None), people(number // 4 for number in range(2_000)))) == [50] * 40


def test_changing_the_same_people_four_times_in_a_row_fills_every_batch() -> None:
    assert sizes(cut(Work.of("update", None), people(number // 4 for number in range(2_000)))) == [50] * 40


def test_one_person_alone_is_not_collected_for_long() -> None:
    cutter = Cutter(Work.of("update", None))
    for item in people([5] * 16):
        assert list(cutter.add(item)) == []
    (chunk,) = cutter.add(people([5] * 17)[-1])
    assert [item.row for item in chunk.items] == [0]


async def test_the_last_of_several_rows_about_somebody_stays(facade: Facade) -> None:
    facade.emulator.seed(groups=[{"name": "Book club", "id": "7001"}])
    ml = facade.patient()
    rows = [
        {"email": f"reader{number}@example.com", "fields": {"name": f"Name {turn}"}}
        for number in range(120)
        for turn in range(3)
    ]
    job = ml.bulk.import_into("7001", rows)
    results = await facade.collect(job)
    assert [(result.row, result.ok) for result in results] == [(number, True) for number in range(360)]
    assert job.summary.imports == 3
    members = await facade.collect(ml.groups.iter_subscribers("7001"))
    assert [member.fields["name"] for member in members] == ["Name 2"] * 120


async def test_people_can_be_read_twice_in_one_call(facade: Facade) -> None:
    facade.emulator.seed(subscribers=[f"reader{number}@example.com" for number in range(10)])
    ml = facade.patient()
    ids = [person.id for person in await facade.collect(ml.subscribers.iter())]
    job = ml.bulk.get(ids * 20)
    results = await facade.collect(job)
    assert [result.value.id for result in results] == ids * 20
    assert job.summary.requests == 4
