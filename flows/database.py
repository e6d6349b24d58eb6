"""How a flow reaches the ledger: the environment's address, or the block that `darkroom up` left in Prefect."""

from __future__ import annotations

from functools import cache

from prefect_sqlalchemy import SqlAlchemyConnector
from sqlalchemy import Engine

from darkroom.settings import settings
from db.engine import BLOCK, make_engine


@cache
def engine() -> Engine:
    """The engine of this flow's process.

    Raises:
        ValueError: neither the environment nor Prefect knows a database.
    """
    if (url := settings().database_url) is None:
        url = SqlAlchemyConnector.load(BLOCK).get_client(client_type="engine").url.render_as_string(hide_password=False)
    return make_engine(url, pool_size=10)
