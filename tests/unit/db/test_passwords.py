"""How passwords are kept."""

from __future__ import annotations

from argon2 import Type, extract_parameters

from db.access import passwords


def test_a_password_is_hashed_at_the_cost_that_rfc_9106_recommends_where_memory_is_short(hasher):
    costs = extract_parameters(hasher.hash("long enough"))
    assert (costs.type, costs.memory_cost, costs.time_cost, costs.parallelism) == (Type.ID, 64 * 1024, 3, 4)


def test_only_the_password_itself_matches_and_nothing_matches_where_none_is_kept():
    stored = passwords.hashed("long enough")
    assert passwords.matches("long enough", stored)
    assert not passwords.matches("long enougH", stored)
    assert not passwords.matches("long enough", None)
    assert not passwords.matches("long enough", "no hash")
