"""A checkpoint keeps what a job did through every way a job can end, and touches no file that is not its own."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async.bulk import _checkpoint, _kept
from mailerlite_async.bulk._checkpoint import Checkpoint
from mailerlite_async.bulk._chunk import ChunkOutcome, Outcome
from mailerlite_async.bulk._kept import Kept
from mailerlite_async.errors import AuthenticationError, CheckpointError, RequestTimeoutError
from mailerlite_async.models import ImportReport, ImportSample
from tests.support.fresh import ROOT

JOB = "import_into 123"
KEY = "the-key-of-the-tests"
PRINT = b"\x00print\xff"
REPORT = ImportReport(
    id="9",
    total=2,
    processed=2,
    imported=1,
    updated=0,
    errored=1,
    percent=100,
    done=True,
    invalid=(ImportSample("1", "ada@example.com"),),
    invalid_count=1,
    is_stopped_due_to_free_account_limit_exceeded=False,
    updated_at=datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
    finished_at=datetime(1969, 1, 2, tzinfo=timezone(timedelta(hours=2))),
)
ROWS = [
    Outcome(201, b'{"data":{"id":"1"}}', 3),
    Outcome(None, b"", 0, "invalid", "not an address", 0),
]
DONE = ChunkOutcome([*ROWS], [REPORT], requests=4, imports=1)

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "job.checkpoint"


@pytest.fixture
def finished(path: Path) -> Path:
    """A checkpoint with one finished chunk."""
    with Checkpoint.open(path, JOB, KEY) as checkpoint:
        checkpoint.sending(0, PRINT, 2)
        checkpoint.finished(0, DONE)
    return path


def refusal(path: Path, job: str = JOB, api_key: str = KEY) -> str:
    """What opening it is refused with."""
    with pytest.raises(CheckpointError) as caught:
        Checkpoint.open(path, job, api_key)
    return str(caught.value)


def everything(path: Path) -> dict[str, bytes]:
    """All files beside it, with their content."""
    return {each.name: each.read_bytes() for each in path.parent.iterdir()}


@contextlib.contextmanager
def child(path: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has carried out the code on a checkpoint and is then killed."""
    program = (
        "import sys\n"
        "from mailerlite_async.bulk._checkpoint import Checkpoint\n"
        "from mailerlite_async.bulk._chunk import ChunkOutcome, Outcome\n"
        "try:\n"
        f"    checkpoint = Checkpoint.open(sys.argv[1], {JOB!r}, {KEY!r})\n"
        "except Exception as error:\n"
        "    sys.exit(print(error))\n"
        f"{code}\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def after_kill(path: Path, code: str) -> None:
    with child(path, code):
        pass


def in_child(work: Callable[[], int]) -> int:
    """The exit status of a forked process that does this."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)  # a child that waits for a lock nobody holds any more fails
        try:
            status = work()
        except BaseException:
            status = 99
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class TestRoundTrip:
    def test_a_chunk_never_sent_is_unknown(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            assert checkpoint.kept(0) is None

    def test_a_finished_chunk_comes_back_whole(self, finished: Path) -> None:
        with Checkpoint.open(finished, JOB, KEY) as checkpoint:
            kept = checkpoint.kept(0)
            assert kept == Kept(2, PRINT, DONE, ())
            assert kept.outcome is not None
            assert kept.outcome.reports[0].finished_at == datetime(1969, 1, 1, 22, tzinfo=UTC)
            assert checkpoint.kept(1) is None

    def test_a_chunk_that_was_sent_is_in_doubt(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(7, PRINT, 2)
            assert checkpoint.kept(7) == Kept(2, PRINT, None, ())

    def test_imports_are_kept_in_order_and_once(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
            for import_id in ("12", "2", "12", "1"):
                checkpoint.note(0, import_id)
            assert checkpoint.kept(0) == Kept(2, PRINT, None, ("12", "2", "1"))
            checkpoint.finished(0, DONE)
            assert checkpoint.kept(0) == Kept(2, PRINT, DONE, ("12", "2", "1"))

    def test_what_was_not_received_is_forgotten(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
            checkpoint.not_sent(0)
            assert checkpoint.kept(0) is None
            checkpoint.sending(0, PRINT, 2)
            assert checkpoint.kept(0) == Kept(2, PRINT, None, ())

    def test_the_doubt_of_an_earlier_run_outlives_a_send_that_failed(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
            checkpoint.not_sent(0)
            assert checkpoint.kept(0) == Kept(2, PRINT, None, ())

    def test_a_chunk_with_an_import_is_never_forgotten(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
            checkpoint.note(0, "5")
            checkpoint.not_sent(0)
            assert checkpoint.kept(0) == Kept(2, PRINT, None, ("5",))

    def test_a_complete_job_stays_complete(self, finished: Path) -> None:
        with Checkpoint.open(finished, JOB, KEY) as checkpoint:
            assert not checkpoint.completed
            checkpoint.complete()
            assert checkpoint.completed
        with Checkpoint.open(finished, JOB, KEY) as checkpoint:
            assert checkpoint.completed
            assert checkpoint.kept(0) == Kept(2, PRINT, DONE, ())

    def test_a_chunk_of_the_largest_size(self, path: Path) -> None:
        done = ChunkOutcome([Outcome(None, b"", 1, None, "", n % 3) for n in range(20_000)], [REPORT] * 3)
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 20_000)
            checkpoint.finished(0, done)
            assert checkpoint.kept(0) == Kept(20_000, PRINT, done, ())
        assert path.stat().st_size < 100_000

    outcomes = st.builds(
        Outcome,
        status=st.none() | st.integers(100, 599),
        body=st.binary(),
        attempts=st.integers(0, 2**31),
        refused=st.none() | st.text(),
        detail=st.text(),
        report=st.none() | st.integers(0, 99),
    )

    reports = st.builds(
        ImportReport,
        id=st.text(),
        total=st.integers(0, 2**40),
        processed=st.integers(0, 2**40),
        imported=st.just(1),
        updated=st.just(2),
        errored=st.just(3),
        percent=st.integers(0, 100),
        done=st.booleans(),
        banned_import_emails_count=st.integers(0, 9),
        file_path=st.none() | st.text(),
        duplicate=st.lists(st.builds(ImportSample, st.text(), st.text()), max_size=5).map(tuple),
        updated_at=st.none() | st.datetimes(),
        finished_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    )

    @given(
        st.builds(
            ChunkOutcome,
            items=st.lists(outcomes, max_size=8),
            reports=st.lists(reports, max_size=2),
            requests=st.integers(0, 2**40),
            imports=st.integers(0, 2**40),
            stop=st.none(),
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_any_outcome(self, outcome: ChunkOutcome) -> None:
        with tempfile.TemporaryDirectory() as directory, Checkpoint.open(Path(directory, "c"), JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, len(outcome.items))
            checkpoint.finished(0, outcome)
            assert checkpoint.kept(0) == Kept(len(outcome.items), PRINT, outcome, ())


class TestWrongUse:
    def test_errors_are_not_kept(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
            for broken in (
                ChunkOutcome([ROWS[0], RequestTimeoutError()]),
                ChunkOutcome([*ROWS], stop=AuthenticationError(status=401)),
            ):
                with pytest.raises(ValueError, match="can be kept"):
                    checkpoint.finished(0, broken)
            assert checkpoint.kept(0) == Kept(2, PRINT, None, ())

    def test_what_was_not_sent_cannot_have_happened(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            with pytest.raises(ValueError, match="chunk 0 was not sent"):
                checkpoint.finished(0, DONE)
            with pytest.raises(ValueError, match="chunk 0 was not sent"):
                checkpoint.note(0, "1")
            with pytest.raises(ValueError, match="chunk 0 was not sent"):
                checkpoint.not_sent(0)
            assert checkpoint.kept(0) is None

    def test_a_finished_chunk_is_not_sent_again(self, finished: Path) -> None:
        with Checkpoint.open(finished, JOB, KEY) as checkpoint:
            with pytest.raises(ValueError, match="finished"):
                checkpoint.sending(0, b"other", 2)
            with pytest.raises(ValueError, match="finished"):
                checkpoint.not_sent(0)
            assert checkpoint.kept(0) == Kept(2, PRINT, DONE, ())

    def test_the_outcome_is_of_all_rows(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 3)
            with pytest.raises(ValueError, match="number of rows"):
                checkpoint.finished(0, DONE)

    @pytest.mark.parametrize("import_id", ["", "1\n2"])
    def test_an_import_has_an_id(self, path: Path, import_id: str) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
            with pytest.raises(ValueError, match="import_id"):
                checkpoint.note(0, import_id)

    def test_a_closed_one(self, path: Path) -> None:
        checkpoint = Checkpoint.open(path, JOB, KEY)
        checkpoint.close()
        checkpoint.close()
        with pytest.raises(ValueError, match="closed"):
            checkpoint.kept(0)


class TestFile:
    def test_only_its_owner_can_read_it(self, path: Path) -> None:
        old = os.umask(0)
        try:
            with Checkpoint.open(path, JOB, KEY) as checkpoint:
                checkpoint.sending(0, PRINT, 2)
                modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        finally:
            os.umask(old)
        assert modes == {0o600}

    def test_an_empty_file_is_taken_and_closed_to_others(self, path: Path) -> None:
        path.touch(0o644)
        with Checkpoint.open(path, JOB, KEY):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_nothing_else_is_left_behind(self, finished: Path) -> None:
        assert list(everything(finished)) == [finished.name]

    @pytest.mark.parametrize("name", ["a b?c#d%41.ck", "ärger-\N{SNOWMAN}"])
    def test_any_name(self, tmp_path: Path, name: str) -> None:
        Checkpoint.open(tmp_path / name, JOB, KEY).close()
        assert list(everything(tmp_path / name)) == [name]

    def test_it_tells_neither_the_job_nor_the_key(self, path: Path) -> None:
        Checkpoint.open(path, "assign ada@example.com", KEY).close()
        assert b"ada" not in path.read_bytes()
        assert KEY.encode() not in path.read_bytes()

    def test_a_directory_that_is_not_there(self, tmp_path: Path) -> None:
        assert "No such file" in refusal(tmp_path / "nowhere" / "job")

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        assert "not a checkpoint" in refusal(tmp_path)
        assert "not a checkpoint" in refusal(Path(os.devnull))

    def test_addresses_in_its_name_are_not_repeated(self, tmp_path: Path) -> None:
        path = tmp_path / "ada@example.com"
        path.write_text("hello")
        assert "ada" not in refusal(path)


class TestForeign:
    def test_another_job(self, finished: Path) -> None:
        before = everything(finished)
        assert "another job" in refusal(finished, "import_into 124")
        assert everything(finished) == before

    def test_another_key(self, finished: Path) -> None:
        before = everything(finished)
        said = refusal(finished, api_key="another-key")
        assert "a job with another API key" in said
        assert "another-key" not in said
        assert everything(finished) == before

    def test_two_jobs_of_one_key_do_not_tell_that_they_are(self, tmp_path: Path) -> None:
        hashes: list[bytes] = []
        for job in ("get", "delete"):
            Checkpoint.open(tmp_path / job, job, KEY).close()
            with contextlib.closing(sqlite3.connect(tmp_path / job)) as connection:
                hashes += connection.execute("SELECT key_hash FROM job").fetchone()
        assert len(set(hashes)) == 2

    @pytest.mark.parametrize("content", [b"x", b"name,email\n" * 1000, bytes(5000), b"SQLite format 3\0"])
    def test_a_file_that_is_no_database(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        assert "not a checkpoint" in refusal(path)
        assert everything(path) == {path.name: content}

    @pytest.mark.parametrize("mode", ["DELETE", "WAL"])
    def test_a_database_of_somebody_else(self, path: Path, mode: str) -> None:
        with contextlib.closing(sqlite3.connect(path)) as owner:
            owner.execute(f"PRAGMA journal_mode = {mode}")
            owner.execute("CREATE TABLE chunk (number)")
            owner.commit()
            # With a WAL its files are there while the owner is; nobody may write them back for the owner.
            names = {each.name for each in path.parent.iterdir()}
            assert "not a checkpoint" in refusal(path)
            assert {each.name for each in path.parent.iterdir()} == names
        before = everything(path)
        assert "not a checkpoint" in refusal(path)
        assert everything(path) == before

    def test_a_newer_version(self, finished: Path) -> None:
        with contextlib.closing(sqlite3.connect(finished)) as connection:
            connection.execute("PRAGMA user_version = 99")
        before = everything(finished)
        assert "newer version" in refusal(finished)
        assert everything(finished) == before


class TestDamage:
    def test_every_shortened_file_is_refused(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            for number in range(20):
                checkpoint.sending(number, PRINT, 1)
                checkpoint.finished(number, ChunkOutcome([Outcome(200, os.urandom(3000))]))
        whole = path.read_bytes()
        for size in range(len(whole) - 1, 0, -1777):
            path.write_bytes(whole[:size])
            assert "damaged" in refusal(path) or "not a checkpoint" in refusal(path)
            assert path.read_bytes() == whole[:size]

    def test_no_changed_byte_of_an_outcome_passes(self, finished: Path) -> None:
        whole = finished.read_bytes()
        # A stream of zlib begins with these two bytes.
        start = whole.rindex(b"\x78\x9c")
        for position in range(start, len(whole), 7):
            finished.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
            with Checkpoint.open(finished, JOB, KEY) as checkpoint, contextlib.suppress(CheckpointError):
                assert checkpoint.kept(0) == Kept(2, PRINT, DONE, ())

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE chunk SET outcome = 'text'",
            "UPDATE chunk SET outcome = x'00'",
            "UPDATE chunk SET row_count = 3",
            "UPDATE chunk SET row_count = 'many'",
            "UPDATE chunk SET fingerprint = NULL",
            "UPDATE chunk SET jobs = 5.5, sends = 'x'",
            "UPDATE chunk SET jobs = CAST(x'ff' AS TEXT)",
        ],
    )
    def test_a_chunk_of_other_types(self, finished: Path, change: str) -> None:
        with contextlib.closing(sqlite3.connect(finished, isolation_level=None)) as connection:
            connection.execute(change)
        with Checkpoint.open(finished, JOB, KEY) as checkpoint, pytest.raises(CheckpointError, match=r"damaged|cannot"):
            checkpoint.kept(0)

    @pytest.mark.parametrize(
        "change",
        [
            "CREATE TRIGGER more AFTER INSERT ON chunk BEGIN DELETE FROM chunk; END",
            "DROP TABLE chunk",
            "DELETE FROM job",
            "PRAGMA user_version = 0",
        ],
    )
    def test_a_file_of_another_build(self, finished: Path, change: str) -> None:
        with contextlib.closing(sqlite3.connect(finished, isolation_level=None)) as connection:
            connection.execute(change)
        assert "damaged" in refusal(finished)

    def test_an_outcome_that_would_fill_the_memory(self, finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_kept, "_MOST_BYTES", 1000)
        bomb = zlib.compress(msgspec.msgpack.encode([[{"body": bytes(2000)}] * 2, [], 0, 0]))
        with contextlib.closing(sqlite3.connect(finished, isolation_level=None)) as connection:
            connection.execute("UPDATE chunk SET outcome = ?", (bomb,))
        with Checkpoint.open(finished, JOB, KEY) as checkpoint:
            with pytest.raises(CheckpointError, match="damaged"):
                checkpoint.kept(0)
            checkpoint.sending(1, PRINT, 1)
            with pytest.raises(CheckpointError, match="too large"):
                checkpoint.finished(1, ChunkOutcome([Outcome(200, bytes(2000))]))


class TestKill:
    DONE = "checkpoint.finished(0, ChunkOutcome([Outcome(200, b'{}')]))"
    SENT = "checkpoint.sending(0, b'p', 1)"

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("", None),
            (SENT, Kept(1, b"p", None)),
            (f"{SENT}; checkpoint.note(0, '5')", Kept(1, b"p", None, ("5",))),
            (f"{SENT}; checkpoint.not_sent(0)", None),
            (f"{SENT}; {DONE}", Kept(1, b"p", ChunkOutcome([Outcome(200, b"{}")]))),
            (f"{SENT}; {DONE}; checkpoint.complete()", Kept(1, b"p", ChunkOutcome([Outcome(200, b"{}")]))),
        ],
    )
    def test_what_was_said_survives_it(self, path: Path, code: str, expected: Kept | None) -> None:
        after_kill(path, code)
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            assert checkpoint.kept(0) == expected
            assert checkpoint.completed == ("complete()" in code)
        assert list(everything(path)) == [path.name]

    def test_a_kill_in_the_middle_of_writing(self, path: Path) -> None:
        lines = (
            "def work():\n"
            "    for number in range(10**9):\n"
            "        checkpoint.sending(number, b'p', 1)\n"
            "        print(number, flush=True)\n"
            "        checkpoint.finished(number, ChunkOutcome([Outcome(200, bytes(5000))]))\n"
            "        print(number, flush=True)\n"
            "print('ready', flush=True)\n"
            "work()"
        )
        with child(path, lines) as process:
            assert process.stdout is not None
            for _ in range(40):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            said = [int(line) for line in process.stdout.read().split("\n")[:-1]]
        last = said[-1] if said else 19
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            for number in range(last):
                kept = checkpoint.kept(number)
                assert kept is not None
                assert kept.outcome == ChunkOutcome([Outcome(200, bytes(5000))])
            assert checkpoint.kept(last) is not None
            assert checkpoint.kept(last + 2) is None

    def test_it_is_locked_until_the_process_is_gone(self, path: Path) -> None:
        with child(path, self.SENT):
            assert "in use" in refusal(path)
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            assert checkpoint.kept(0) is not None

    def test_a_second_one_in_the_same_process(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
            assert "in use" in refusal(path)
            # The attempt has not taken the lock away from the first.
            with pytest.raises(AssertionError, match="in use"), child(path, ""):
                pass
            checkpoint.finished(0, DONE)
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            assert checkpoint.kept(0) == Kept(2, PRINT, DONE, ())

    def test_a_journal_cut_short_by_a_kill_of_the_very_first_write(self, path: Path) -> None:
        # What is left if the file was created and nothing written.
        path.touch()
        Path(f"{path}-journal").touch()
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            checkpoint.sending(0, PRINT, 2)
        assert list(everything(path)) == [path.name]

    @needs_fork
    @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
    def test_a_kill_before_and_after_every_statement(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        connect = _checkpoint._connect

        def work(path: Path, last: int) -> int:
            seen = 0

            def count(statement: str) -> None:
                nonlocal seen
                seen += 1
                if seen == last:
                    os.kill(os.getpid(), signal.SIGKILL)

            def connect_and_count(*args: Any, **options: Any) -> sqlite3.Connection:
                connection = connect(*args, **options)
                connection.set_trace_callback(count)
                return connection

            monkeypatch.setattr(_checkpoint, "_connect", connect_and_count)
            with Checkpoint.open(path, JOB, KEY) as checkpoint:
                checkpoint.sending(0, PRINT, 2)
                checkpoint.note(0, "5")
                checkpoint.finished(0, DONE)
                checkpoint.complete()
            return 0

        steps: list[tuple[Kept | None, bool]] = []
        for last in range(1, 100):
            path = tmp_path / str(last)
            killed = in_child(functools.partial(work, path, last)) != 0
            with Checkpoint.open(path, JOB, KEY) as checkpoint:
                steps.append((checkpoint.kept(0), checkpoint.completed))
            assert not Path(f"{path}-journal").exists()
            if not killed:
                break
        sent, noted, done = Kept(2, PRINT, None), Kept(2, PRINT, None, ("5",)), Kept(2, PRINT, DONE, ("5",))
        order: list[tuple[Kept | None, bool]] = [
            (None, False),
            (sent, False),
            (noted, False),
            (done, False),
            (done, True),
        ]
        places = [order.index(step) for step in steps]
        assert places == sorted(places)
        assert set(places) == set(range(5))


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
class TestFork:
    def test_the_child_is_refused(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:

            def work() -> int:
                try:
                    checkpoint.sending(0, PRINT, 2)
                except CheckpointError as error:
                    return 3 if "forked" in str(error) else 4
                return 0

            assert in_child(work) == 3
            assert checkpoint.kept(0) is None

    def test_a_child_that_drops_it_changes_nothing(self, path: Path) -> None:
        checkpoint = Checkpoint.open(path, JOB, KEY)
        checkpoint.sending(0, PRINT, 2)
        journal = Path(f"{path}-journal")
        inode = journal.stat().st_ino

        def work() -> int:
            connection = checkpoint._connection
            assert connection is not None
            checkpoint.close()
            connection.close()
            gc.collect()
            return 0

        assert in_child(work) == 0
        assert journal.stat().st_ino == inode
        assert "in use" in refusal(path)
        checkpoint.finished(0, DONE)
        checkpoint.close()
        with Checkpoint.open(path, JOB, KEY) as again:
            assert again.kept(0) == Kept(2, PRINT, DONE, ())

    def test_a_fork_waits_for_the_statement_under_way(self, path: Path) -> None:
        with Checkpoint.open(path, JOB, KEY) as checkpoint:
            stop = threading.Event()

            def write() -> None:
                number = 0
                while not stop.is_set():
                    checkpoint.sending(number, bytes(20_000), 1)
                    number += 1

            writer = threading.Thread(target=write)
            writer.start()
            try:
                for _ in range(20):

                    def work() -> int:
                        connection = checkpoint._connection
                        assert connection is not None
                        connection.close()
                        return 0

                    assert in_child(work) == 0
            finally:
                stop.set()
                writer.join()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_many_threads_may_note(path: Path) -> None:
    with Checkpoint.open(path, JOB, KEY) as checkpoint:
        for number in range(4):
            checkpoint.sending(number, PRINT, 2)

        def note(number: int) -> None:
            for each in range(25):
                checkpoint.note(number, str(each))

        threads = [threading.Thread(target=note, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(4):
            assert checkpoint.kept(number) == Kept(2, PRINT, None, tuple(map(str, range(25))))
