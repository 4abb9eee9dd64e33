"""Serves the website: `python -m aiohttp_book_club --port 8000`."""

from __future__ import annotations

import argparse

from aiohttp import web

from .app import create_app


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m aiohttp_book_club", description="The website of the book club.")
    parser.add_argument("--port", type=int, default=8000, help="TCP port on 127.0.0.1 (default: %(default)s)")
    # An access log would hold the addresses of visitors.
    web.run_app(create_app(), host="127.0.0.1", port=parser.parse_args().port, access_log=None)


if __name__ == "__main__":
    main()
