"""`listener login` as an operator goes through it: the page, the pasted address, the sealed file, the poll."""

from __future__ import annotations

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from listener.cli.app import app
from listener.cli.login import REDIRECT
from tests.listener.service import house
from tests.networks import facebook, threads
from tests.networks.facebook import Facebook
from tests.networks.instagram import iso
from tests.networks.threads import Threads

EARLIER = datetime.now(UTC) - timedelta(hours=1)
SOURCE = """
[[source]]
id = "{network}"
connector = "{network}"
base_url = "{base_url}"
app_id = "{app_id}"
app_secret = {{ env = "SECRET_OF_THE_APPLICATION" }}
about = ["chu"]
[network]
allowed_hosts = ["127.0.0.1"]
"""
STATE = "etat-de-ce-login"
# Meta ends the address with a fragment of its own.
AGREED = f"{REDIRECT}?code=le-code&state={STATE}#_=_"


def asked_of(page: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    # What is pasted must be known before the page's address is shown.
    drawn = SimpleNamespace(token_urlsafe=lambda _bytes: STATE)
    monkeypatch.setattr("connectors.oauth.secrets", drawn)
    return tmp_path


def configured(
    folder: Path, monkeypatch: pytest.MonkeyPatch, network: Facebook | Threads, more: str = ""
) -> None:
    name, secret = ("facebook", facebook.APP_SECRET)
    if isinstance(network, Threads):
        name, secret = ("threads", threads.APP_SECRET)
    monkeypatch.setenv("SECRET_OF_THE_APPLICATION", secret)
    app_id = facebook.APP_ID
    source = SOURCE.format(network=name, base_url=network.base_url, app_id=app_id)
    house(folder, more=source.replace("about =", f"{more}\nabout ="))


async def called(*arguments: str, pasted: str = "") -> Result:
    """The command in a thread: the network that it talks to is served by this loop."""
    invoke = CliRunner().invoke
    return await asyncio.to_thread(invoke, app, list(arguments), input=f"{pasted}\n")


async def polled(source: str) -> dict[str, object]:
    result = await called("poll", "--json", source)
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["sources"]
    return dict(row)


def sealed(folder: Path, source: str, *secrets: str) -> Path:
    """The token's file: for its owner alone, and nothing of it readable."""
    (path,) = (folder / "state" / "tokens").iterdir()
    assert path.name == f"{source}.sealed"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = path.read_bytes()
    assert not any(secret.encode() in kept for secret in secrets)
    return path


async def test_a_page_s_login_is_sealed_and_the_source_reads_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Facebook().serving() as network:
        configured(folder, monkeypatch, network, more=f'page = "{facebook.PAGE}"')
        network.post(at=EARLIER)
        result = await called("login", "facebook", pasted=AGREED)
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(f"{network.base_url}/v25.0/dialog/oauth?")
        assert asked_of(result.stdout)["client_id"] == facebook.APP_ID
        assert asked_of(result.stdout)["state"] == STATE
        short, lasting = network.exchanges
        assert (short["code"], short["redirect_uri"]) == ("le-code", REDIRECT)
        assert lasting["fb_exchange_token"] == "utilisateur-court"
        sealed(folder, "facebook", facebook.TOKEN, "utilisateur", facebook.APP_SECRET)
        for secret in (facebook.TOKEN, "utilisateur", facebook.APP_SECRET):
            assert secret not in result.output
        ends = datetime.now(UTC) + timedelta(days=60)
        assert f"logged in, until {ends:%Y-%m-%d}" in result.stderr
        row = await polled("facebook")
        assert (row["state"], row["received"], row["stored"]) == ("read", 1, 1)


async def test_a_threads_login_is_sealed_and_the_source_reads_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Threads().serving() as network:
        configured(folder, monkeypatch, network)
        network.say(timestamp=iso(EARLIER))
        result = await called("login", "threads", pasted=AGREED)
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(f"{network.base_url}/oauth/authorize?")
        assert "threads_keyword_search" in asked_of(result.stdout)["scope"]
        (form,) = network.logins
        assert (form["code"], form["redirect_uri"]) == ("le-code", REDIRECT)
        sealed(folder, "threads", threads.TOKEN, "court", threads.APP_SECRET)
        assert threads.TOKEN not in result.output and threads.APP_SECRET not in result.output
        row = await polled("threads")
        assert (row["state"], row["received"], row["stored"]) == ("read", 1, 1)
        assert network.calls("/refresh_access_token") == []


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        (f"{REDIRECT}?code=le-code&state=un-autre", "another login"),
        (f"{REDIRECT}?error=access_denied&error_code=200&state={STATE}", "refused"),
        (f"{REDIRECT}?cod=le-code&state={STATE}", "no code"),
    ],
    ids=["another-login-s-answer", "the-person-said-no", "half-an-address"],
)
async def test_an_answer_that_is_none_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, pasted: str, said: str
) -> None:
    async with Threads().serving() as network:
        configured(folder, monkeypatch, network)
        result = await called("login", "threads", pasted=pasted)
    assert result.exit_code == 1
    assert said in result.stderr and "Traceback" not in result.output
    assert network.logins == []
    assert not list((folder / "state").glob("tokens/*"))


async def test_a_wrong_secret_is_said_without_being_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Facebook().serving() as network:
        configured(folder, monkeypatch, network, more=f'page = "{facebook.PAGE}"')
        monkeypatch.setenv("SECRET_OF_THE_APPLICATION", "un-secret-de-travers")
        result = await called("login", "facebook", pasted=AGREED)
    assert result.exit_code == 1
    assert "refuses the login" in result.stderr
    assert "un-secret-de-travers" not in result.output and "le-code" not in result.stderr
    assert not list((folder / "state").glob("tokens/*"))


async def test_what_needs_no_login_or_is_no_source_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Threads().serving() as network:
        configured(folder, monkeypatch, network)
        unknown = await called("login", "tiers")
        none = await called("login", "archive")
    assert unknown.exit_code == none.exit_code == 2
    assert "threads" in unknown.stderr and "needs no login" in none.stderr
