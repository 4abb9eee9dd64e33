"""Which addresses are refused before sending, and which are the same."""

from __future__ import annotations

import pytest

from mailerlite_async._addresses import identity, meant, objection


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "ann+books@example.com",
        "o'brien@example.com",
        '"ann@home"@example.com',
        "jürgen@bücher.example.com",
        "ann@xn--bcher-kva.example.com",
        "a@b.co",
        f"{'a' * 64}@example.com",
        f"ann@{'d' * 63}.example.com",
        "info@example.com",
        "ann..miller@example.com",
    ],
)
def test_may_be_an_address(address: str) -> None:
    assert objection(address) is None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ann", "no @"),
        ("ann@home@example.com", "2 times @"),
        ("@example.com", "nothing before"),
        ("ann@", "nothing after"),
        ("ann@example", "no dot"),
        ("ann@example..com", "before, after or between dots"),
        ("ann@.example.com", "before, after or between dots"),
        ("ann@example.com.", "before, after or between dots"),
        ("ann@-example.com", "no domain can have"),
        ("ann@example-.com", "no domain can have"),
        ("ann@exam_ple.com", "no domain can have"),
        ("ann@[192.0.2.1]", "no domain can have"),
        ("<ann@example.com>", "no domain can have"),
        (f"ann@{'d' * 64}.example.com", "no domain can have"),
        (f"ann@{'ü' * 60}.example.com", "in ASCII"),
        ("ann miller@example.com", "space"),
        ("ann\u00a0miller@example.com", "space"),
        ("ann\u200b@example.com", "control"),
        ("ann@example.com\x00", "control"),
        (f"{'a' * 65}@example.com", "longer than 64"),
        (f"ann@{'d.' * 124}example", "longer than 254"),
    ],
)
def test_is_no_address(address: str, reason: str) -> None:
    assert reason in (objection(address) or "")


def test_letter_case_and_the_form_of_the_domain_do_not_matter() -> None:
    assert identity("Ann@Example.COM") == identity("ann@example.com") == "ann@example.com"
    assert identity("ann@BÜCHER.example.com") == identity("ANN@xn--bcher-kva.example.com")
    assert identity("ann@example.com") != identity("ann+books@example.com")


@pytest.mark.parametrize(
    "text",
    [
        " ann@example.com",
        "ann@example.com\xa0",
        "\ufeffann@example.com",
        "an\u200bn@example.com",
        "ann @ example.com",
        "ann@example.com;",
        "ann@example.com.",
        "'ann@example.com'",
        "<Ann@Example.com>",
        "Ann Lee <ann@example.com>",
        "<mailto:ann@example.com>",
        "[ann@example.com](mailto:ann@example.com)",
        "a\ud800nn@example.com",
        "eve@example.com, ann@example.com",
    ],
)
def test_an_address_that_a_text_means(text: str) -> None:
    assert objection(text) is not None
    assert "ann@example.com" in meant(text)


@pytest.mark.parametrize("text", ["", " ", "ann", "ann.example.com", ";,<>", "x" * 300 + "@example.com"])
def test_text_that_means_no_address(text: str) -> None:
    assert meant(text) == set()
