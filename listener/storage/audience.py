"""The audience of accounts as it was at an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from listener.storage.tables import audiences


async def last_taken(
    connection: AsyncConnection, since: datetime, before: datetime
) -> dict[tuple[str, str], Row[Any]]:
    """The last snapshot of each (network, account), of those taken since an instant and before one."""
    of = (audiences.c.network, audiences.c.account)
    last = (
        select(*of, func.max(audiences.c.taken_at).label("taken_at"))
        .where(audiences.c.taken_at >= since, audiences.c.taken_at < before)
        .group_by(*of)
        .subquery()
    )
    same = and_(*(audiences.c[name] == last.c[name] for name in ("network", "account", "taken_at")))
    rows = await connection.execute(select(audiences).join(last, same))
    return {(row.network, row.account): row for row in rows}
