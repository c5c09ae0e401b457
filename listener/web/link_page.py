"""The pages behind a signed link: figures and one button, read on a phone at three in the morning."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

import jinja2
from markupsafe import Markup

from listener.domain.action import Action, Reason, Reply
from listener.domain.incident import State
from listener.i18n import Speaker
from listener.notifiers import safe, words
from listener.notifiers.replies import action_label, failure_text, reason_label, reply_text
from listener.workflows.answer_link import Seen

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The one thing that can be done here. `reasons` are asked for where they must be given."""

    token: str
    button: str
    who: str
    question: str = ""
    reasons: Facts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    title: str
    tone: str = "plain"  # a level, or "done"
    badge: str = ""
    message: str = ""
    facts: Facts = ()
    form: Form | None = None


def asking(seen: Seen, speaker: Speaker, form: str, names: Mapping[str, str]) -> Page:
    """What opening a link shows: nothing was done yet, or it was done before."""
    _ = speaker.gettext
    if seen.used:
        return _page(seen, speaker, names, _("This link was used already."))
    reasons = [(reason.value, reason_label(reason, speaker)) for reason in Reason]
    dismisses = seen.action is Action.DISMISS
    button = Form(
        token=form,
        button=action_label(seen.action, speaker),
        who=_("As {name}. Nothing is done before you press the button.").format(
            name=safe.clean(seen.person.name)
        ),
        question=_("Why is it a false alarm?") if dismisses else "",
        reasons=reasons if dismisses else (),
    )
    return _page(seen, speaker, names, "", button)


def answered(reply: Reply, seen: Seen, speaker: Speaker, names: Mapping[str, str]) -> Page:
    """What came of pressing the button."""
    page = _page(seen, speaker, names, reply_text(reply, speaker, names))
    return page if reply.refused else replace(page, tone="done")


def gone(speaker: Speaker) -> Page:
    """The same for a link that never was and for one that has expired."""
    _ = speaker.gettext
    return Page(
        title=_("This link is no longer valid"),
        message=_("Nothing was done. Use the links of the latest alert, or phone the on-call."),
    )


def failed(speaker: Speaker) -> Page:
    return Page(title=speaker.gettext("Not recorded"), message=failure_text(speaker))


def busy(speaker: Speaker) -> Page:
    _ = speaker.gettext
    return Page(title=_("Too many attempts"), message=_("Nothing was done. Wait a minute."))


def _page(
    seen: Seen, speaker: Speaker, names: Mapping[str, str], message: str, form: Form | None = None
) -> Page:
    _ = speaker.gettext
    return Page(
        title=safe.clean(seen.subject),
        tone=seen.level.value,
        badge=_("{badge} — incident {number}").format(
            badge=words.badge(speaker, seen.level), number=speaker.number(seen.incident)
        ),
        message=message,
        facts=_facts(seen, speaker, names),
        form=form,
    )


def _facts(seen: Seen, speaker: Speaker, names: Mapping[str, str]) -> Facts:
    _ = speaker.gettext
    opened = _("{day} at {time}").format(
        day=speaker.day(seen.opened_at), time=speaker.clock(seen.opened_at)
    )
    facts = [
        (_("Since"), opened),
        (
            _("Messages"),
            _("{count}, {negative} of them negative").format(
                count=speaker.number(seen.mentions), negative=speaker.number(seen.negative)
            ),
        ),
        (_("State"), _state(seen.state, speaker)),
    ]
    if seen.by is not None:
        facts.append((_("Handled by"), safe.clean(names.get(seen.by, seen.by))))
    return facts


def _state(state: State, speaker: Speaker) -> str:
    _ = speaker.gettext
    return {
        State.OPEN: _("waiting for somebody"),
        State.ACKNOWLEDGED: _("being handled"),
        State.RESOLVED: _("closed"),
        State.DISMISSED: _("false alarm"),
    }[state]


@lru_cache
def _template() -> jinja2.Template:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("listener.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("link.html")


@lru_cache
def _style() -> str:
    return (resources.files("listener.web") / "templates" / "link.css").read_text("utf-8")


def html(page: Page, language: str) -> str:
    # The style is ours and holds no "</style>": what comes from elsewhere is escaped.
    return _template().render(page=page, language=language, style=Markup(_style()))  # noqa: S704


@lru_cache
def headers() -> Mapping[str, str]:
    """Nothing is kept, told onwards, framed, indexed or run; a form goes back here only."""
    style = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "Server": "listener",  # not which version of what
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
    }
