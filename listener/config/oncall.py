"""[selftest]: when every channel is tried, week after week."""

from __future__ import annotations

from datetime import time

from connectors.durations import ClockTime
from listener.config.section import Section
from listener.domain.calendar import Weekday


class SelfTestSettings(Section):
    enabled: bool = True
    day: Weekday = "tuesday"
    hour: ClockTime = time(10, 0)  # put off to when somebody works
