"""Writes sklearn.json: what scikit-learn makes of some awkward columns, for TestScikitLearn.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.7.2
    venv/bin/python generate.py > sklearn.json

The file in the repository came from scikit-learn 1.7.2 with NumPy 2.4.6 on Linux x86-64. Inputs are float32 values,
written exactly; scikit-learn computes in float64, as the Go code does.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OrdinalEncoder, QuantileTransformer, StandardScaler

rng = np.random.default_rng(20240611)
ROWS = 1203  # more than the 1000 quantiles, and no multiple of anything
NEW = 60
BINS = 24


def short(x):
    """float32 values with few digits, to keep the file small."""
    return np.float32([float(f"{v:.4g}") for v in x])


def holes(x, share):
    x = x.copy()
    x[rng.random(len(x)) < share] = np.nan
    return x


n = ROWS + NEW
columns = {
    "normal": short(rng.normal(size=n)),
    "lognormal": short(rng.lognormal(3, 2, n)),
    "mostly_zero": short(np.where(rng.random(n) < 0.9, 0, rng.lognormal(5, 3, n))),
    "mostly_one": short(np.where(rng.random(n) < 0.8, 1, rng.random(n))),
    "counts": short(rng.poisson(2, n)),
    "binary": short(rng.random(n) < 0.03),
    "offset": short(80000 + rng.integers(-9, 10, n)),
    "holes": holes(short(rng.exponential(50, n)), 0.3),
    "constant": short(np.full(n, 7.25)),
    "negative": short(-rng.gamma(0.5, 1e6, n)),
}
words = rng.choice(["tcp", "udp", "icmp", "Zzz", "été", "a b", "0"], n).astype(object)


def numbers(x):
    return [None if np.isnan(v) else float(v) for v in np.asarray(x, dtype=np.float64)]


# 1999 rows put every second one on a quantile: whether the last of ten equal values is hit exactly decides how many
# quantiles are equal, and with them the result.
ties = {"ties": np.float32(np.ceil(np.arange(1999 + NEW) / 10))}


def case(columns, rows, keep):
    out = []
    for name, values in columns.items():
        train = values[:rows].astype(np.float64).reshape(-1, 1)
        new = values[-NEW:].astype(np.float64)
        # Beyond both ends, and between the training values.
        if columns is ties:
            new = np.arange(0, 200, dtype=np.float64)
        new = np.concatenate([new, np.float32([-1e9, 1e9, 0, 0.5, 1.5, 17, 80000.5, -3e5])]).reshape(-1, 1)
        standard = StandardScaler().fit(train)
        quantile = QuantileTransformer(
            n_quantiles=min(1000, rows), output_distribution="normal", subsample=None
        ).fit(train)
        scaled = quantile.transform(train)[:, 0].astype(np.float32).astype(np.float64)
        edges = np.nanquantile(scaled, np.linspace(0, 1, BINS + 1)).astype(np.float32)
        out.append(
            {
                "name": name,
                "train": numbers(train[:, 0]) if keep else None,
                "new": numbers(new[:, 0]),
                "mean": float(standard.mean_[0]),
                "scale": float(standard.scale_[0]),
                "fill_mean": float(SimpleImputer(strategy="mean").fit(train).statistics_[0]),
                "fill_median": float(SimpleImputer(strategy="median").fit(train).statistics_[0]),
                "standard": numbers(standard.transform(new)[:, 0]),
                "quantile_normal": numbers(quantile.transform(new)[:, 0]),
                "edges": numbers(np.unique(edges)),
            }
        )
    return {"rows": rows, "columns": out}


encoder = OrdinalEncoder().fit(words[:ROWS].reshape(-1, 1))
json.dump(
    {
        "source": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, generate.py",
        "bins": BINS,
        "words": list(words[:ROWS]),
        "categories": list(encoder.categories_[0]),
        "codes": [int(v) for v in encoder.transform(words[:ROWS].reshape(-1, 1))[:, 0]],
        "cases": [case(columns, ROWS, True), case(columns, 37, False), case(ties, 1999, True)],
    },
    sys.stdout,
    ensure_ascii=False,
    separators=(",", ":"),
)
