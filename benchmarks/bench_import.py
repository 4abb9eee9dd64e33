"""What starting costs: the import, then also the first client and the first decoded answer, against bare httpx.

Each run is a fresh process, timed as a whole; what an interpreter takes that does nothing is taken off. Processor time,
since an import waits for nothing and the machine may be busy with other things.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.measuring import Figure, Table, emulator, in_turn, ratios
from benchmarks.running import main

# httpx loads these two for its command line wherever they are installed, which would be to our advantage.
BARE = "import sys; sys.modules['click'] = sys.modules['rich'] = None; "
SUBSCRIBER = {
    "id": "1",
    "email": "ann@example.com",
    "status": "active",
    "source": "api",
    "ip_address": None,
    **dict.fromkeys(("sent", "opens_count", "clicks_count", "open_rate", "click_rate"), 0),
    **dict.fromkeys(("subscribed_at", "created_at", "updated_at"), "2026-03-01 10:00:00"),
    "unsubscribed_at": None,
    "fields": {"name": "Ann"},
    "opted_in_at": None,
    "optin_ip": None,
}
BODY = json.dumps({"data": [SUBSCRIBER], "links": {}, "meta": {}})
MOCK = f"httpx.MockTransport(lambda request: httpx.Response(200, text={BODY!r}))"
IMPORT, CLIENT, LITERAL = "import", "first decoded answer, mock transport", "first decoded answer, real HTTP"
TARGETS = {IMPORT: 1.15, CLIENT: 1.4, LITERAL: 1.4}


def programs(url: str) -> dict[str, tuple[str, str]]:
    """For each step our program, and the one of bare httpx it is measured against."""
    first = "assert ml.subscribers.list().items[0].created_at"
    client = "import httpx; from mailerlite_async import MailerLite; ml = MailerLite('key', "
    return {
        IMPORT: ("import mailerlite_async", "import httpx"),
        CLIENT: (f"{client}transport={MOCK}); {first}", f"import httpx; httpx.Client(transport={MOCK})"),
        LITERAL: (f"{client}base_url={url!r}); {first}", "import httpx; httpx.Client()"),
    }


def seconds(program: str) -> float:
    """Processor time of a fresh process."""
    # Compiled modules are kept, as they are of whatever is installed; the first round writes those of this checkout.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", BARE + program], environment)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, program
    return usage.ru_utime + usage.ru_stime


def measure(short: bool) -> list[Table]:
    table = Table("import", "starting", "multiple of bare httpx doing the same")
    absolute = Table("import-ms", "starting, in itself", "milliseconds of processor time", digits=0)
    with emulator("emulator.seed(subscribers=['ann@example.com'])") as url:
        pairs = programs(url)
        peers = {"nothing": "pass"}
        for step, (ours, bare) in pairs.items():
            peers |= {f"{step}: mailerlite_async": ours, f"{step}: httpx": bare}
        times = in_turn({name: lambda it=it: seconds(it) for name, it in peers.items()}, 2 if short else 15)  # type: ignore[misc]
    nothing = times.pop("nothing")
    above = {name: [each - idle for each, idle in zip(values, nothing, strict=True)] for name, values in times.items()}
    for step in pairs:
        compared = ratios(above[f"{step}: mailerlite_async"], above[f"{step}: httpx"])
        table.figures.append(Figure.of(step, compared, TARGETS[step]))
    absolute.figures.extend(Figure.of(name, [1000 * each for each in values]) for name, values in above.items())
    return [table, absolute]


if __name__ == "__main__":
    main(measure, __doc__)
