"""One address for one page: canonical URLs, so that the same article is recognised twice."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

MAX_URL = 4096

_TRACKING = re.compile(
    r"utm_\w*|at_(?:medium|campaign|creation|format|send_date|recipient_\w+)|xtor|xtref|xts"
    r"|fbclid|gclid|dclid|gbraid|wbraid|gclsrc|msclkid|yclid|twclid|ttclid|igshid|igsh|li_fat_id"
    r"|mc_[ce]id|mkt_tok|vero_id|_hs(?:enc|mi)|oly_(?:anon|enc)_id|wt_mc|ns_(?:source|mchannel|campaign)"
    r"|phpsessid|jsessionid|sessionid|session_id|aspsessionid\w*|__cf_chl_\w+",
    re.IGNORECASE,
)
# phpBB and vBulletin put a visitor's session in links; the same names serve others as real keys.
_SESSION = re.compile(r"(?:sid|s)=[0-9a-f]{32}", re.IGNORECASE)
_PATH_SESSION = re.compile(r";jsessionid=[^/?;]*", re.IGNORECASE)
_REDIRECTORS = (
    (re.compile(r"(?:www\.)?google\.[a-z.]{2,6}"), "/url", ("url", "q")),
    (re.compile(r"lm?\.facebook\.com"), "/l.php", ("u",)),
    (re.compile(r"l\.instagram\.com"), "/", ("u",)),
    (re.compile(r"(?:www\.)?youtube\.com"), "/redirect", ("q",)),
    (re.compile(r"www\.bing\.com"), "/news/apiclick.aspx", ("url",)),
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Nothing to do for most addresses, and a page has hundreds: lower-case host, a plain path, no more.
_PLAIN = re.compile(r"https?://(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z]{2,24}/[A-Za-z0-9_.~%/@+-]*")
_UNPRINTABLE = re.compile(r"[\s\x00-\x20\x7f\ud800-\udfff]")


def canonical_url(url: str, *, base: str | None = None, keep_fragment: bool = False) -> str | None:
    """The address without what changes from one sighting to the next; None if it is not http(s).

    Unwraps the redirects of Google, Bing, Facebook, Instagram and YouTube; drops credentials,
    default ports, campaign and session parameters and, unless told otherwise, the fragment.
    Parameters keep their order and spelling: some sites answer 404 to any other. Idempotent.
    """
    if len(url) <= MAX_URL and _PLAIN.fullmatch(url):
        return url
    parts = _split(url, base)
    for _ in range(3):
        if parts is None or (target := _wrapped(parts)) is None:
            break
        parts = target
    if parts is None:
        return None
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _is_noise(pair))
    path = _PATH_SESSION.sub("", parts.path) or "/"
    fragment = parts.fragment if keep_fragment else ""
    return urlunsplit((parts.scheme, _netloc(parts), path, query, fragment))


def host_of(url: str) -> str:
    """The host of a URL, lower case, with a port that is not the scheme's; "" where there is none."""
    parts = _split(url, None)
    return _netloc(parts) if parts else ""


def _split(url: str, base: str | None) -> SplitResult | None:
    url = url.strip()
    if len(url) > MAX_URL:
        return None
    try:
        url = urljoin(base, url) if base else url
        parts = urlsplit(_UNPRINTABLE.sub(lambda found: _quoted(found[0]), url))
        netloc = _netloc(parts)
    except ValueError:  # an unfinished IPv6 address, a port that is no number
        return None
    if parts.scheme not in _DEFAULT_PORTS or not netloc:
        return None
    return parts


def _quoted(character: str) -> str:
    keeps = character == " " or (character > "\x7f" and not "\ud800" <= character <= "\udfff")
    return quote(character) if keeps else ""


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return f"[{host}]" if ":" in host else host


def _netloc(parts: SplitResult) -> str:
    host, port = _host(parts), parts.port
    if not host or port in {None, _DEFAULT_PORTS.get(parts.scheme)}:
        return host
    return f"{host}:{port}"


def _wrapped(parts: SplitResult) -> SplitResult | None:
    for host, path, names in _REDIRECTORS:
        if parts.path != path or not host.fullmatch(parts.hostname or ""):
            continue
        pairs = dict(pair.partition("=")[::2] for pair in reversed(parts.query.split("&")))
        for name in names:
            if target := _split(unquote(pairs.get(name, "").replace("+", "%20")), None):
                return target
    return None


def _is_noise(pair: str) -> bool:
    name = pair.partition("=")[0]
    return bool(_TRACKING.fullmatch(name) or _SESSION.fullmatch(pair))


def host_and_port(url: str) -> str:
    """As a firewall request names it; "" where there is none."""
    parts = _split(url, None)
    return f"{_host(parts)}:{parts.port or _DEFAULT_PORTS[parts.scheme]}" if parts else ""
