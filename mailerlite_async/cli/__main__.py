"""The same program for `python -m mailerlite_async.cli`, where no script is on the path."""

from __future__ import annotations

import sys

from mailerlite_async.cli import main

sys.exit(main())
