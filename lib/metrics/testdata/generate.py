"""Writes the expected values of the tests of lib/metrics, computed by scikit-learn.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.7.2 numpy==2.4.6
    cd lib/metrics/testdata && python generate.py   (the python of that environment)

The committed files were made with scikit-learn 1.7.2, numpy 2.4.6, Python 3.11 on Linux x86-64; the versions stand in
each file. All inputs are drawn here from seeded generators: no data set is involved.
"""

import json
import math
import platform
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression

warnings.simplefilter("ignore")  # the undefined cases are wanted


def clean(v):
    """JSON has no NaN and no infinity: null and the strings that Go's parser reads."""
    if isinstance(v, dict):
        return {k: clean(x) for k, x in v.items()}
    if isinstance(v, (list, tuple, np.ndarray)):
        return [clean(x) for x in v]
    if isinstance(v, (np.integer, int)) and not isinstance(v, bool):
        return int(v)
    if isinstance(v, (np.floating, float)):
        v = float(v)
        if math.isnan(v):
            return None
        if math.isinf(v):
            return "+Inf" if v > 0 else "-Inf"
    return v


def write(name, content):
    content["made_with"] = f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
    with open(name, "w", encoding="utf-8") as f:
        json.dump(clean(content), f, separators=(",", ":"), allow_nan=False)
        f.write("\n")


def ece(y, p, bins):
    """Binned gap between mean probability and share of positives; scikit-learn has the bins but not the average."""
    true, mean = calibration_curve(y, p, n_bins=bins, strategy="uniform")
    which = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], p)
    rows = np.bincount(which, minlength=bins)
    rows = rows[rows > 0]
    return float(np.sum(np.abs(true - mean) * rows) / len(y)), true, mean, rows


def curves(y, s):
    out = {}
    for drop in (False, True):
        fpr, tpr, thr = m.roc_curve(y, s, drop_intermediate=drop)
        precision, recall, pthr = m.precision_recall_curve(y, s, drop_intermediate=drop)
        out["dropped" if drop else "full"] = {
            "fpr": fpr, "tpr": tpr, "roc_threshold": thr,
            "precision": precision, "recall": recall, "pr_threshold": pthr,
        }
    return out


def binary_case(name, y, s, threshold, probability, with_curves):
    y = np.asarray(y, dtype=np.int64)
    s = np.asarray(s, dtype=np.float64)
    hard = (s >= threshold).astype(np.int64)
    tn, fp, fn, tp = m.confusion_matrix(y, hard, labels=[0, 1]).ravel()
    both = len(set(y.tolist())) == 2
    case = {
        "name": name, "label": y, "score": s, "threshold": threshold, "probability": probability,
        "confusion": {"tn": tn, "fp": fp, "fn": fn, "tp": tp},
        "roc_auc": m.roc_auc_score(y, s) if both else float("nan"),
        "partial_roc_auc": m.roc_auc_score(y, s, max_fpr=0.1) if both else float("nan"),
        "pr_auc": m.average_precision_score(y, s),
        "accuracy": m.accuracy_score(y, hard),
        "balanced_accuracy": m.balanced_accuracy_score(y, hard),
        "precision": m.precision_score(y, hard, zero_division=0),
        "recall": m.recall_score(y, hard, zero_division=0),
        "f1": m.f1_score(y, hard, zero_division=0),
        "f2": m.fbeta_score(y, hard, beta=2, zero_division=0),
        "fpr": fp / (fp + tn) if fp + tn else float("nan"),
        "mcc": m.matthews_corrcoef(y, hard),
        "brier": float("nan"), "log_loss": float("nan"), "ece": float("nan"),
    }
    if probability:
        case["brier"] = m.brier_score_loss(y, s, pos_label=1)
        case["log_loss"] = m.log_loss(y, s, labels=[0, 1])
        case["ece"], true, mean, rows = ece(y, s, 15)
        case["reliability"] = {"rate": true, "mean": mean, "rows": rows}
    if with_curves:
        case["curves"] = curves(y, s)
    return case


def binary():
    rng = np.random.default_rng(20261123)
    y = (rng.random(400) < 0.3).astype(int)
    s = 1 / (1 + np.exp(-(rng.normal(size=400) + 1.5 * y - 0.7)))
    big_y = (rng.random(3000) < 0.1).astype(int)
    big = (1 / (1 + np.exp(-(rng.normal(size=3000) + 2 * big_y - 1)))).astype(np.float32).astype(float)
    return [
        binary_case("random", y, s, 0.5, True, True),
        binary_case("ties", y, np.round(s, 1), 0.5, True, True),
        binary_case("three values", y, np.round(s * 2) / 2, 0.5, True, True),
        binary_case("float32, more than one sorting block", big_y, big, 0.4, True, False),
        binary_case("perfect", [0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.9], 0.5, True, True),
        binary_case("inverted", [1, 1, 0, 0, 0], [0.1, 0.2, 0.3, 0.8, 0.9], 0.5, True, True),
        binary_case("constant", [0, 1, 0, 1, 0], [0.5] * 5, 0.5, True, True),
        binary_case("certain", [0, 1, 0, 1, 0, 1], [0, 1, 0, 1, 1, 0], 0.5, True, True),
        binary_case("nothing flagged", [0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.3, 0.4], 0.9, True, True),
        binary_case("everything flagged", [0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.3, 0.4], 0.1, True, True),
        binary_case("positives only", [1, 1, 1, 1], [0.2, 0.9, 0.4, 0.9], 0.5, True, True),
        binary_case("negatives only", [0, 0, 0, 0], [0.2, 0.9, 0.4, 0.9], 0.5, True, True),
        binary_case("one positive row", [1], [0.7], 0.5, True, True),
        binary_case("one negative row", [0], [0.7], 0.5, True, True),
        binary_case("bin edges", [0, 1] * 8, np.linspace(0, 1, 16), 0.5, True, True),
        binary_case("any real score", y, rng.normal(scale=1e3, size=400) + 500 * y, 100.0, False, True),
        binary_case("extreme scores", [0, 1, 0, 1, 0, 1, 1, 0, 0, 1],
                    [-1e308, -5e-324, -0.0, 0.0, 5e-324, 1e-300, 1e308, 1e308, -1e-300, 0.0], 0.0, False, True),
    ]


def classes_case(name, y, p, classes):
    p = np.asarray(p, dtype=np.float64)
    y = np.asarray(y)
    k = len(classes)
    hard = p.argmax(axis=1)
    precision, recall, f1, _ = m.precision_recall_fscore_support(y, hard, labels=range(k), zero_division=0)
    auc, ap = [], []
    for c in range(k):
        one = (y == c).astype(int)
        auc.append(m.roc_auc_score(one, p[:, c]) if 0 < one.sum() < len(y) else float("nan"))
        ap.append(m.average_precision_score(one, p[:, c]) if one.sum() else float("nan"))
    average = {}
    for how in ("macro", "weighted", "micro"):
        a, b, c, _ = m.precision_recall_fscore_support(y, hard, average=how, zero_division=0)
        average[how] = {"precision": a, "recall": b, "f1": c}
    return {
        "name": name, "label": y, "prob": p.ravel(), "classes": classes,
        "confusion": m.confusion_matrix(y, hard, labels=range(k)),
        "accuracy": m.accuracy_score(y, hard), "balanced_accuracy": m.balanced_accuracy_score(y, hard),
        "mcc": m.matthews_corrcoef(y, hard), "log_loss": m.log_loss(y, p, labels=range(k)),
        "precision": precision, "recall": recall, "f1": f1, "roc_auc": auc, "pr_auc": ap, **average,
        "macro_roc_auc": np.nanmean(auc) if not all(map(math.isnan, auc)) else float("nan"),
    }


def classes():
    rng = np.random.default_rng(7)
    y = rng.integers(0, 4, size=300)
    z = rng.normal(size=(300, 4))
    z[np.arange(300), y] += 1.2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    absent = np.where(y == 3, 1, y)
    names = ["benign", "dos", "probe", "r2l"]
    return [
        classes_case("four classes", y, p, names),
        classes_case("a class without rows", absent, p, names),
        classes_case("a class neither true nor predicted", absent, np.c_[p[:, :3] / p[:, :3].sum(axis=1, keepdims=True), np.zeros(300)], names),
        classes_case("one class", np.ones(20, dtype=int), p[:20], names),
        classes_case("equal probabilities", y[:12], np.full((12, 4), 0.25), names),
    ]


def calibration():
    rng = np.random.default_rng(3)
    out = []
    for name, n, digits in (("continuous", 500, None), ("ties", 500, 1), ("few", 6, None)):
        y = (rng.random(n) < 0.4).astype(int)
        y[:2] = [0, 1]
        z = 3 * (rng.normal(size=n) + y - 0.5)
        p = 1 / (1 + np.exp(-z))
        if digits is not None:
            p = np.round(p, digits)
        iso = IsotonicRegression(out_of_bounds="clip").fit(p, y)
        probe = np.r_[0, p[:20], np.linspace(0, 1, 41), 1]
        out.append({"name": name, "label": y, "prob": p, "logit": z, "probe": probe,
                    "x": iso.X_thresholds_, "y": iso.y_thresholds_, "isotonic": iso.predict(probe),
                    "temperature": temperature(z, y)})
    return out


def temperature(z, y):
    """Root of the derivative of the log loss in 1/T by bisection in extended precision."""
    z = z.astype(np.longdouble)
    low, high = np.longdouble(0.01), np.longdouble(20)
    for _ in range(200):
        b = (low + high) / 2
        if np.sum(z * (1 / (1 + np.exp(-b * z)) - y)) > 0:
            high = b
        else:
            low = b
    return float(1 / b)


write("binary.json", {"cases": binary()})
write("classes.json", {"cases": classes()})
write("calibration.json", {"cases": calibration()})
