"""One page, one address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.urls import canonical_url, host_and_port, host_of

GOOGLE = "https://www.google.com/url?rct=j&sa=t&url={}&ct=ga&cd=CAIyH&usg=AFQj"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Journal.Example:443/Une?b=2&a=1#haut", "https://journal.example/Une?b=2&a=1"),
        ("https://j.example/a?utm_source=x&id=7&fbclid=y&XTOR=RSS-1", "https://j.example/a?id=7"),
        ("https://f.example/t?t=1&sid=0123456789abcdef0123456789abcdef", "https://f.example/t?t=1"),
        ("https://f.example/t?sid=42", "https://f.example/t?sid=42"),
        ("https://f.example/t;jsessionid=A1B2?x=1", "https://f.example/t?x=1"),
        ("http://moi:secret@j.example", "http://j.example/"),
        ("https://hôpital.example/été", "https://xn--hpital-ixa.example/été"),
        ("https://j.example/a b", "https://j.example/a%20b"),
        (GOOGLE.format("https://j.example/a"), "https://j.example/a"),
        (
            GOOGLE.format("https://j.example/a%3Fid%3D3%26utm_medium%3Dx"),
            "https://j.example/a?id=3",
        ),
        (GOOGLE.format("javascript:alert(1)"), GOOGLE.format("javascript:alert(1)")),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fj.example%2Fa&h=z", "https://j.example/a"),
        ("https://www.google.evil.example/url?url=https://x.example", None),
        ("javascript:alert(1)", None),
        ("//j.example/a", None),
        ("http://[::1", None),
        ("http://j.example:port/", None),
        ("", None),
    ],
)
def test_addresses_are_made_canonical(url, canonical):
    expected = canonical if canonical or not url.startswith("https") else url
    assert canonical_url(url) == expected


def test_a_relative_address_needs_its_base_and_a_fragment_may_be_kept():
    assert canonical_url("../b", base="https://j.example/a/c") == "https://j.example/b"
    assert canonical_url("https://j.example/a#c-3", keep_fragment=True) == "https://j.example/a#c-3"


def test_hosts_are_named_for_ids_and_for_firewalls():
    assert host_of("https://J.Example:8443/x") == "j.example:8443"
    assert host_and_port("https://j.example/x") == "j.example:443"
    assert host_and_port("http://[::1]:8080/x") == "[::1]:8080"
    assert (host_of("nonsense"), host_and_port("nonsense")) == ("", "")


@given(st.text(max_size=80), st.text(max_size=40))
def test_whatever_is_written_the_result_is_stable(path, query):
    url = canonical_url(f"https://j.example/{path}?{query}", keep_fragment=True)
    assert url is None or canonical_url(url, keep_fragment=True) == url


@given(st.text())
def test_no_address_makes_the_reading_fail(text):
    canonical_url(text)
    host_of(text)


@given(
    st.from_regex(r"https?://([a-z0-9]{1,5}(-[a-z0-9]{1,3})?\.){1,2}[a-z]{2,4}", fullmatch=True),
    st.text("abcZ019_.~%/@+-", max_size=30),
)
def test_a_plain_address_needs_nothing_done(origin, path) -> None:
    url = f"{origin}/{path}"
    assert canonical_url(url) == url == canonical_url(f"{url}#part")
