"""Open and click rates of groups, segments, campaigns, automations and forms."""

from __future__ import annotations

import builtins

import attrs


@attrs.frozen
class Rate:
    """A rate as a fraction and as the text the dashboard shows.

    Attributes:
        float: a fraction of 1, such as 0.875. (The rates of a *subscriber* are plain percent numbers instead.)
        string: the same in percent, such as `"87.5%"`.
    """

    float: builtins.float
    string: str
