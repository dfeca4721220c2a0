"""The course's fixed model: held the same while the data change, so that a better score can only come from better data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_X_y

from datacentric_helpers.device import reserved

__all__ = ["TorchLogisticRegression", "accuracy_after_repair", "fixed_classifier"]

C = 0.1


def fixed_classifier(device: str = "cpu") -> ClassifierMixin:
    """An untrained multinomial logistic regression on standardised features; deterministic, the same in every chapter.

    On ``device`` "cpu" scikit-learn trains it, on "cuda" torch does: the same objective, so the same model within rounding.
    """
    model = LogisticRegression(C=C, max_iter=500) if device == "cpu" else TorchLogisticRegression(C, device)
    return make_pipeline(StandardScaler(), model)


def accuracy_after_repair(data: Mapping[str, Any], rows: Sequence[int], device: str = "auto") -> float:
    """Test accuracy (0 to 1, higher is better) of the fixed model after ``rows`` got their true labels.

    ``data`` holds ``X`` (n, d), ``given`` (n,) and ``true`` (n,) labels, ``X_test`` (m, d) and ``y_test`` (m,).
    Trains on a GPU where there is one; ``device`` as in ``device.pick``.
    """
    labels = np.array(data["given"])
    chosen = np.asarray(list(rows), dtype=int)
    labels[chosen] = np.asarray(data["true"])[chosen]
    with reserved(device, megabytes=2048) as place:
        model = fixed_classifier(place).fit(data["X"], labels)
        return float(model.score(data["X_test"], data["y_test"]))


class TorchLogisticRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """scikit-learn's ``LogisticRegression`` (L2, intercept not penalised), trained by torch on ``device`` in double precision.

    Minimises ½‖w‖² + C Σ loss by L-BFGS until the gradient's largest component is below 1e-7 (Bishop 2006, 4.3.4). With two classes
    there is one weight vector, as in scikit-learn.
    """

    def __init__(self, C: float = 1.0, device: str = "cpu") -> None:
        self.C, self.device = C, device

    def fit(self, X: Any, y: Any) -> TorchLogisticRegression:
        """Train. Raises ValueError for fewer than two classes, NaN, or lengths that differ."""
        import torch

        X, y = check_X_y(X, y, dtype=np.float64)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y must hold at least two classes, it holds {len(self.classes_)}")
        rows, labels = torch.as_tensor(X, device=self.device), torch.as_tensor(codes, device=self.device)
        count = len(self.classes_) if len(self.classes_) > 2 else 1
        weights = torch.zeros(X.shape[1] + 1, count, dtype=torch.float64, device=self.device, requires_grad=True)
        search = torch.optim.LBFGS(
            [weights], max_iter=500, max_eval=2000, tolerance_grad=1e-7, tolerance_change=1e-14, line_search_fn="strong_wolfe"
        )

        def objective() -> torch.Tensor:
            search.zero_grad()
            loss = torch.nn.functional.cross_entropy(_logits(rows, weights), labels, reduction="sum")
            value: torch.Tensor = 0.5 * weights[:-1].square().sum() + self.C * loss
            value.backward()  # type: ignore[no-untyped-call]
            return value

        search.step(objective)  # type: ignore[no-untyped-call]
        found = weights.detach().cpu().numpy()
        self.coef_, self.intercept_ = found[:-1].T, found[-1:].T
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class, shape (n, n_classes), in the order of ``classes_``."""
        import torch

        weights = torch.as_tensor(np.vstack([self.coef_.T, self.intercept_.T]), device=self.device)
        rows = torch.as_tensor(np.asarray(X, dtype=np.float64), device=self.device)
        found: np.ndarray = torch.softmax(_logits(rows, weights), 1).cpu().numpy()
        return found

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row, shape (n,)."""
        found: np.ndarray = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return found


def _logits(rows: Any, weights: Any) -> Any:
    import torch

    scores = rows @ weights[:-1] + weights[-1]
    return scores if scores.shape[1] > 1 else torch.cat([torch.zeros_like(scores), scores], dim=1)
