"""The commands by name, each imported only when it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from listener.cli import common

COMMANDS: Mapping[str, str] = {
    "ack": "listener.cli.act:ack",
    "init": "listener.cli.init:init",
    "check-config": "listener.cli.check:check_config",
    "classify": "listener.cli.classify:classify",
    "correct": "listener.cli.correct:correct",
    "db": "listener.cli.db:db",
    "dismiss": "listener.cli.act:dismiss",
    "digest": "listener.cli.digest:digest",
    "escalate": "listener.cli.act:escalate",
    "evaluate": "listener.cli.evaluate:evaluate",
    "forget": "listener.cli.forget:forget",
    "hosts": "listener.cli.hosts:hosts",
    "import": "listener.cli.import_:import_",
    "incidents": "listener.cli.incidents:incidents",
    "label": "listener.cli.label:label",
    "login": "listener.cli.login:login",
    "mentions": "listener.cli.mentions:mentions",
    "models": "listener.cli.models:models",
    "oncall": "listener.cli.oncall:oncall",
    "quarantine": "listener.cli.quarantine:quarantine",
    "poll": "listener.cli.poll:poll",
    "reopen": "listener.cli.act:reopen",
    "resolve": "listener.cli.act:resolve",
    "run": "listener.cli.run:run",
    "snooze": "listener.cli.act:snooze",
    "sources": "listener.cli.sources:sources",
    "train": "listener.cli.train:train",
    "version": "listener.cli.version:version",
    "why": "listener.cli.why:why",
    "why-not": "listener.cli.why:why_not",
}
"""A command is a function, a group of commands a typer.Typer, at "module:attribute"."""

EXIT_CODES = """Exit codes: 0 done; 1 something failed, as said on standard error; 2 wrong usage, or a
configuration that cannot be used; 3 the database cannot be used; 4 what was learned was
kept aside; 130 interrupted."""


class _Commands(Mapping[str, Any]):
    """The registry as typer wants it: each command is made when it is asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(name, COMMANDS[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def _command(name: str, target: str) -> Any:
    module, _, attribute = target.partition(":")
    made = getattr(import_module(module), attribute)
    if not isinstance(made, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name)(made)
        made = single
    command: Any = typer.main.get_command(made)
    command.name = name
    return command


class _Group(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = _Commands()


# Tracebacks with the values of variables would show tokens and posts.
app = typer.Typer(
    name="listener",
    cls=_Group,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=EXIT_CODES,
)


@app.callback()
def root(
    config: Annotated[Path | None, common.CONFIG_OPTION] = None,
) -> None:
    """Hears what is said about a hospital, and wakes the right person when a bad buzz starts."""
    common.remember(config)
