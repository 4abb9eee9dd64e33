"""The document on frameworks: its files, exactly as printed, run in the real frameworks and do what it says of them."""

from __future__ import annotations

import importlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import httpx
import pytest

from mailerlite_async import (
    AuthenticationError,
    ConnectionFailedError,
    DecodeError,
    MailerLite,
    MailerLiteError,
    NotFoundError,
    RateLimitError,
    RedisStore,
    RequestTimeoutError,
    ServerError,
    ValidationError,
)
from mailerlite_async.testing import Emulator
from tests.support.fresh import ROOT
from tests.support.web_servers import listen, serve_aiohttp, serve_asgi, serve_wsgi, url_of

DOCUMENT = (ROOT / "docs" / "frameworks.md").read_text(encoding="utf-8")
FILES = {
    re.match(r"# ([\w/]+\.py)", block)[1]: block  # type: ignore[index]  # a block without a name is an error
    for block in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
}
ADDRESS = "ann@example.com"


def need(module: str) -> None:
    """Skip the test where a framework is missing, but never where everything has to be tested."""
    if importlib.util.find_spec(module) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{module} is not installed")
        pytest.skip(f"{module} is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with all the files of the document."""
    for name, block in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(block, encoding="utf-8")
    return tmp_path


@pytest.fixture
def load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports one of the files."""
    monkeypatch.syspath_prepend(folder)
    names = {name.removesuffix(".py") for name in FILES}
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator that the environment points to."""
    emulator = Emulator()
    with emulator.serve() as url:
        monkeypatch.setenv("MAILERLITE_BASE_URL", url)
        monkeypatch.setenv("MAILERLITE_API_KEY", "key-of-the-tests")
        yield emulator


def test_every_block_is_a_file_of_its_own() -> None:
    assert len(FILES) == DOCUMENT.count("```python")
    assert {*FILES} >= {"answers.py", "fastapi_app.py", "aiohttp_app.py", "flask_app.py", "tasks.py", "limits.py"}


def test_examples_it_names_are_there() -> None:
    named = re.findall(r"`(examples/\w+)`", DOCUMENT)
    assert len(named) == 2
    for name in named:
        assert (ROOT / name / "README.md").exists()


# -- errors as answers -------------------------------------------------------------------------------------------------


@attrs.frozen
class Case:
    error: MailerLiteError
    status: int
    headers: dict[str, str] = attrs.field(factory=dict)


CASES = [
    Case(ValidationError(errors={"email": ["The email must be a valid email address."]}, status=422), 422),
    Case(ValidationError(errors={"fields.name": ["Too long."], "groups.0": ["Gone."]}, status=422), 422),
    Case(ValidationError(errors={"email": ["..."]}, status=422, reason="unsubscribed"), 409),
    Case(ValidationError(errors={"groups.0": ["The selected id is invalid."]}, status=422), 500),
    Case(ValidationError(errors={"email": ["..."]}, status=422, reason="plan"), 500),
    Case(NotFoundError(status=404), 404),
    Case(RateLimitError(retry_after=12.3), 503, {"Retry-After": "13"}),
    Case(RateLimitError(retry_after=0.0), 503, {"Retry-After": "1"}),
    Case(RateLimitError(status=429), 503, {"Retry-After": "60"}),
    Case(RequestTimeoutError("ReadTimeout"), 504),
    Case(ConnectionFailedError("ReadError"), 502),
    Case(ServerError(status=500), 502),
    Case(DecodeError(body=ADDRESS.encode()), 502),
    Case(AuthenticationError(status=401), 500),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{type(case.error).__name__}-{case.status}")
def test_each_error_has_its_answer(
    case: Case, load: Callable[[str], ModuleType], caplog: pytest.LogCaptureFixture
) -> None:
    status, body, headers = load("answers").answer_to(case.error)
    assert (status, headers) == (case.status, case.headers)
    typed = {"email", "fields.name"} & case.error.errors.keys() if isinstance(case.error, ValidationError) else set()
    assert set(body) == {"detail", *(typed if status == 422 else ())}
    assert [record.name for record in caplog.records] == ["bookclub.mailerlite"]


def test_table_has_all_the_answers() -> None:
    table = DOCUMENT.split("## Errors as answers")[1].split("```")[0]
    assert {int(status) for status in re.findall(r"\| (\d{3})\b", table)} == {case.status for case in CASES}
    named = set(re.findall(r"`(\w+Error)`", table))
    assert named >= {type(case.error).__name__ for case in CASES} - {"ConnectionFailedError"}


# -- websites ----------------------------------------------------------------------------------------------------------


@contextmanager
def fastapi_site(load: Callable[[str], ModuleType], listener: socket.socket) -> Iterator[None]:
    with serve_asgi(load("fastapi_app").app, listener):
        yield


@contextmanager
def aiohttp_site(load: Callable[[str], ModuleType], listener: socket.socket) -> Iterator[None]:
    with serve_aiohttp(load("aiohttp_app").create_app(), listener):
        yield


@contextmanager
def flask_site(load: Callable[[str], ModuleType], listener: socket.socket) -> Iterator[None]:
    module = load("flask_app")
    with serve_wsgi(module.app, listener):
        yield
    module.ml.close()


SITES: dict[str, Any] = {"fastapi": fastapi_site, "aiohttp": aiohttp_site, "flask": flask_site}


@pytest.fixture(params=SITES)
def signs_up(
    request: pytest.FixtureRequest, load: Callable[[str], ModuleType], emulator: Emulator
) -> Iterator[Callable[[str], httpx.Response]]:
    """Sends the form of a website."""
    need(request.param)
    with (
        listen() as listener,
        SITES[request.param](load, listener),
        httpx.Client(base_url=url_of(listener)) as visitor,
    ):

        def sign_up(email: str) -> httpx.Response:
            form: dict[str, Any] = {"json" if request.param == "fastapi" else "data": {"email": email}}
            return visitor.post("/signup", **form)

        yield sign_up


def test_website_signs_up(signs_up: Callable[[str], httpx.Response], emulator: Emulator) -> None:
    answer = signs_up(ADDRESS)
    assert (answer.status_code, answer.json()["status"]) == (201, "active")
    assert [(request.route, request.body) for request in emulator.requests] == [("/subscribers", {"email": ADDRESS})]


def test_website_answers_for_errors(
    signs_up: Callable[[str], httpx.Response], emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    answer = signs_up("nonsense")
    assert answer.status_code == 422
    assert answer.json()["email"]
    emulator.seed(subscribers=[{"email": ADDRESS, "status": "unsubscribed"}])
    assert signs_up(ADDRESS).status_code == 409
    emulator.fault("rate_limit", seconds=30)
    answer = signs_up(ADDRESS)
    assert answer.status_code == 503
    assert 30 <= int(answer.headers["retry-after"]) <= 31
    before = len(emulator.requests)
    answer = signs_up(ADDRESS)
    assert answer.status_code == 503, "the lane is closed"
    assert 1 <= int(answer.headers["retry-after"]) <= 31
    assert len(emulator.requests) == before
    assert ADDRESS not in caplog.text


def test_website_refuses_what_is_no_text(
    load: Callable[[str], ModuleType], emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    need("fastapi")
    with listen() as listener, SITES["fastapi"](load, listener), httpx.Client(base_url=url_of(listener)) as visitor:
        headers = {"Content-Type": "application/json"}
        answer = visitor.post("/signup", content=rb'{"email": "ann\ud83d@example.com"}', headers=headers)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "email"]
    assert emulator.requests == []
    assert "example.com" not in answer.text + caplog.text


def test_website_shares_one_client(signs_up: Callable[[str], httpx.Response], emulator: Emulator) -> None:
    for number in range(120):
        assert signs_up(f"reader{number}@example.com").status_code == 201
    answer = signs_up(ADDRESS)
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert {request.status for request in emulator.requests} == {201}, "refused by the client, not by the API"


# -- Django ------------------------------------------------------------------------------------------------------------

SETTINGS = """
from pathlib import Path

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bookclub.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent / "site.db"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
URLS = """
from django.urls import path

from newsletter.views import sign_up

urlpatterns = [path("signup", sign_up)]
"""
VISIT = """
from django.test import Client

visitor = Client()
def sign_up(**form):
    answer = visitor.post("/signup", form)
    print(answer.status_code, answer.headers.get("Retry-After"), *answer.json())
sign_up(name="Ann", email="ann@example.com")
sign_up(name="Ann", email="nonsense")
sign_up(name="Ann", email="ann@example..com")
sign_up(name="Eve", email="gone@example.com")
print(visitor.get("/signup").status_code)
"""
SYNC = """
from django.contrib.auth.models import User
from django.core.management import call_command

call_command("migrate", verbosity=0)
users = [User(username=str(n), first_name=f"N{n}", email=f"reader{n}@example.com") for n in range(60)]
users += [User(username="left", email="left@example.com", is_active=False), User(username="nobody")]
User.objects.bulk_create(users)
for options in (["--dry-run"], []):
    call_command("sync_newsletter", *options)
"""


@pytest.fixture
def django(folder: Path, emulator: Emulator) -> Callable[[str], list[str]]:
    """Runs code with Django set up, in a process of its own since that can be done only once; the lines it prints."""
    need("django")
    settings = folder / "bookclub" / "settings.py"
    settings.write_text(SETTINGS + FILES["bookclub/settings.py"], encoding="utf-8")
    (folder / "bookclub" / "urls.py").write_text(URLS, encoding="utf-8")

    def run(code: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", f"import django\ndjango.setup()\n{code}"],
            cwd=folder,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "bookclub.settings", "PYTHONPATH": f"{folder}:{ROOT}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "@" not in done.stderr
        return done.stdout.splitlines()

    return run


def test_django_view_and_middleware(django: Callable[[str], list[str]], emulator: Emulator) -> None:
    emulator.seed(subscribers=[{"email": "gone@example.com", "status": "unsubscribed"}])
    assert django(VISIT) == ["201 None id status", "422 None email", "422 None email", "409 None detail", "405"]
    assert emulator.requests[0].body == {"email": ADDRESS, "fields": {"name": "Ann"}}


def test_django_answers_503_when_the_api_is_busy(django: Callable[[str], list[str]], emulator: Emulator) -> None:
    emulator.fault("rate_limit", seconds=30)
    first, *others = django(VISIT)
    assert first in ("503 30 detail", "503 31 detail")
    assert others[0] == "422 None email", "what the form itself refuses never gets to the client"
    assert others[2].startswith("503 ")
    assert [request.status for request in emulator.requests] == [429]


def test_django_command_makes_the_group_equal(django: Callable[[str], list[str]], emulator: Emulator) -> None:
    known = [{"email": f"reader{number}@example.com", "fields": {"name": f"N{number}"}} for number in range(20)]
    members: list[dict[str, Any]] = [*known, {"email": "left@example.com"}]
    emulator.seed(groups=["Members"], subscribers=[{**member, "groups": ["Members"]} for member in members])
    assert django(SYNC) == [
        "40 added, 1 removed, 0 failed",  # only told
        "40 added, 1 removed, 0 failed",
    ]
    with MailerLite(transport=emulator.transport()) as ml:
        group = ml.groups.find("Members")
        assert group is not None
        assert group.active_count == 60


# -- Celery ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tasks(load: Callable[[str], ModuleType], emulator: Emulator) -> Iterator[Any]:
    """The tasks, carried out on the spot; the pauses before another try are noted, and do not pass."""
    need("celery")
    emulator.seed(groups=[{"id": "11", "name": "Book club"}], subscribers=[{"id": "71", "email": ADDRESS}])
    module = load("tasks")
    yield module
    module.ml.close()


def statuses(emulator: Emulator) -> list[int | None]:
    return [request.status for request in emulator.requests]


def carry_out(task: Any, *arguments: str) -> tuple[str, list[float]]:
    """The final state of a task, and its pauses in seconds."""
    pauses: list[float] = []
    retry = task.retry

    def note(**options: Any) -> Any:
        pauses.append(options["countdown"])
        return retry(**options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "retry", note)
        result = task.apply(args=arguments)
    return result.state, pauses


def test_task_that_is_safe_is_tried_again(tasks: Any, emulator: Emulator) -> None:
    emulator.fault("error", status=500, times=5)  # one more than the client repeats by itself
    tasks.ml = tasks.ml.with_options(max_retries=0)
    assert carry_out(tasks.join, "71", "11") == ("SUCCESS", [30, 60, 120, 240, 480])
    assert statuses(emulator) == [500] * 5 + [200]


def test_task_waits_as_long_as_the_api_says(tasks: Any, emulator: Emulator) -> None:
    emulator.fault("rate_limit", seconds=20)
    state, (first, *others) = carry_out(tasks.join, "71", "11")
    assert 20 <= first <= 21
    assert (state, len(others)) == ("FAILURE", 8), "on the spot no time passes, so the lane stays closed"
    assert statuses(emulator) == [429], "a lane that is closed is not asked again"


def test_task_is_not_tried_again_when_it_would_be_refused_again(tasks: Any, emulator: Emulator) -> None:
    assert carry_out(tasks.join, "71", "99") == ("FAILURE", [])
    assert statuses(emulator) == [422]


def test_task_that_sends_never_sends_twice(tasks: Any, emulator: Emulator) -> None:
    for fault in ("reset_after_commit", "error_after_commit"):
        emulator.fault(fault, route="/campaigns/{id}/schedule")
        campaign = draft(tasks)
        assert carry_out(tasks.send, campaign) == ("FAILURE", [])
        scheduled = [request for request in emulator.requests if request.route == "/campaigns/{id}/schedule"]
        assert len(scheduled) == 1
        assert tasks.ml.campaigns.get(campaign).status != "draft"
        emulator.reset()
        emulator.seed(groups=[{"id": "11", "name": "Book club"}])


def test_task_that_sends_is_tried_again_if_nothing_was_sent(
    tasks: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, reachable = draft(tasks), emulator.transport()
    refusals = iter([httpx.ConnectError("refused")] * 2)

    def answer(request: httpx.Request) -> httpx.Response:
        if refusal := next(refusals, None):
            raise refusal
        return reachable.handle_request(request)

    with MailerLite(transport=httpx.MockTransport(answer), max_retries=0) as ml:
        monkeypatch.setattr(tasks, "ml", ml)
        assert carry_out(tasks.send, campaign) == ("SUCCESS", [60, 60])
        assert ml.campaigns.get(campaign).status != "draft"


def draft(tasks: Any) -> str:
    """A campaign that can be sent."""
    email = {"subject": "Hello", "from_name": "Ann", "from": ADDRESS, "content": "<p>Hi</p>"}
    made: str = tasks.ml.campaigns.create("News", emails=[email], groups=["11"]).id
    return made


# -- limits ------------------------------------------------------------------------------------------------------------


def test_limits_come_from_the_environment(load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "WEB_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    limits = load("limits").limits
    assert limits().share == 1
    monkeypatch.setenv("WEB_CONCURRENCY", "8")
    with MailerLite("key", limits=limits()) as ml:
        assert ml.quota.requests.limit == 15
    monkeypatch.setenv("REDIS_URL", "redis://localhost:6379/0")
    assert limits().share == 1
    assert isinstance(limits().store, RedisStore)
