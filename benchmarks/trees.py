"""Boosted trees on the data sets and by the protocol of benchmarks/nsl and benchmarks/unsw.

    pip install xgboost lightgbm pandas scikit-learn
    python benchmarks/trees.py nsl|unsw [SEEDS]

15 % of the training rows, with the same share of every family (the sample of UNSW-NB15 names none), choose the threshold at a false-positive rate of 1 %; they
also stop the boosting. Categories are one-hot columns; numbers go in as they are.
"""

import os
import sys
import time

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.model_selection import train_test_split

DATA = os.environ.get("JAMBA_DATA", os.path.join("..", "shared", "data"))
NSL = """duration protocol_type service flag src_bytes dst_bytes land wrong_fragment urgent hot num_failed_logins logged_in
num_compromised root_shell su_attempted num_root num_file_creations num_shells num_access_files num_outbound_cmds is_host_login
is_guest_login count srv_count serror_rate srv_serror_rate rerror_rate srv_rerror_rate same_srv_rate diff_srv_rate
srv_diff_host_rate dst_host_count dst_host_srv_count dst_host_same_srv_rate dst_host_diff_srv_rate dst_host_same_src_port_rate
dst_host_srv_diff_host_rate dst_host_serror_rate dst_host_srv_serror_rate dst_host_rerror_rate dst_host_srv_rerror_rate
label difficulty""".split()


def nsl():
    def read(name):
        t = pd.read_csv(os.path.join(DATA, "nsl-kdd", name), names=NSL)
        family = t.pop("label")
        return t.drop(columns=["difficulty", "num_outbound_cmds"]), (family != "normal").to_numpy(int), family.to_numpy()

    return read("KDDTrain+.txt.gz"), read("KDDTest+.txt.gz"), ["protocol_type", "service", "flag"]


def unsw():
    folder = os.path.join(DATA, "unsw-nb15")
    sample = pd.read_csv(os.path.join(folder, "nb15_10k_of_training175k_aucad.csv"))
    y = sample.pop("label").to_numpy(int)
    for prefix in ("proto", "service", "state"):
        hot = [c for c in sample if c.startswith(prefix + "=")]
        sample[prefix] = sample[hot].idxmax(axis=1).str[len(prefix) + 1 :]
        sample = sample.drop(columns=hot)
    test = pd.read_csv(os.path.join(folder, "UNSW_NB15_testing-set.csv.gz"), encoding="utf-8-sig")
    yt = test["label"].to_numpy(int)
    test = test[sample.columns].copy()
    for name, keep in (("proto", ["tcp", "udp"]), ("service", ["-", "http", "dns"]), ("state", ["FIN", "INT"])):
        test[name] = test[name].where(test[name].isin(keep), "other")
    return (sample, y, y), (test, yt, yt), ["proto", "service", "state"]


def one(make, train, test, categorical, seed):
    (x, y, family), (xt, yt, family_t) = train, test
    both = pd.get_dummies(pd.concat([x, xt]), columns=categorical)
    known = pd.get_dummies(x, columns=categorical).columns  # categories that only the test rows have get no column
    x, xt = both[: len(x)][known].astype(np.float32), both[len(x) :][known].astype(np.float32)
    x.columns = xt.columns = [f"f{i}" for i in range(x.shape[1])]
    counts = pd.Series(family).value_counts()
    strata = np.where(np.isin(family, counts[counts < 2].index), "rare", family.astype(str))
    if (strata == "rare").sum() == 1:
        strata[strata == "rare"] = str(counts.index[0])
    a, b = train_test_split(np.arange(len(y)), test_size=0.15, random_state=seed, stratify=strata)
    start = time.time()
    score = make(x.iloc[a], y[a], x.iloc[b], y[b], seed)
    sv, st = score(x.iloc[b]), score(xt)
    seconds = time.time() - start
    benign = np.sort(sv[y[b] == 0])
    threshold = np.nextafter(benign[len(benign) - 1 - int(0.01 * len(benign))], np.inf)
    hit = st >= threshold
    unseen = (yt == 1) & ~np.isin(family_t, np.unique(family[a]))
    return [roc_auc_score(yt, st), accuracy_score(yt, hit), f1_score(yt, hit), hit[yt == 0].mean(),
            hit[unseen].mean() if unseen.any() else float("nan")], seconds


def xgb(x, y, xv, yv, seed):
    m = xgboost.XGBClassifier(n_estimators=1000, learning_rate=0.1, max_depth=6, subsample=0.8, colsample_bytree=0.8,
                              early_stopping_rounds=30, random_state=seed, n_jobs=2, eval_metric="logloss")
    m.fit(x, y, eval_set=[(xv, yv)], verbose=False)
    return lambda z: m.predict_proba(z)[:, 1]


def lgb(x, y, xv, yv, seed):
    m = lightgbm.LGBMClassifier(n_estimators=1000, learning_rate=0.1, num_leaves=31, subsample=0.8, subsample_freq=1,
                                colsample_bytree=0.8, random_state=seed, n_jobs=2, verbose=-1)
    m.fit(x, y, eval_set=[(xv, yv)], callbacks=[lightgbm.early_stopping(30, verbose=False)])
    return lambda z: m.predict_proba(z)[:, 1]


def main():
    train, test, categorical = {"nsl": nsl, "unsw": unsw}[sys.argv[1]]()
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    for name, make in (("XGBoost " + xgboost.__version__, xgb), ("LightGBM " + lightgbm.__version__, lgb)):
        rows = [one(make, train, test, categorical, seed) for seed in range(seeds)]
        mean = np.mean([r[0] for r in rows], axis=0)
        print(f"{name:24s}" + "  ".join(f"{n} {v:.4f}" for n, v in zip(["auc", "accuracy", "f1", "fpr", "unseen"], mean))
              + f"  median {np.median([r[1] for r in rows]):.1f} s  ({seeds} seeds)")


main()
