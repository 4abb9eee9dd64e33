"""Time against the ideal and number of 429s: this package and others, alone and as four processes of one account.

With `--short` it only shows that everything works; with `--write` the results are kept in docs/benchmarks.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from benchmarks.limits.report import main

    main()
