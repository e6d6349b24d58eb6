from __future__ import annotations

import pytest
from fastapi.routing import iter_route_contexts

from ops_api.access.scopes import NEEDS, SAFE_METHODS, needed
from ops_api.app import app

ADDRESSES = {f"{method} {route.path}" for route in iter_route_contexts(app.routes) for method in route.methods or ()}
CHANGING = {address for address in ADDRESSES if address.split()[0] not in SAFE_METHODS}


def test_every_address_that_changes_something_says_in_scopes_py_what_it_needs():
    undecided = {address for address in CHANGING if "/api/admin/" not in address} - NEEDS.keys()
    assert undecided == set(), "add it to NEEDS in ops_api/access/scopes.py"


def test_nothing_is_decided_for_an_address_that_does_not_exist():
    assert NEEDS.keys() - ADDRESSES == set()


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/new", "read"),
        ("HEAD", "/api/new", "read"),
        ("POST", "/api/new", "admin"),
        ("DELETE", "/api/new", "admin"),
        ("GET", "/api/admin/new", "admin"),
        ("POST", "/api/jobs/cancel-all", "operate"),
        ("GET", "/api/jobs/cancel-all", "read"),
    ],
)
def test_what_nobody_decided_is_for_administrators_where_it_changes_something(method, path, scope):
    assert needed(method, path) == scope
