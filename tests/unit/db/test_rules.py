"""Rules that cannot mean what they say are refused, in a sentence that says where."""

from __future__ import annotations

import pytest

from db.collections import RuleError, parse


def condition(field="title", operator="contains", value="a", types=()):
    return {"type": "condition", "entityTypes": list(types), "field": field, "operator": operator, "value": value}


def group(*children, operator="and"):
    return {"type": "group", "operator": operator, "children": list(children)}


def nested(depth):
    return group(nested(depth - 1)) if depth else condition()


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (None, "rules: "),
        ({}, 'rules: its type must be "group" or "condition".'),
        ({"type": "rule"}, 'rules: its type must be "group" or "condition".'),
        (group(), "rules: a group needs at least one child."),
        (group(group(condition(), operator="nor")), "rules.children[0].operator: Input should be 'and', 'or' or"),
        (group(condition("titel")), "rules.children[0]: there is no field 'titel'; the fields are title, rating,"),
        (condition("rating", "contains"), "rules: rating cannot be asked with 'contains'; it takes equals,"),
        (condition("isNsfw", "is_null", None), "rules: isNsfw cannot be asked with 'is_null'; it takes is_true,"),
        (condition("isNsfw", "is_true", 1), "rules: isNsfw takes no value with is_true."),
        (condition("rating", "equals", True), "rules: rating takes a number with equals, not True."),
        (condition("rating", "equals", "9"), "rules: rating takes a number with equals, not '9'."),
        (condition("rating", "equals", float("inf")), "rules: rating takes a number with equals, not inf."),
        (condition("rating", "equals", 10**400), "rules: rating takes a number with equals, not 1000"),
        (condition("rating", "between", [5, 1]), "rules: rating takes the smaller value first with between."),
        (condition("rating", "between", [5]), "rules: rating takes a list of two values with between."),
        (condition("tags", "in", []), "rules: tags takes a list of 1 to 1000 values with in."),
        (condition("tags", "in", "Noir"), "rules: tags takes a list of 1 to 1000 values with in."),
        (condition("tags", "in", ["a", 5]), "rules: tags takes a name with in, not 5."),
        (condition("title", "contains", "\0"), "rules: title takes text with contains, not "),
        (condition("title", "contains", "\ud800"), "rules: title takes text with contains, not "),
        (condition("title", "contains", ["a"]), "rules: title takes text with contains, not a list."),
        (condition("date", "equals", "2024-02-30", ["video"]), "rules: date takes a date such as 2024-05-31"),
        (condition("createdAt", "within_days", 0), "rules: createdAt takes a number of days from 1 to"),
        (condition("resolution", "in", ["8K"], ["video"]), "rules: resolution takes one of 4K, 1080p, 720p, 480p"),
        (condition(types=["book"]), "rules.entityTypes[0]: Input should be 'video', 'gallery', 'image' or"),
        (condition() | {"entityType": "video"}, "rules.entityType: Extra inputs are not permitted."),
        (nested(10), "rules: groups lie in each other more than 10 deep."),
        (group(*[condition()] * 200), "rules: there are more than 200 groups and conditions."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_path_to_it(rules, sentence):
    with pytest.raises(RuleError) as refused:
        parse(rules)
    assert str(refused.value).startswith(sentence)


def test_a_field_that_a_kind_of_item_lacks_is_refused_where_that_kind_is_named():
    with pytest.raises(RuleError, match=r"^rules: duration is not known of galleries; name other entityTypes\.$"):
        parse(condition("duration", "less_than", 60, ["gallery", "video"]))


def test_a_field_that_not_all_have_whom_the_rules_can_select_must_say_whom_it_is_meant_for():
    with pytest.raises(RuleError) as refused:
        parse(group(condition(), group(condition("duration", "less_than", 60), operator="not")))
    assert str(refused.value) == (
        "rules.children[1].children[0]: duration is not known of galleries and pictures, which these rules can select"
        ' too; say which it is meant for: entityTypes ["video", "audio-track"].'
    )
    said = parse(group(condition(), group(condition("duration", "less_than", 60, ["video"]), operator="not")))
    assert said.entities == {"video", "gallery", "image", "audio-track"}
    assert parse(condition("duration", "less_than", 60)).entities == {"video", "audio-track"}


def test_several_errors_are_said_at_once():
    with pytest.raises(RuleError) as refused:
        parse(group(condition("x"), condition("y")))
    assert "rules.children[0]:" in str(refused.value)
    assert "rules.children[1]:" in str(refused.value)


def test_rules_come_back_as_they_were_saved():
    rules = group(condition(), group(condition("rating", "between", [1, 2.5]), operator="or"))
    assert parse(rules).dump() == rules
    assert parse(parse(rules).dump()) == parse(rules)
