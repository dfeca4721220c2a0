import pytest

from datacentric_helpers.outcome import assess, run_case, show

EXERCISE = {
    "id": "double", "title": "Double", "hints": ["Multiply."], "compare": {"kind": "exact"}, "mistakes": ["You squared."],
    "cases": [
        {"property": "small", "args": [3], "expected": 6, "raises": None, "hidden": False, "mistakes": [{"value": 9}]},
        {"property": "two", "args": [2], "expected": 4, "raises": None, "hidden": False, "mistakes": [None]},
        {"property": "refuses text", "args": ["a"], "expected": None, "raises": "ValueError", "hidden": True, "mistakes": [None]},
    ],
}


def double(n):
    if isinstance(n, str):
        raise ValueError("numbers only")
    return 2 * n


def run(function, **options):
    return assess(EXERCISE, [run_case(function, case["args"]) for case in EXERCISE["cases"]], **options)


def test_a_right_answer_holds_every_property():
    report = run(double)
    assert report.passed
    assert report.share == 1
    assert report.advice == ""


def test_a_known_mistake_is_told_by_its_own_message():
    def square(n):
        return double(n) if isinstance(n, str) else n * n

    report = run(square)
    assert report.advice == "You squared."
    assert report.share == pytest.approx(2 / 3)


def test_a_known_mistake_is_told_even_where_the_input_is_not_checked_either():
    assert run(lambda n: "" if isinstance(n, str) else n * n).advice == "You squared."


def test_another_wrong_answer_gets_no_message_of_a_mistake_it_did_not_make():
    assert run(lambda n: 7).advice == ""


def test_a_function_that_always_raises_earns_nothing_for_the_error_that_was_due():
    def refuse(n):
        raise ValueError("no")

    assert run(refuse).share == 0


def test_a_blank_answer_is_not_yet_written():
    def blank(n):
        raise NotImplementedError

    report = run(blank)
    assert not report.written
    assert report.share == 0


def test_the_smallest_failing_case_comes_first_with_what_was_due_and_what_came():
    failure = run(lambda n: 0 if n != "a" else double(n)).properties[0].failures[0]
    assert (failure.call, failure.expected, failure.got) == ("double(3)", "6", "0")


def test_a_hidden_case_shows_neither_its_input_nor_what_was_due():
    report = run(lambda n: 2 * n, show_expected=False)
    failure = report.properties[2].failures[0]
    assert failure.call == failure.expected == failure.got == ""


def test_an_error_is_told_with_its_message():
    def broken(n):
        return n / 0

    report = run(broken)
    assert "ZeroDivisionError: division by zero" in report.properties[0].failures[0].reason


@pytest.mark.parametrize(("function", "raised"), [(5, "TypeError"), (lambda n: object(), "WireError"), (lambda: 0, "TypeError")])
def test_what_cannot_be_called_or_sent_is_a_failed_case_not_a_crash(function, raised):
    assert run_case(function, [1])["raised"][0] == raised


def test_values_are_shown_short():
    assert len(show(list(range(1000)))) <= 240
    assert show(0.1234567890) == "0.123457"


def test_a_case_may_bring_a_comparator_of_its_own():
    case = {**EXERCISE["cases"][0], "compare": {"kind": "close", "rtol": 0.2, "atol": 0.0}}
    exercise = {**EXERCISE, "cases": [case]}
    assert assess(exercise, [{"value": 6.5}]).passed
    assert not assess({**EXERCISE, "cases": EXERCISE["cases"][:1]}, [{"value": 6.5}]).passed


def test_a_mistake_of_chance_is_recognised_within_the_width_of_the_range():
    case = {"property": "p", "args": [], "expected": {"low": [0.0], "high": [0.1]}, "raises": None, "mistakes": [{"value": [0.5]}]}
    exercise = {**EXERCISE, "compare": {"kind": "within"}, "cases": [case]}
    assert assess(exercise, [{"value": [0.45]}]).advice == "You squared."
    assert assess(exercise, [{"value": [0.9]}]).advice == ""
