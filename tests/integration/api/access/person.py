"""What Ann does, and what she reads."""

from __future__ import annotations

import re

import httpx
from sqlalchemy import select

from db.models import AuditEntry

PASSWORD = "correct horse battery"


def sign_in(client: httpx.Client, login: str = "ann", password: str = PASSWORD, **more: str) -> httpx.Response:
    return client.post("/login", data={"login": login, "password": password, **more})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def audit(engine) -> list[tuple[str, str]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(select(AuditEntry.who, AuditEntry.action).order_by(AuditEntry.id))]


def shown_once(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    (secret,) = re.findall(r'<code class="secret">([^<]+)</code>', answer.text)
    assert secret not in str(answer.headers)
    return str(secret)
