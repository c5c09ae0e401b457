"""`listener hosts`: what the firewall must let through."""

from __future__ import annotations

from dataclasses import asdict

from listener.cli.common import ConfigOption, JsonOption, open_config, say
from listener.cli.output import show


def hosts(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List every host and port that the configuration needs, for the firewall request.

    Where a proxy is set, what goes "proxy" must be allowed there; the rest is reached directly.
    """
    from listener.workflows.outgoing import outgoing

    opened = open_config(config)
    rows = [asdict(endpoint) for endpoint in outgoing(opened.config)]
    show(rows, as_json=as_json)
    if not rows:
        say("this configuration talks to nobody outside")
