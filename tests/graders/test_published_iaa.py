"""Published worked examples: what any correct implementation must give."""

import numpy as np
import pytest

from graders.exercises.ch05_cleansing import cohen_kappa, fleiss_kappa, krippendorff_alpha, percent_agreement, scott_pi


def test_cohen_1960_two_clinicians_reach_kappa_0_492():
    assert cohen_kappa.reference(*cohen_kappa.CLINICIANS) == pytest.approx(0.492, abs=5e-4)


def test_fleiss_1971_diagnoses_give_kappa_0_430():
    assert fleiss_kappa.reference(fleiss_kappa.FLEISS_1971) == pytest.approx(0.430, abs=5e-4)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)])
def test_krippendorffs_canonical_table_gives_the_published_alpha(level, alpha):
    assert krippendorff_alpha.reference(krippendorff_alpha.CANONICAL, level) == pytest.approx(alpha, abs=5e-4)


def test_95_percent_agreement_goes_with_every_coefficient_below_zero():
    a, b = percent_agreement.FREQUENT
    assert percent_agreement.reference(a, b) == pytest.approx(0.95)
    coefficients = [
        cohen_kappa.reference(a, b), scott_pi.reference(a, b), fleiss_kappa.reference(fleiss_kappa.FREQUENT),
        krippendorff_alpha.reference(krippendorff_alpha.FREQUENT, "nominal"),
    ]
    assert max(coefficients) < 0 < cohen_kappa.reference(*cohen_kappa.BALANCED) - 0.89


def test_alpha_of_two_raters_is_pi_with_a_small_sample_correction():
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 3, (2, 30))
    pi, alpha = scott_pi.reference(a, b), krippendorff_alpha.reference(np.array([a, b]), "nominal")
    assert alpha == pytest.approx(1 - (1 - 1 / 60) * (1 - pi))
