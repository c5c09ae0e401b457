"""`listener run`: the daemon, or the demonstration where the configuration asks for it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.common import ConfigOption, ExitCode, Opened, open_config, say
from listener.cli.common import run as run_work

if TYPE_CHECKING:
    from listener.app.application import Application
    from listener.app.daemon import Daemon, Loaded


log = logging.getLogger(__name__)


def run(
    exit_after_demo: Annotated[
        bool,
        typer.Option("--exit-after-demo", help="Stop where the demonstration would go on live."),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Listen, judge and alert until stopped. SIGHUP reads the configuration again."""
    from listener.app import logs
    from listener.config import ConfigError
    from listener.storage.database import DatabaseError
    from listener.web.server import PortError

    opened = open_config(config)
    service = opened.config.service
    is_demo = opened.config.demo is not None
    # The demonstration tells its story itself: between its lines only what went wrong.
    logs.configure(service.log_format, "warning" if is_demo else service.log_level)
    daemon = _demonstration(opened, exit_after_demo) if is_demo else _daemon(opened)
    try:
        run_work(daemon.run(), daemon.loaded.config)
    except PortError as error:
        say(str(error))
        raise typer.Exit(ExitCode.FAILED) from None
    except (ConfigError, DatabaseError, typer.Exit):
        raise  # what an operator can mend is said by whoever called us
    except Exception:
        # Python's own traceback quotes what a library choked on: a post, perhaps.
        log.critical("daemon.crashed", exc_info=True)
        raise typer.Exit(ExitCode.FAILED) from None


def _daemon(opened: Opened) -> Daemon:
    from listener.app.daemon import Daemon
    from listener.app.systemd import ServiceManager

    def reload() -> Loaded:
        return _load_again(opened.path)

    return Daemon(loaded=_loaded(opened), reload=reload, manager=ServiceManager.from_environment())


def _loaded(opened: Opened) -> Loaded:
    from listener.app.daemon import Loaded

    return Loaded(config=opened.config, fingerprint=opened.fingerprint)


def _load_again(path: Path) -> Loaded:
    from listener.app import logs
    from listener.app.daemon import Loaded
    from listener.config import ConfigError, load
    from listener.config.load import fingerprint

    config = load(path)
    if config.demo is not None:
        raise ConfigError(["demo: a demonstration begins with a start, not with a reload"])
    logs.configure(config.service.log_format, config.service.log_level)
    return Loaded(config=config, fingerprint=fingerprint(path))


def _demonstration(opened: Opened, exit_after: bool) -> Daemon:
    from listener.app import demo, logs
    from listener.app.clock import SimulatedClock
    from listener.app.daemon import Daemon, Loaded
    from listener.app.narrate import Narrator
    from listener.app.systemd import ServiceManager

    prepared = demo.prepare(opened.config)
    demo.clear(prepared.config)
    clock = SimulatedClock(prepared.begin)
    narrator = Narrator(prepared.config)
    service = prepared.config.service

    async def play(app: Application) -> None:
        await demo.play(prepared, app, clock=clock, narrator=narrator)
        clock.release()
        if exit_after:
            daemon.stopping.set()
            return
        logs.configure(service.log_format, service.log_level)
        narrator.stay(daemon.port)

    daemon = Daemon(
        loaded=Loaded(config=prepared.config, fingerprint=opened.fingerprint),
        reload=lambda: _load_again(opened.path),
        manager=ServiceManager.from_environment(),
        clock=clock,
        prologue=play,
        needs_port=False,
    )
    return daemon
