"""Every code block of every page is run against the emulator, or says why not."""

from __future__ import annotations

import ast
import json
import tomllib
from pathlib import Path

import pytest

from tests.documents.pages import PAGES
from tests.documents.running import USUAL
from tests.support.markdown import DATA, PYTHON, SHELL, Block, all_blocks, pages, parse_blocks

BLOCKS = all_blocks()


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.is_run], ids=str)
def test_block_runs_as_printed(block: Block, tmp_path: Path) -> None:
    page = PAGES.get(block.page, USUAL)
    (page.python if block.language in PYTHON else page.shell)(block, tmp_path, page)


def test_every_block_names_a_language_that_is_known() -> None:
    known = PYTHON | SHELL | DATA
    assert [str(block) for block in BLOCKS if not block.is_directive and block.language not in known] == []


def test_only_code_has_a_reason_not_to_be_run() -> None:
    for block in BLOCKS:
        assert block.reason is None or block.language in PYTHON | SHELL, str(block)


def test_data_can_be_read() -> None:
    for block in BLOCKS:
        if block.language == "json":
            json.loads(block.code)
        elif block.language == "toml":
            tomllib.loads(block.code)
        elif block.language == "python":
            ast.parse(block.code)


def test_pages_with_needs_of_their_own_are_there() -> None:
    assert set(PAGES) <= set(pages())
    for path, page in PAGES.items():
        blocks = [block for block in BLOCKS if block.page == path and block.is_run]
        assert blocks, path
        assert len(page.shows) in (0, sum(block.language in PYTHON for block in blocks)), path


def test_blocks_are_found_whatever_stands_around_them() -> None:
    text = """\
# A page

```python
print("one")
```

```text
one
```

- in a list

  ```sh
  echo two
  ```

<!-- not run here: it needs an account -->
```python
three
```

```python
four
```

five

```text
five
```
````text
```python
shown
```
````
```{note}
```
"""
    found = parse_blocks("page.md", text)
    assert [(each.line, each.language, each.printed, each.reason) for each in found] == [
        (3, "python", "one\n", None),
        (7, "text", None, None),
        (13, "sh", None, None),
        (18, "python", None, "it needs an account"),
        (22, "python", None, None),
        (28, "text", None, None),
        (31, "text", None, None),
        (36, "{note}", None, None),
    ]
    assert found[2].code == "echo two\n"
    assert [each.is_run for each in found] == [True, False, True, False, True, False, False, False]
