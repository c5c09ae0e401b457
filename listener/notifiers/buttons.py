"""What can be done about an incident right from its message, by the state it is in."""

from __future__ import annotations

from listener.domain.action import Action, Reason
from listener.domain.incident import State
from listener.i18n import Speaker
from listener.notifiers.content import Button, Confirm
from listener.notifiers.replies import action_label, reason_label


def buttons(incident: int, state: State, speaker: Speaker) -> tuple[Button, ...]:
    """The buttons of a live alert, most urgent first; none once the incident is closed."""
    if state is State.OPEN:
        return (
            _plain(incident, Action.ACKNOWLEDGE, speaker),
            _plain(incident, Action.ESCALATE, speaker),
            _plain(incident, Action.SNOOZE, speaker),
            _dismissal(incident, speaker),
        )
    if state is State.ACKNOWLEDGED:
        return _resolution(incident, speaker), _dismissal(incident, speaker)
    return ()


def _plain(incident: int, action: Action, speaker: Speaker) -> Button:
    return Button(
        label=action_label(action, speaker),
        action=action,
        incident=incident,
        style="primary" if action is Action.ACKNOWLEDGE else "",
    )


def _resolution(incident: int, speaker: Speaker) -> Button:
    _ = speaker.gettext
    return Button(
        label=action_label(Action.RESOLVE, speaker),
        action=Action.RESOLVE,
        incident=incident,
        style="primary",
        confirm=Confirm(
            title=_("Close incident {number}?").format(number=incident),
            text=_(
                "Nobody will be called about it any more, unless it grows well beyond what it was."
            ),
            yes=_("Yes"),
            no=_("No"),
        ),
    )


def _dismissal(incident: int, speaker: Speaker) -> Button:
    _ = speaker.gettext
    return Button(
        label=_("False alarm: why?"),
        action=Action.DISMISS,
        incident=incident,
        confirm=Confirm(
            title=_("Dismiss incident {number}?").format(number=incident),
            text=_(
                "It is closed as a false alarm and nobody is called about it any more. "
                "This can be undone within a day."
            ),
            yes=_("Yes"),
            no=_("No"),
        ),
        choices=tuple((reason, reason_label(reason, speaker)) for reason in Reason),
    )
