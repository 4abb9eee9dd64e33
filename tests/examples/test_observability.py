"""The recipes for watching the client: each runs as printed, counts what happened, and shows nothing personal."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

import mailerlite_async
from mailerlite_async import Attempt, MailerLiteError, NotFoundError, RateLimitError, RateLimits, calls
from mailerlite_async.testing import Emulator
from tests.support.facade import KEY, Facade

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint
    from opentelemetry.sdk.trace import ReadableSpan

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
MISSING = "opentelemetry-sdk is not installed: it is a tool of these tests, and of users who follow the recipe"

ADDRESS = "secretive+tag@example.com"
SECRETS = ("secretive", "%40", "@", "7100710071", "1100110011", KEY, "Wick")


def block(name: str) -> dict[str, Any]:
    """The names that the code block with this name in it defines, once it was run as it is printed."""
    (code,) = [found for found in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL) if f"def {name}(" in found]
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(code, f"docs/observability.md, {name}", "exec"), names)
    return names


async def have_a_day(facade: Facade, emulator: Emulator, on_attempt: Callable[[Attempt], object]) -> None:
    """Make a call of every kind, in which names, addresses, ids and the key have every chance to leak."""
    emulator.seed(
        groups=[{"id": "1100110011", "name": "Secretive"}], subscribers=[{"id": "7100710071", "email": ADDRESS}]
    )
    emulator.fault("latency", route="/groups", seconds=0.25)
    emulator.fault("error", route="/groups", status=503)
    emulator.fault("reset", route="/subscribers/{id}", method="GET")
    ml = facade.patient(on_attempt=on_attempt)
    steps: list[Any] = [
        calls.groups.list(name="Secretive"),  # 503, then 200
        calls.subscribers.get(ADDRESS),  # no answer, then 200
        calls.subscribers.get("nobody-secretive@example.com"),  # 404
        calls.subscribers.upsert(ADDRESS, fields={"last_name": "Wick"}),
        calls.subscribers.list(email=ADDRESS),
        calls.groups.assign(ADDRESS, "1100110011"),
        calls.groups.import_subscribers("1100110011", [{"email": ADDRESS}]),
        calls.batch([calls.groups.unassign(ADDRESS, "1100110011"), calls.subscribers.get("7100710071")]),
        calls.subscribers.forget("7100710071"),
    ]
    for step in steps:
        with contextlib.suppress(NotFoundError):
            await facade.call(ml.execute(step))


DAY = [
    ("GET /groups", 503),
    ("GET /groups", 200),
    ("GET /subscribers/{id}", "ReadError"),
    ("GET /subscribers/{id}", 200),
    ("GET /subscribers/{id}", 404),
    ("POST /subscribers", 200),
    ("GET /subscribers", 200),
    ("POST /subscribers/{id}/groups/{gid}", 200),
    ("POST /groups/{id}/import-subscribers", 200),
    ("POST /batch", 200),
    ("POST /subscribers/{id}/forget", 200),
]


def leaks(*things: object) -> list[str]:
    """The secrets that can be read in these things."""
    return [secret for secret in SECRETS if any(secret in str(thing) for thing in things)]


def test_leaks_are_seen() -> None:
    assert leaks({"url.path": f"/subscribers/{ADDRESS}"}, "POST /groups/1100110011") == ["secretive", "@", "1100110011"]
    assert leaks("GET /subscribers/{id}", {"http.response.status_code": 404}) == []


# -- what the document says --------------------------------------------------------------------------------------------


def test_table_of_the_hook_is_complete() -> None:
    table = DOCUMENT.split("## The log")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [field.name for field in attrs.fields(Attempt)]


def test_reasons_are_those_of_the_package() -> None:
    folder = Path(mailerlite_async.__file__).parent
    source = "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))
    table = DOCUMENT.split("| Reason |")[1].split("```")[0]
    reasons = [text for row in table.splitlines() for text in re.findall(r"`([^`]+)`", "|".join(row.split("|")[:2]))]
    assert len(reasons) == 8
    for reason in reasons:
        paced = re.fullmatch(r"paced \((\w+)\)", reason)
        assert (f'Pace("{paced[1]}"' if paced else reason) in source


async def test_line_of_the_log_is_the_one_shown(facade: Facade, caplog: pytest.LogCaptureFixture) -> None:
    limited = Emulator(requests=2, clock=facade.clock)
    ml = facade.open(transport=limited.transport(), limits=RateLimits(requests=2))
    with caplog.at_level(logging.INFO, logger="mailerlite_async"):
        for _ in range(3):
            await facade.call(ml.groups.list())
    (line,) = [record for record in caplog.records if record.name == "mailerlite_async"]
    assert line.levelno == logging.INFO
    assert f"```text\n{line.getMessage()}\n```" in DOCUMENT


async def test_hook_hears_nothing_of_what_was_never_sent(facade: Facade) -> None:
    seen: list[Attempt] = []
    limited = Emulator(requests=1, clock=facade.clock)
    ml = facade.open(transport=limited.transport(), limits=RateLimits(requests=1), max_wait=5, on_attempt=seen.append)
    await facade.call(ml.subscribers.count())
    with pytest.raises(RateLimitError, match="not sent"):
        await facade.call(ml.subscribers.count())
    assert [attempt.status for attempt in seen] == [200]


async def test_batch_is_one_attempt_whatever_becomes_of_its_items(facade: Facade) -> None:
    seen: list[Attempt] = []
    ml = facade.patient(on_attempt=seen.append)
    result = await facade.call(ml.batch([calls.groups.delete("1"), calls.subscribers.count()]))
    assert [item.status for item in result.items] == [404, 200]
    assert [(attempt.method, attempt.route, attempt.status) for attempt in seen] == [("POST", "/batch", 200)]


# -- the recipes -------------------------------------------------------------------------------------------------------


async def test_plain_logging(facade: Facade, emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    emulator.fault("latency", seconds=0.25)
    emulator.fault("error", status=503)
    log_attempt = block("log_attempt")["log_attempt"]
    ml = facade.patient(on_attempt=log_attempt, max_retries=0)
    with caplog.at_level(logging.INFO, logger="bookclub.mailerlite"):
        with pytest.raises(MailerLiteError):
            await facade.call(ml.groups.create("Secretive"))
        await have_a_day(facade, emulator, log_attempt)
    records = [record for record in caplog.records if record.name == "bookclub.mailerlite"]
    lines = [record.getMessage() for record in records]
    assert f"```text\n{lines[0]}\n```" in DOCUMENT
    assert [line.split(" (")[0] for line in lines[1:]] == [f"{call}: {outcome}" for call, outcome in DAY]
    assert [record.levelno == logging.INFO for record in records[1:]] == [outcome == 200 for _, outcome in DAY]
    assert leaks(*lines) == []


async def test_counting(facade: Facade, emulator: Emulator) -> None:
    recipe = block("count_attempt")
    await have_a_day(facade, emulator, recipe["count_attempt"])
    text = recipe["exposition"]()
    first, *lines = text.splitlines()
    assert first == "# TYPE mailerlite_attempts_total counter"
    expected = {
        f'mailerlite_attempts_total{{method="{method}",route="{route}",outcome="{outcome}"}}'
        for method, route, outcome in [(*call.split(), outcome) for call, outcome in DAY]
    }
    assert {line.rpartition(" ")[0] for line in lines} == expected
    assert sum(int(line.rpartition(" ")[2]) for line in lines) == len(DAY)
    assert text.endswith("\n")
    assert leaks(text) == []


class Telemetry:
    """OpenTelemetry that keeps everything in memory, with the observer of the document attached."""

    def __init__(self) -> None:
        pytest.importorskip("opentelemetry.sdk", reason=MISSING)
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self._exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider(metric_readers=[self._reader])
        self.observe = block("observer")["observer"](self.tracers, self.meters)

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans that have ended, in the order of their ends."""
        return list(self._exporter.get_finished_spans())

    def points(self) -> list[HistogramDataPoint]:
        """The data points of the one histogram."""
        data: Any = self._reader.get_metrics_data()
        (metric,) = [
            each for resource in data.resource_metrics for scope in resource.scope_metrics for each in scope.metrics
        ]
        assert (metric.name, metric.unit) == ("http.client.request.duration", "s")
        return list(metric.data.data_points)

    def close(self) -> None:
        """Stop the threads of the providers."""
        self.tracers.shutdown()
        self.meters.shutdown()


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    made = Telemetry()
    yield made
    made.close()


async def test_a_span_for_every_attempt(facade: Facade, emulator: Emulator, telemetry: Telemetry) -> None:
    from opentelemetry.trace import SpanKind, StatusCode

    await have_a_day(facade, emulator, telemetry.observe)
    told = [(dict(span.attributes or {}), span) for span in telemetry.spans]
    assert [(span.name, each.get("http.response.status_code", each.get("error.type"))) for each, span in told] == DAY
    assert {span.kind for _, span in told} == {SpanKind.CLIENT}
    assert [each["http.request.resend_count"] for each, _ in told] == [0, 1, 0, 1, *[0] * 7]
    assert [span.name for each, span in told if each["mailerlite.lane"] == "imports"] == [
        "POST /groups/{id}/import-subscribers"
    ]
    for (each, span), (_, outcome) in zip(told, DAY, strict=True):
        assert span.status.status_code is (StatusCode.UNSET if outcome == 200 else StatusCode.ERROR)
        assert each.get("error.type") == (None if outcome == 200 else str(outcome))
    assert (told[0][0]["mailerlite.waited"], told[2][0]["mailerlite.waited"]) == (0, 0)


async def test_a_span_is_as_long_as_its_attempt(facade: Facade, emulator: Emulator, telemetry: Telemetry) -> None:
    await have_a_day(facade, emulator, telemetry.observe)
    lengths = [span.end_time - span.start_time for span in telemetry.spans if span.end_time and span.start_time]
    assert lengths[0] == pytest.approx(250_000_000, abs=2_000_000)
    assert len(lengths) == len(DAY)
    assert max(lengths[1:]) < 50_000_000


async def test_spans_belong_to_the_work_they_were_made_for(facade: Facade, telemetry: Telemetry) -> None:
    ml = facade.patient(on_attempt=telemetry.observe)
    with telemetry.tracers.get_tracer("website").start_as_current_span("save the form") as outer:
        await facade.call(ml.subscribers.count())
    inner, _ = telemetry.spans
    assert inner.parent is not None
    assert inner.parent.span_id == outer.get_span_context().span_id
    assert inner.context is not None
    assert inner.context.trace_id == outer.get_span_context().trace_id


async def test_a_histogram_of_every_attempt(facade: Facade, emulator: Emulator, telemetry: Telemetry) -> None:
    await have_a_day(facade, emulator, telemetry.observe)
    points = telemetry.points()
    assert sum(point.count for point in points) == len(DAY)
    assert len(points) == len(set(DAY))
    (slow,) = [point for point in points if (point.attributes or {}).get("http.response.status_code") == 503]
    assert slow.sum == pytest.approx(0.25, abs=0.002)
    assert set(slow.attributes or {}) == {
        "http.request.method",
        "url.template",
        "mailerlite.lane",
        "http.response.status_code",
        "error.type",
    }


async def test_nothing_personal_is_in_spans_or_metrics(
    facade: Facade, emulator: Emulator, telemetry: Telemetry
) -> None:
    await have_a_day(facade, emulator, telemetry.observe)
    assert len(telemetry.spans) == len(DAY)
    for span in telemetry.spans:
        assert leaks(span.name, span.attributes, span.events, span.status.description, span.to_json()) == []
    for point in telemetry.points():
        assert leaks(point.attributes, point.exemplars) == []
