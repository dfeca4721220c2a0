"""The device is chosen once, shared by reservation, and changes no result beyond rounding."""

import threading

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from datacentric_helpers import device
from datacentric_helpers.fixed_model import TorchLogisticRegression, accuracy_after_repair

GPUS = device._count()
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not GPUS, reason="torch finds no GPU here"))]


@pytest.mark.parametrize("place", DEVICES)
@pytest.mark.parametrize("load", [load_breast_cancer, load_digits], ids=["two classes", "ten classes"])
def test_torch_finds_the_model_that_scikit_learn_finds(load, place):
    X, y = load(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    theirs = LogisticRegression(C=0.1, tol=1e-8, max_iter=5000).fit(X, y)
    ours = TorchLogisticRegression(0.1, place).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-4)
    assert (ours.predict(X) == theirs.predict(X)).mean() > 0.999


@pytest.mark.parametrize("place", DEVICES[1:])
def test_the_fixed_model_scores_the_same_on_a_gpu(place):
    X, y = load_digits(return_X_y=True)
    given = np.where(np.arange(len(y)) % 7 == 0, (y + 1) % 10, y)
    data = {"X": X[:900], "given": given[:900], "true": y[:900], "X_test": X[900:], "y_test": y[900:]}
    there, here = (accuracy_after_repair(data, range(0, 400, 7), where) for where in (place, "cpu"))
    assert there == pytest.approx(here, abs=0.003), device.name_of(place)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="at least two classes"):
        TorchLogisticRegression().fit(np.eye(3), np.zeros(3))


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "tpu"])
def test_an_unknown_device_is_refused(name):
    with pytest.raises(ValueError, match="device must be"):
        device.pick(name)


def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=f"torch finds {GPUS} GPUs"):
        device.pick("cuda:99")


def test_auto_is_the_cpu_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(device, "_count", lambda: 0)
    assert device.pick() == "cpu"
    with device.reserved() as place:
        assert place == "cpu"


def test_as_many_as_fit_share_the_gpus_and_the_next_one_waits(monkeypatch, tmp_path):
    monkeypatch.setattr(device, "_count", lambda: 2)
    monkeypatch.setattr(device, "_room", lambda number, megabytes: 1 + number)  # one fits on the first, two on the second
    monkeypatch.setattr(device.tempfile, "gettempdir", lambda: str(tmp_path))
    got = []

    def fourth():
        with device.reserved() as place:
            got.append(place)

    with device.reserved() as first, device.reserved() as second:
        with device.reserved("cuda:1") as third:
            waiting = threading.Thread(target=fourth)
            waiting.start()
            waiting.join(0.3)
            assert sorted([first, second, third]) == ["cuda:0", "cuda:1", "cuda:1"]
            assert got == []
        waiting.join(10)
    assert got == ["cuda:1"]
