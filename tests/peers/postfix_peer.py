"""A real Postfix with a configuration, queue and mailbox of its own, on a free port of loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

# The services that taking and keeping a message needs; none of them may reach another machine.
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/postfix.log
myhostname = mail.chu-valmont.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = error:nothing leaves this machine
alias_maps =
virtual_mailbox_domains = chu-valmont.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = {uid}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/server.pem
"""


def missing() -> str | None:
    """What has to be installed first; None where everything is here."""
    if shutil.which("postfix", path=_path()) is None:
        return "no real mail server here: postfix (see tests/README.md)"
    return None if os.geteuid() == 0 else "postfix is started by root alone (see tests/README.md)"


@dataclass(frozen=True)
class Postfix:
    port: int
    ca_file: Path
    inbox: Path

    def wait(self, count: int, seconds: float = 10) -> list[bytes]:
        """The messages that lie in camille@chu-valmont.example's mailbox, once there are so many."""
        until = time.monotonic() + seconds
        while len(found := sorted((self.inbox / "new").glob("*"))) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(found)} messages of {count}")
            time.sleep(0.05)
        return [path.read_bytes() for path in found]


@contextmanager
def running() -> Iterator[Postfix]:
    # Not pytest's own folder: that one is closed to other users, and Postfix's daemons are some.
    with tempfile.TemporaryDirectory(prefix="postfix-peer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        peer = _configured(folder)
        _postfix(folder, "start")
        try:
            _listening(peer.port)
            yield peer
        finally:
            _postfix(folder, "stop")


def _configured(folder: Path) -> Postfix:
    user, port = pwd.getpwnam("postfix"), _free_port()
    for part in ("conf", "queue", "data", "mail"):
        (folder / part).mkdir()
    for part in ("data", "mail"):
        os.chown(folder / part, user.pw_uid, user.pw_gid)
    authority = trustme.CA(organization_name="CHU de Valmont")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        folder / "server.pem"
    )
    authority.cert_pem.write_to_path(folder / "ca.pem")
    (folder / "mailboxes").write_text("camille@chu-valmont.example camille/\n")
    (folder / "conf/master.cf").write_text(MASTER.format(port=port))
    values = {"folder": folder, "uid": user.pw_uid, "gid": user.pw_gid}
    (folder / "conf/main.cf").write_text(MAIN.format(**values))
    return Postfix(port=port, ca_file=folder / "ca.pem", inbox=folder / "mail/camille")


def _postfix(folder: Path, action: str) -> None:
    command = [str(shutil.which("postfix", path=_path())), "-c", str(folder / "conf"), action]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise RuntimeError(f"postfix {action}: {done.stdout}{done.stderr}")


def _listening(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
