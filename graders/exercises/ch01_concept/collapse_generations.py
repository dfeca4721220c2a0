"""Variance by generation of a Gaussian that is fitted to its own samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

START, REPLACE = "the first variance is that of the real data", "replace: each generation sees only the newest samples"
ACCUMULATE, MIX = "accumulate: everything so far is kept", "mix: the newest samples and some real data"
MODE, REAL = "an unknown mode, or n_real out of range, is refused", "unusable real data are refused"

HEIGHTS = np.array([171.0, 158.0, 180.0, 165.0, 176.0])
Z = np.array([[0.5, -1.0, 1.5, 0.0], [1.0, -0.5, 0.25, -1.25], [-0.75, 0.5, 0.5, -1.0]])


def reference(real: Sequence[float], noise: Any, mode: str, n_real: int = 0) -> list[float]:
    """One loop over the generations; SciPy fits the Gaussian by maximum likelihood.

    ``real`` (n,), ``noise`` (n_generations, n_samples). Raises ValueError as the statement says.
    """
    if mode not in ("replace", "accumulate", "mix"):
        raise ValueError(f"mode must be replace, accumulate or mix, got {mode!r}")
    if n_real not in range(len(real) + 1) or (n_real and mode != "mix"):
        raise ValueError(f"n_real counts real values, 0 to {len(real)}, and belongs to mode mix; got {n_real}")
    if len(real) < 2:
        raise ValueError("a variance needs two values")
    everything, newest = [float(x) for x in real], [float(x) for x in real]
    mean, deviation = norm.fit(newest)  # a ValueError for NaN and infinity
    variances = [deviation**2]
    for draws in noise:
        newest = [mean + deviation * z for z in draws]
        everything = everything + newest
        data = {"replace": newest, "accumulate": everything, "mix": newest + [float(x) for x in real][:n_real]}[mode]
        mean, deviation = norm.fit(data)
        variances.append(deviation**2)
    return [float(v) for v in variances]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random data and generations."""
    yield Case(START, (np.array([1.0, 5.0]), np.zeros((0, 3)), "accumulate"))
    yield Case(START, (np.array([2.0, 2.0, 2.0]), np.zeros((0, 3)), "mix", 1))
    yield Case(REPLACE, (np.array([3.0, 3.0]), rng.standard_normal((2, 3)), "replace"))
    yield Case(REPLACE, (rng.normal(-4, 3, 6), rng.standard_normal((3, 1)), "replace"))
    yield Case(REPLACE, (rng.normal(50, 4, 20), rng.standard_normal((6, 8)), "replace"))
    yield Case(ACCUMULATE, (rng.normal(-9, 2, 7), rng.standard_normal((5, 7)), "accumulate"))
    yield Case(ACCUMULATE, (rng.normal(3, 0.5, 12), rng.standard_normal((4, 30)), "accumulate", 0))
    yield Case(MIX, (rng.normal(7, 5, 8), rng.standard_normal((5, 6)), "mix", 3))
    yield Case(MIX, (rng.normal(7, 5, 8), rng.standard_normal((3, 6)), "mix", 8))
    yield Case(MIX, (rng.normal(-7, 2, 5), rng.standard_normal((3, 4)), "mix", 0))
    yield Case(MIX, (rng.normal(-7, 2, 5), rng.standard_normal((3, 4)), "mix", 1))
    yield Case(MODE, (HEIGHTS, Z, "Replace"), raises="ValueError")
    yield Case(MODE, (HEIGHTS, Z, "mix", 6), raises="ValueError")
    yield Case(MODE, (HEIGHTS, Z, "accumulate", 1), raises="ValueError")
    yield Case(REAL, (np.array([1.0]), Z, "accumulate"), raises="ValueError")
    yield Case(REAL, (np.array([1.0, np.inf, 3.0]), Z, "replace"), raises="ValueError")


exercise = Exercise(
    id="collapse_generations",
    title="Model collapse by generation",
    points=5,
    minutes=15,
    hints=(
        "Fit, note the variance, sample, choose the next training data, and again: one loop over the rows of `noise`.",
        "Fitting is `data.mean()` and `data.std()`; NumPy's `std` divides by n, as maximum likelihood does. A sample is mean + deviation · z.",
        "Keep two arrays: the newest samples, and everything so far. `np.concatenate([newest, real[:n_real]])` is what mode mix trains on.",
    ),
    compare=close(rtol=1e-6, atol=1e-9),  # the sums may be taken in any order, over a few generations
    reference=reference,
    public=(
        Case(START, (HEIGHTS, np.zeros((0, 4)), "replace")),
        Case(REPLACE, (HEIGHTS, Z, "replace")),
        Case(REPLACE, (HEIGHTS, np.ones((2, 3)), "replace")),
        Case(ACCUMULATE, (HEIGHTS, Z, "accumulate")),
        Case(ACCUMULATE, (HEIGHTS[:2], Z[:, :2], "accumulate")),
        Case(MIX, (HEIGHTS, Z, "mix", 2)),
        Case(MIX, (HEIGHTS, Z, "mix", 5)),
        Case(MODE, (HEIGHTS, Z, "keep"), raises="ValueError"),
        Case(MODE, (HEIGHTS, Z, "mix", -1), raises="ValueError"),
        Case(MODE, (HEIGHTS, Z, "replace", 2), raises="ValueError"),
        Case(REAL, (np.array([171.0]), Z, "replace"), raises="ValueError"),
        Case(REAL, (np.array([171.0, np.nan, 180.0]), Z, "replace"), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_arrays(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data = np.array(real)
    variances = np.zeros(len(noise) + 1)
    variances[0] = np.var(data)
    for i in range(len(noise)):
        samples = np.mean(data) + np.sqrt(np.var(data)) * noise[i]
        if mode == "accumulate":
            data = np.append(data, samples)
        else:
            data = np.append(real[:n_real], samples)
        variances[i + 1] = np.var(data)
    return variances


@exercise.right
def with_sums_and_a_warning(real, noise, mode, n_real=0):
    import warnings

    if mode not in ("replace", "accumulate", "mix"):
        raise ValueError("an unknown mode")
    if n_real < 0 or n_real > len(real) or (n_real > 0 and mode != "mix"):
        raise ValueError("n_real out of range")
    if len(real) < 2 or any(not math.isfinite(x) for x in real):
        raise ValueError("unusable data")
    if len(real) < 30:
        warnings.warn("few real data", stacklevel=2)
    data, result = list(real), []
    for z in [*noise, None]:
        mean = math.fsum(data) / len(data)
        variance = math.fsum((x - mean) ** 2 for x in data) / len(data)
        result.append(variance)
        if z is not None:
            kept = data if mode == "accumulate" else list(real[:n_real])
            data = kept + [mean + math.sqrt(variance) * float(draw) for draw in z]
    return result


@exercise.wrong(
    "You divide by n − 1. Here the Gaussian is fitted by maximum likelihood, which divides by n: `np.var(data)`. That estimate is a "
    "little too small every time, and it is part of why the variance shrinks from generation to generation.",
    share=0,
)
def unbiased(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, everything, variances = real, real, [real.var() * len(real) / (len(real) - 1)]
    for z in noise:
        newest = data.mean() + np.sqrt(variances[-1]) * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.var() * len(data) / max(len(data) - 1, 1))
    return np.array(variances)


@exercise.wrong(
    "These are standard deviations. Variances were asked for: square them.",
    share=0,
)
def deviations(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, everything, variances = real, real, [real.std()]
    for z in noise:
        newest = data.mean() + data.std() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.std())
    return np.array(variances)


@exercise.wrong(
    "Your list starts after the first round of samples. Entry 0 is the variance of the real data themselves: without it nobody sees "
    "what was lost. There is one entry more than `noise` has rows.",
    share=0,
)
def start_left_out(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, everything, variances = real, real, []
    for z in noise:
        newest = data.mean() + data.std() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.var())
    return np.array(variances)


@exercise.wrong(
    "You multiply the noise by the variance. A standard normal z becomes a sample by mean + *standard deviation* · z; with the variance, "
    "the spread runs away as soon as it is above 1.",
    share=3 / 6,
)
def scaled_by_the_variance(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, everything, variances = real, real, [real.var()]
    for z in noise:
        newest = data.mean() + data.var() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.var())
    return np.array(variances)


@exercise.wrong(
    "Every generation of yours samples from the model of the *real* data, so nothing can collapse. Each one must sample from the model "
    "that the generation before it has fitted.",
    share=3 / 6,
)
def always_from_the_first_model(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    everything, variances = real, [real.var()]
    for z in noise:
        newest = real.mean() + real.std() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.var())
    return np.array(variances)


@exercise.wrong(
    "Your samples are all centred on the mean of the real data. The model that generates has a mean of its own, which wanders off from "
    "generation to generation: take the mean of the newest fit.",
    share=4 / 6,
)
def mean_held_fixed(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, everything, variances = real, real, [real.var()]
    for z in noise:
        newest = real.mean() + data.std() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.var())
    return np.array(variances)


@exercise.wrong(
    "In mode accumulate you keep all the samples but not the real data. They are the anchor: each generation trains on the real data "
    "*and* on everything generated since.",
    share=5 / 6,
)
def accumulates_samples_only(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, everything, variances = real, real[:0], [real.var()]
    for z in noise:
        newest = data.mean() + data.std() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.var())
    return np.array(variances)


@exercise.wrong(
    "In mode mix your training data grow: samples of earlier generations are still in. Mix takes the *newest* samples and the first "
    "`n_real` real values, nothing else.",
    share=5 / 6,
)
def mix_keeps_everything(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, past, variances = real, real[:0], [real.var()]
    for z in noise:
        newest = data.mean() + data.std() * z
        past = np.concatenate([past, newest])
        kept = {"accumulate": np.concatenate([real, past]), "mix": np.concatenate([past, real[:n_real]]), "replace": newest}
        data = kept[mode]
        variances.append(data.var())
    return np.array(variances)


@exercise.wrong(
    "In mode mix you take the last real values. The statement takes the first `n_real`, `real[:n_real]`, so that everybody gets the same numbers.",
    share=5 / 6,
)
def last_real_values(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, everything, variances = real, real, [real.var()]
    for z in noise:
        newest = data.mean() + data.std() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[len(real) - n_real:]])
        variances.append(data.var())
    return np.array(variances)


@exercise.wrong(
    "A mode that does not exist, or an `n_real` that cannot be, goes through as something else. Somebody who mistypes \"accumulate\" would "
    "publish a collapse that never was: raise a ValueError.",
    share=5 / 6,
)
def mode_not_checked(real, noise, mode, n_real=0):
    if len(real) < 2 or not np.isfinite(real).all():
        raise ValueError("unusable data")
    data, everything, variances = real, real, [real.var()]
    for z in noise:
        newest = data.mean() + data.std() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.var())
    return np.array(variances)


@exercise.wrong(
    "With one real value, or a NaN among them, you compute on: the variance is 0 or NaN in every generation, and looks like a collapse. "
    "Refuse such data with a ValueError.",
    share=5 / 6,
)
def data_not_checked(real, noise, mode, n_real=0):
    if mode not in ("replace", "accumulate", "mix") or not 0 <= n_real <= len(real) or (n_real and mode != "mix"):
        raise ValueError("unusable mode or n_real")
    data, everything, variances = real, real, [real.var()]
    for z in noise:
        newest = data.mean() + data.std() * z
        everything = np.concatenate([everything, newest])
        data = everything if mode == "accumulate" else np.concatenate([newest, real[:n_real]])
        variances.append(data.var())
    return np.array(variances)
