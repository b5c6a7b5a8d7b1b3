# The improved, locally efficient doubly robust comparison of repeated cross-sections, by moderndid (see README.md).
# Run: python reference.py ORACLES > reference.json   (ORACLES: the folder with fixest_twfe)
import importlib, importlib.metadata, json, sys
import numpy as np, pandas as pd
estimator = importlib.import_module("moderndid.drdid.estimators.drdid_imp_local_rc").drdid_imp_local_rc
m = pd.read_csv(sys.argv[1] + "/fixest_twfe/mpdta.csv")
m = m[m["first.treat"].isin([0, 2007]) & m.year.isin([2006, 2007])]
m = m[~((m.countyreal % 3 == 0) & (m.year == 2006))]  # the two periods hold different counties
w = (0.5 + (m.countyreal % 7) / 7).to_numpy()
out = {"versions": {"moderndid": importlib.metadata.version("moderndid"), "python": sys.version.split()[0]}}
for name, weight in [("plain", np.ones(len(m))), ("weighted", w)]:
    r = estimator(m.lemp.to_numpy(), (m.year == 2007).astype(float).to_numpy(), (m["first.treat"] == 2007).astype(float).to_numpy(),
                  np.column_stack([np.ones(len(m)), m.lpop.to_numpy()]), i_weights=weight)
    out[name] = {"n": len(m), "att": float(r.att), "se": float(r.se)}
json.dump(out, sys.stdout, indent=1)
