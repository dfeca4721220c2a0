"""The dashboard's numbers against other libraries and hand counts; its controls; the messages for bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from datacentric_helpers import dashboard
from datacentric_helpers.dashboard import (
    annotator_dashboard,
    class_disagreement,
    co_occurrence,
    item_disagreement,
    pairwise_kappa,
)

NAN = float("nan")
LABELS = ["cat", "dog", "eel"]


@pytest.fixture
def ratings() -> pd.DataFrame:
    return pd.DataFrame({"Ann": [0, 1, 2, 0, 1], "Bo": [0, 1, 1, NAN, 2], "Cy": [0, 0, 1, 0, NAN]})


def random_ratings(seed: int, missing: float = 0.0, n_items: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, (n_items, 4)).astype(float)
    codes[rng.random(codes.shape) < missing] = NAN
    return pd.DataFrame(codes, columns=["Ann", "Bo", "Cy", "Di"])


# -- numbers ------------------------------------------------------------------------------------------------------------------


def test_pairwise_kappa_is_taken_over_the_items_that_both_rated(ratings: pd.DataFrame) -> None:
    assert pairwise_kappa(ratings).loc["Ann", "Cy"] == pytest.approx(cohen_kappa_score([0, 1, 2, 0], [0, 0, 1, 0]))


def test_pairwise_kappa_is_symmetric_and_empty_on_the_diagonal() -> None:
    kappa = pairwise_kappa(random_ratings(0)).to_numpy()
    np.testing.assert_array_equal(kappa, kappa.T)
    assert np.isnan(np.diag(kappa)).all()


@pytest.mark.parametrize("b", [[NAN, NAN, 1.0], [1.0, 1.0, NAN]])
def test_pairwise_kappa_is_nan_without_common_items_or_with_one_label_only(b: list[float]) -> None:
    frame = pd.DataFrame({"Ann": [1.0, 1.0, NAN], "Bo": b})
    assert pairwise_kappa(frame).isna().all(axis=None)


def test_item_disagreement_counts_pairs_of_ratings() -> None:
    frame = random_ratings(1, missing=0.4)
    for row, found in zip(frame.to_numpy(), item_disagreement(frame), strict=True):
        pairs = list(itertools.combinations(row[~np.isnan(row)], 2))
        due = np.mean([a != b for a, b in pairs]) if pairs else NAN
        assert found == pytest.approx(due, nan_ok=True)


def test_one_less_the_mean_item_disagreement_is_fleiss_observed_agreement() -> None:
    frame = random_ratings(2)
    table, _categories = aggregate_raters(frame.to_numpy().astype(int))
    expected = ((table.sum(axis=0) / table.sum()) ** 2).sum()
    observed = 1 - item_disagreement(frame).mean()
    assert (observed - expected) / (1 - expected) == pytest.approx(fleiss_kappa(table))


def test_item_disagreement_of_one_annotator_counts_only_pairs_with_this_one(ratings: pd.DataFrame) -> None:
    assert item_disagreement(ratings, "Bo").tolist() == pytest.approx([0, 0.5, 0.5, NAN, 1], nan_ok=True)


def test_co_occurrence_rows_are_the_chosen_annotators_labels(ratings: pd.DataFrame) -> None:
    assert co_occurrence(ratings, 3, "Ann").tolist() == [[3, 0, 0], [1, 1, 1], [0, 2, 0]]


def test_co_occurrence_of_all_adds_up_over_the_annotators() -> None:
    frame = random_ratings(3, missing=0.3)
    parts = [co_occurrence(frame, 3, name) for name in ["Ann", "Bo", "Cy", "Di"]]
    np.testing.assert_array_equal(co_occurrence(frame, 3), np.sum(parts, axis=0))


def test_class_disagreement_is_nan_for_a_class_that_nobody_gave(ratings: pd.DataFrame) -> None:
    assert class_disagreement(ratings, 4)[3] != class_disagreement(ratings, 4)[3]


def test_class_disagreement_of_one_annotator(ratings: pd.DataFrame) -> None:
    assert class_disagreement(ratings, 3, "Ann").tolist() == pytest.approx([0, 2 / 3, 1])


# -- the widget ---------------------------------------------------------------------------------------------------------------


def test_the_dashboard_opens_with_everybody_and_every_class_named_in_its_menus(ratings: pd.DataFrame) -> None:
    board = annotator_dashboard(ratings, LABELS)
    assert (board.annotator.label, board.focus.label) == ("all annotators", "all classes")


def test_choosing_an_annotator_sorts_items_by_disagreement_with_this_one(ratings: pd.DataFrame) -> None:
    board = annotator_dashboard(ratings, LABELS)
    board.annotator.value = "Bo"
    assert board.rows == [4, 1, 2]
    assert "Where Bo says it" in board.panels.value


def test_choosing_a_class_keeps_the_items_that_someone_put_there(ratings: pd.DataFrame) -> None:
    board = annotator_dashboard(ratings, LABELS)
    board.focus.value = 2
    assert board.rows == [4, 2]
    assert "class eel against the rest" in board.panels.value


def test_annotator_and_class_together_ask_what_this_one_said(ratings: pd.DataFrame) -> None:
    board = annotator_dashboard(ratings, LABELS)
    board.annotator.value, board.focus.value = "Ann", 1
    assert board.rows == [4, 1]


def test_pages_turn_forth_and_back_and_stop_at_the_ends() -> None:
    board = annotator_dashboard(random_ratings(4, n_items=25), LABELS)
    total = len(board.rows)
    assert board.back.disabled
    assert not board.forth.disabled
    for _page in range((total - 1) // dashboard.PAGE):
        board.forth.click()
    assert board.forth.disabled
    assert f"to {total} of {total}" in board.place.value
    board.back.click()
    assert not board.forth.disabled


def test_a_new_choice_starts_at_the_first_page() -> None:
    board = annotator_dashboard(random_ratings(5, n_items=60), LABELS)
    board.forth.click()
    board.annotator.value = "Cy"
    assert board.page == 0
    assert board.back.disabled


def test_full_agreement_is_shown_as_such() -> None:
    board = annotator_dashboard(pd.DataFrame({"Ann": [0, 1], "Bo": [0, 1]}), LABELS)
    assert board.rows == []
    assert "No item here" in board.cards.value


def test_true_labels_add_the_share_of_right_answers(ratings: pd.DataFrame) -> None:
    assert ">right<" not in annotator_dashboard(ratings, LABELS).panels.value
    panels = annotator_dashboard(ratings, LABELS, true=[0, 1, 1, 0, 1]).panels.value
    assert ">right<" in panels
    assert ">0.80<" in panels


def test_images_become_thumbnails_also_when_they_are_empty(ratings: pd.DataFrame) -> None:
    board = annotator_dashboard(ratings, LABELS, images=np.zeros((5, 8, 8)))
    assert board.cards.value.count("data:image/png;base64,") == len(board.rows)


def test_an_image_is_drawn_dark_on_white() -> None:
    import base64
    import io

    from PIL import Image

    tag = dashboard._thumbnail(np.array([[0.0, 16.0]]), 16.0)
    pixels = Image.open(io.BytesIO(base64.b64decode(tag.split("base64,")[1].split('"')[0])))
    assert np.asarray(pixels)[0, [0, -1]].tolist() == [255, 0]


def test_names_and_labels_are_shown_as_text_never_as_markup() -> None:
    frame = pd.DataFrame({"<b>Ann": [0, 1], "Bo": [1, 1]})
    still = annotator_dashboard(frame, ["<i>cat", "dog"]).still()
    assert "<b>Ann" not in still
    assert "<i>cat" not in still
    assert "&lt;b&gt;Ann" in still


def test_short_names_still_tell_annotators_apart() -> None:
    assert dashboard._short(["Hana", "Eun"]) == ["Han", "Eun"]
    assert dashboard._short(["worker1", "worker2"]) == ["worker1", "worker2"]


def test_where_no_kernel_lives_the_first_view_is_shown(ratings: pd.DataFrame) -> None:
    bundle = annotator_dashboard(ratings, LABELS)._repr_mimebundle_()
    assert "Cohen&#x27;s kappa of each pair" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_callers_table_is_left_as_it_was(ratings: pd.DataFrame) -> None:
    before = ratings.copy()
    annotator_dashboard(ratings, LABELS).focus.value = 1
    pd.testing.assert_frame_equal(ratings, before)


# -- bad input ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [
    [[0, 1]], pd.DataFrame({"Ann": [0, 1]}), pd.DataFrame({"Ann": [], "Bo": []}), pd.DataFrame({"Ann": ["x"], "Bo": ["y"]}),
    pd.DataFrame({"Ann": [0.5], "Bo": [1]}), pd.DataFrame({"Ann": [-1], "Bo": [1]}), pd.DataFrame({"Ann": [3], "Bo": [1]}),
    pd.DataFrame({"Ann": [float("inf")], "Bo": [1]}), pd.DataFrame([[0, 1]], columns=["Ann", "Ann"]),
    pd.DataFrame([[0, 1]], columns=[1, "1"]),
])
def test_a_table_that_is_not_one_of_ratings_is_refused_by_name(bad: object) -> None:
    with pytest.raises(ValueError, match=r"^ratings must"):
        annotator_dashboard(bad, LABELS)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["cat", ["cat"], ["cat", "cat"], ["cat", 1]])
def test_labels_that_do_not_name_classes_are_refused(ratings: pd.DataFrame, bad: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^labels must"):
        annotator_dashboard(ratings, bad)


@pytest.mark.parametrize("bad", [np.zeros((5, 64)), np.zeros((4, 8, 8)), np.full((5, 8, 8), NAN)])
def test_images_of_another_shape_are_refused(ratings: pd.DataFrame, bad: object) -> None:
    with pytest.raises(ValueError, match=r"^images must .* \(5, height, width\)"):
        annotator_dashboard(ratings, LABELS, images=bad)


@pytest.mark.parametrize("bad", [[0, 1], [0, 1, 2, 0, 3], [0, 1, 2, 0, -1], [0.5] * 5])
def test_true_labels_that_do_not_fit_are_refused(ratings: pd.DataFrame, bad: object) -> None:
    with pytest.raises(ValueError, match=r"^true must be 5 class numbers"):
        annotator_dashboard(ratings, LABELS, true=bad)


def test_an_unknown_annotator_is_refused_with_the_known_ones(ratings: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="annotator must be one of Ann, Bo, Cy, got 'Zoe'"):
        item_disagreement(ratings, "Zoe")


def test_all_names_exactly_the_public_functions() -> None:
    own = {n for n, v in vars(dashboard).items() if not n.startswith("_") and getattr(v, "__module__", "") == dashboard.__name__}
    assert own == set(dashboard.__all__)
