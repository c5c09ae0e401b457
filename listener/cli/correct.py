"""`listener correct`: what a person says of a mention, above what the classifiers say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from classifiers.themes import THEMES
from listener.cli.common import ConfigOption, ExitCode, Opened, open_config, run, say
from listener.cli.mentions import Theme, Themes
from listener.domain.labelling import NO, SENTIMENT, YES, Word

if TYPE_CHECKING:
    from listener.workflows.correct import Corrected

Tone = Annotated[str | None, typer.Option(metavar="TONE", help="negative, neutral or positive.")]
NotThemes = Annotated[
    list[Theme] | None, typer.Option("--no-theme", help="Not one of its themes; may be repeated.")
]
Private = Annotated[
    bool | None,
    typer.Option("--private/--not-private", help="Whether it may reveal who is a patient."),
]
About = Annotated[
    bool | None, typer.Option("--about/--not-about", help="Whether it is about the hospital.")
]
Toxic = Annotated[
    bool | None, typer.Option("--toxic/--not-toxic", help="Whether it insults or threatens.")
]
By = Annotated[str | None, typer.Option(metavar="PERSON", help="Who says so: a person's id.")]


def correct(
    mention: Annotated[int, typer.Argument(metavar="N", help="`listener mentions`' number.")],
    sentiment: Tone = None,
    theme: Themes = None,
    no_theme: NotThemes = None,
    private: Private = None,
    about: About = None,
    toxic: Toxic = None,
    by: By = None,
    config: ConfigOption = None,
) -> None:
    """Correct what the classifiers say of a mention. It counts at once, and they learn from it.

    No later score of the same text overwrites it. A message that was sent stays sent.
    """
    word = _word(sentiment, theme or [], no_theme or [], private, about, toxic)
    opened = open_config(config)
    if by is not None and by not in opened.config.people:
        raise typer.BadParameter(f"nobody is called {by!r} in the configuration", param_hint="--by")
    done = run(_correct(opened, mention, word, by), opened.config)
    if not done.ids:
        say(f"no text stands under number {mention}: it was erased, or never was")
        raise typer.Exit(ExitCode.FAILED)
    say("corrected, and kept to learn from: `listener train`")
    if done.alerts:
        say(f"{done.alerts} message(s) will be sent: a rule is breached by what it says now")


def _word(
    sentiment: str | None,
    themes: list[Theme],
    others: list[Theme],
    private: bool | None,
    about: bool | None,
    toxic: bool | None,
) -> Word:
    from listener.domain.labelling import check

    flags = {"patient_privacy": private, "about_hospital": about, "toxicity": toxic}
    word = {name: YES if holds else NO for name, holds in flags.items() if holds is not None}
    word |= {theme.value: YES for theme in themes} | {theme.value: NO for theme in others}
    if sentiment is not None:
        word[SENTIMENT] = sentiment
    if not word:
        raise typer.BadParameter("say what is to be corrected, such as --sentiment neutral")
    if both := [name for name in THEMES if name in _names(themes) & _names(others)]:
        raise typer.BadParameter(f"{both[0]} cannot be both", param_hint="--theme")
    try:
        check(word)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--sentiment") from None
    return word


def _names(themes: list[Theme]) -> set[str]:
    return {theme.value for theme in themes}


async def _correct(opened: Opened, mention: int, word: Word, by: str | None) -> Corrected:
    from listener.app.build import application
    from listener.workflows.correct import BY_COMMAND, Corrector

    async with application(opened.config, config_hash=opened.fingerprint) as app:
        corrector = Corrector(processor=app.processor)
        return await corrector.correct({mention: word}, at=app.clock(), by=by or BY_COMMAND)
