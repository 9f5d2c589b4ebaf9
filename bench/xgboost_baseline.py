"""AUC of XGBoost on the joined tables of a set: FOLDER TREES DEPTH LEARNING_RATE BINS. Test rows are id % 5 == 0."""
import sys

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.metrics import roc_auc_score

folder, trees, depth, rate, bins = sys.argv[1], *(float(text) for text in sys.argv[2:])
rows = pd.read_csv(f"{folder}/bank.csv.gz").merge(pd.read_csv(f"{folder}/platform.csv.gz"), on="id")
train = (rows["id"] % 5 != 0).to_numpy()
label = rows["y"].to_numpy()
rows = rows.drop(columns=[name for name in ("id", "y", "int_rate", "sub_grade") if name in rows])
for name in rows.columns:
    if not pd.api.types.is_numeric_dtype(rows[name]):
        # Levels by falling number of training rows, as the product orders them.
        order = {level: at for at, level in enumerate(rows.loc[train, name].value_counts().index)}
        rows[name] = rows[name].map(order).astype(float)
model = xgb.XGBClassifier(
    n_estimators=int(trees), max_depth=int(depth), learning_rate=rate, max_bin=int(bins), tree_method="hist", n_jobs=2
)
model.fit(rows[train], label[train])
print(roc_auc_score(label[~train], model.predict_proba(rows[~train])[:, 1]))
