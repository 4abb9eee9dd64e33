"""What campaigns are made and scheduled from: e-mails, tests, and times to send at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    AbTestType = Literal["subject", "sender", "sending_time"] | str
    WinnerBy = Literal["o", "c"] | str
    TimeUnit = Literal["h", "d"] | str
    ResendDelivery = Literal["day", "scheduled"] | str
else:
    AbTestType = str
    WinnerBy = str
    TimeUnit = str
    ResendDelivery = str


@attrs.frozen
class CampaignEmail:
    """The e-mail of a campaign to make.

    Attributes:
        subject: up to 255 characters. Needed, as are the two names of the sender, for all types but `multivariate`.
        from_name: the sender's name, up to 255 characters.
        from_: the sender's address, verified in the account; the API calls it `from`.
        reply_to: a verified address; the account's own if left out.
        content: the HTML, which only the Advanced plan may send. Left out of an update, the earlier one stays. Without
            an unsubscribe link and the account's name, address and country a default footer is added.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    subject: str | None = None
    from_name: str | None = None
    from_: str | None = None
    reply_to: str | None = None
    content: str | None = None


@attrs.frozen
class AbVariant:
    """What the second version of a test has instead.

    Attributes:
        subject: for tests of the subject.
        from_name: for tests of the sender.
        from_: for tests of the sender; the API calls it `from`.
    """

    subject: str | None = None
    from_name: str | None = None
    from_: str | None = None


@attrs.frozen
class AbSettings:
    """The test of a campaign of type `ab`.

    Attributes:
        test_type: `subject`, `sender` or `sending_time`. The last takes nothing else but `test_split`.
        test_split: percent of the audience that take part, 5 to 25; 100 for `sending_time`.
        b_value: the second version.
        select_winner_by: `o` for opens, `c` for clicks.
        after_time_amount: hours or days until the winner is chosen.
        after_time_unit: `h` or `d`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    test_type: AbTestType
    test_split: int
    b_value: AbVariant | None = None
    select_winner_by: WinnerBy | None = None
    after_time_amount: int | None = None
    after_time_unit: TimeUnit | None = None


@attrs.frozen
class ResendSettings:
    """The second sending of a campaign of type `resend`.

    Attributes:
        subject: of the second e-mail, up to 255 characters; `b_value.subject` in the API.
        select_winner_by: `o` sends it to those who did not open, `c` to those who did not click.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    subject: str
    select_winner_by: WinnerBy


@attrs.frozen
class CampaignSender:
    """A sender to test.

    Attributes:
        from_: the address, verified in the account; the API calls it `from`.
        from_name: the name, up to 255 characters.
    """

    from_: str
    from_name: str


@attrs.frozen
class MultivariateSettings:
    """The test of a campaign of type `multivariate`; the product of all variants is at most 8.

    Attributes:
        subjects: at least one, each up to 255 characters.
        senders: at least one.
        contents: variants of the content, 1 to 8.
        sending_times: variants of the time of sending, 1 to 8.
        test_split: percent of the audience that take part, 10 to 50; 100 if the sending time is tested.
        select_winner_by: `o` for opens, `c` for clicks. Needed unless the sending time is tested, as are the two below.
        after_time_amount: hours or days until the winner is chosen.
        after_time_unit: `h` or `d`.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    subjects: Sequence[str]
    senders: Sequence[CampaignSender]
    test_split: int
    contents: int = 1
    sending_times: int = 1
    select_winner_by: WinnerBy | None = None
    after_time_amount: int | None = None
    after_time_unit: TimeUnit | None = None


@attrs.frozen
class CampaignSchedule:
    """A time to send at, on the clock of a time zone.

    Attributes:
        date: the day, in the future. Not needed for `timezone_based`.
        hours: 0 to 23. Not needed for `smart_sending`, nor are the minutes.
        minutes: 0 to 59.
        timezone_id: the id of the time zone; the account's own if left out.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    date: dt.date | None = None
    hours: int | None = None
    minutes: int | None = None
    timezone_id: str | int | None = None


@attrs.frozen
class ResendSchedule:
    """When the second e-mail of a campaign of type `resend` is sent.

    Attributes:
        delivery: `day` for a day later, `scheduled` for the time given.
        date: the day, for `scheduled`, as are hours and minutes.
        hours: 0 to 23.
        minutes: 0 to 59.
        timezone_id: the id of the time zone; the account's own if left out.

    API: https://developers.mailerlite.com/docs/campaigns.html
    """

    delivery: ResendDelivery
    date: dt.date | None = None
    hours: int | None = None
    minutes: int | None = None
    timezone_id: str | int | None = None
