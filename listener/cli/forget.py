"""`listener forget`: erase a person, a link or a mention, for good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.common import ConfigOption, ExitCode, JsonOption, Opened, open_config, run, say
from listener.cli.output import print_json, show

if TYPE_CHECKING:
    from listener.app.application import Application
    from listener.workflows.forget import Forgotten, Wanted


def forget(
    author: Annotated[
        str | None,
        typer.Option(
            metavar="NETWORK:HANDLE",
            help="Everything of an author, by handle (found in others' texts, too) or by id.",
        ),
    ] = None,
    link: Annotated[str | None, typer.Option(metavar="URL", help="What stands there.")] = None,
    mention: Annotated[
        int | None, typer.Option(metavar="N", help="One mention, by `listener mentions`' number.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase for good what was stored and sent, and never store it again.

    Figures stay: that somebody said something, when and on which network. Ends with 1 where a
    message could not be changed yet; `listener run` goes on trying.
    """
    wanted = _wanted(author, link, mention)
    if not yes and not can_ask():
        raise typer.BadParameter("nobody can be asked here: say --yes", param_hint="--yes")
    opened = open_config(config)
    done = run(_forget(opened, wanted, yes=yes), opened.config)
    _report(done, as_json=as_json)
    if not done.mentions:
        say(f"no stored mention answers to this: {_look_again(wanted)}")
    if done.waiting:
        raise typer.Exit(ExitCode.FAILED)


def can_ask() -> bool:
    return sys.stdin.isatty()


def _wanted(author: str | None, link: str | None, mention: int | None) -> Wanted:
    from listener.workflows.forget import Wanted

    if sum(item is not None for item in (author, link, mention)) != 1:
        raise typer.BadParameter("say one of --author, --link and --mention")
    if author is None:
        return Wanted(link=link, mention=mention)
    network, _, name = author.partition(":")
    if not network or not name.lstrip("@"):
        raise typer.BadParameter("should be NETWORK:HANDLE", param_hint="--author")
    return Wanted(network=network, author=name)


def _look_again(wanted: Wanted) -> str:
    if wanted.author is None:
        return "it was erased already, or stands under another link or number"
    return "is it the handle as the network writes it (on Mastodon zoe@its.server), or the id?"


async def _forget(opened: Opened, wanted: Wanted, *, yes: bool) -> Forgotten:
    from listener.app.build import application

    async with application(opened.config) as app:
        if not yes:
            await _ask(app, wanted)
        return await app.forgetter.forget(wanted, app.clock())


async def _ask(app: Application, wanted: Wanted) -> None:
    found = await app.forgetter.preview(wanted)
    say(f"{found} mentions would be erased. This cannot be undone.")
    typer.confirm("Go on?", abort=True, err=True)


def _report(done: Forgotten, *, as_json: bool) -> None:
    beyond = [
        {"channel": b.channel, "to": b.person or "team", "sent": b.sent_at, "incident": b.incident}
        for b in done.beyond
    ]
    counts = {
        "mentions": done.mentions,
        "texts_of_others": done.texts,
        "labelled": done.labelled,
        "quarantined": done.quarantined,
        "messages_changed": done.amended,
        "messages_waiting": done.waiting,
        "messages_beyond_reach": len(beyond),
    }
    if as_json:
        print_json({**counts, "beyond_reach": beyond})
    else:
        show([counts], as_json=False)
    if done.labelled:
        say(
            f"{done.labelled} of them were labelled, and may have moved the weights of a model, which"
        )
        say("forget nothing by themselves: `listener train` learns anew without them")
    if beyond:
        say("beyond reach, as they were delivered: ask whoever got them to delete them")
        if not as_json:
            show(beyond, as_json=False)
    if done.waiting:
        say("some messages could not be changed now: `listener run` goes on trying")
