"""Trees that XGBoost grows on small tables of whole numbers with given gradients: the oracle of grown-trees.test.ts.

pip install xgboost==3.2.0 numpy; python xgboost_trees.py > xgboost-trees.json
"""
import json
import numpy as np
import xgboost as xgb

CASES = [
    dict(),
    dict(reg_lambda=10.0),
    dict(reg_alpha=40.0),
    dict(gamma=60.0),
    dict(min_child_weight=1500.0),
    # Features 0 and 2 lack no values: where some are missing XGBoost orders them too, ours are free.
    dict(monotone_constraints="(1,0,-1,0)"),
    dict(monotone_constraints="(-1,0,-1,0)", max_depth=5),
    dict(max_depth=6, reg_lambda=0.0, min_child_weight=0.0),
]


def flat(node, out, number=0):
    if "leaf" in node:
        out.append(dict(node=number, leaf=node["leaf"], cover=node["cover"]))
        return out
    out.append(
        dict(
            node=number,
            feature=int(node["split"][1:]),
            below=node["split_condition"],
            missingLeft=node["missing"] == node["yes"],
            gain=node["gain"],
            cover=node["cover"],
        )
    )
    for child in node["children"]:
        left = child["nodeid"] == node["yes"]
        flat(child, out, 2 * number + (1 if left else 2))
    return out


def main():
    cases = []
    for at, extra in enumerate(CASES):
        random = np.random.default_rng(at)
        rows = 400
        values = [7, 12, 3, 30]
        x = np.stack([random.integers(0, v, rows) for v in values], 1).astype(float)
        effect = 8 * x[:, 0] - 3 * x[:, 1] + 25 * (x[:, 2] == 1)
        x[random.random(rows) < 0.1, 1] = np.nan
        x[random.random(rows) < 0.2, 3] = np.nan
        effect = effect + 20 * np.isnan(x[:, 3])
        g = np.clip(np.round(effect - effect.mean() + random.normal(0, 30, rows)), -127, 127)
        h = random.integers(1, 128, rows).astype(float)
        parameters = dict(
            tree_method="hist", max_depth=4, eta=0.5, reg_lambda=1.0, reg_alpha=0.0, gamma=0.0,
            min_child_weight=1.0, max_bin=256, base_score=0.0, nthread=1,
        )
        parameters.update(extra)
        matrix = xgb.DMatrix(x, label=np.zeros(rows))
        model = xgb.train(parameters, matrix, 1, obj=lambda _p, _d: (g, h))
        tree = json.loads(model.get_dump(dump_format="json", with_stats=True)[0])
        cases.append(
            dict(
                settings={k: parameters[k] for k in ("max_depth", "eta", "reg_lambda", "reg_alpha", "gamma", "min_child_weight")},
                monotone=[int(v) for v in parameters.get("monotone_constraints", "(0,0,0,0)")[1:-1].split(",")],
                values=values,
                bins=[[values[f] if np.isnan(v) else int(v) for v in x[:, f]] for f in range(4)],
                g=[int(v) for v in g],
                h=[int(v) for v in h],
                nodes=flat(tree, []),
            )
        )
    print(json.dumps(cases, separators=(",", ":")))


if __name__ == "__main__":
    main()
