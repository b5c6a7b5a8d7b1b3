# Two-stage difference-in-differences (did2s) and small-sample rules of fixest, by pyfixest 0.60.0.
# Run: python reference.py ORACLES > reference.json   (ORACLES: the folder with fixest_twfe and bacon_imputation)
import json, sys, warnings
import pandas as pd, pyfixest as pf
import functools
import importlib
did2s = importlib.import_module("pyfixest.did.did2s")  # the package has a function of that name
from pyfixest.estimation.models.feols_ import Feols
warnings.filterwarnings("ignore")
# The first stage to rounding: by default it stops at 1e-6 of the effects, which moves coefficients by 4e-4 of their errors.
did2s.feols = functools.partial(did2s.feols, fixef_tol=1e-12)
effects = Feols.fixef
Feols.fixef = lambda self, atol=1e-14, btol=1e-14: effects(self, atol=1e-14, btol=1e-14)
root = sys.argv[1]
out = {"versions": {"pyfixest": pf.__version__, "python": sys.version.split()[0]}}
def rows(fit):
    t = fit.tidy()
    return {"term": list(map(str, t.index)), "coef": t["Estimate"].tolist(), "se": t["Std. Error"].tolist()}
m = pd.read_csv(root + "/fixest_twfe/mpdta.csv")
m["g"] = m["first.treat"]
m["D"] = ((m.g > 0) & (m.year >= m.g)).astype(float)
m["rel"] = (m.year - m.g).where(m.g > 0, -1000).astype(int)
m["w"] = 0.5 + (m.countyreal % 7) / 7
full = m
m = m[m.g != 2004]  # pyfixest drops units with one untreated row and then fails
h = pd.read_csv(root + "/bacon_imputation/df_het_fifth.csv")
h["D"] = ((h.g > 0) & (h.year >= h.g)).astype(float)
h["rel"] = (h.year - h.g).where(h.g > 0, -1000).astype(int)
def two(d, y, unit, cluster, second, weights=None):
    kw = {} if weights is None else {"weights": weights}
    return rows(pf.did2s(d, yname=y, first_stage=f"~ 0 | {unit} + year", second_stage=second, treatment="D", cluster=cluster, **kw))
out["mpdta_static"] = two(m, "lemp", "countyreal", "countyreal", "~ D")
out["mpdta_static_state"] = two(m, "lemp", "countyreal", "state", "~ D")
out["mpdta_event"] = two(m, "lemp", "countyreal", "countyreal", "~ i(rel, ref=-1000)")
out["mpdta_static_weighted"] = two(m, "lemp", "countyreal", "countyreal", "~ D", weights="w")
out["het_static"] = two(h, "dep_var", "unit", "state", "~ D")
out["het_event"] = two(h, "dep_var", "unit", "unit", "~ i(rel, ref=-1000)")
for name, s in {"default": {}, "K.adj=FALSE": dict(k_adj=False), "G.adj=FALSE": dict(G_adj=False), "K.fixef=full": dict(k_fixef="full"), "K.fixef=none": dict(k_fixef="none"), "G.df=conventional": dict(G_df="conventional")}.items():
    for cl in ["countyreal", "state", "countyreal+year", "state+year"]:
        f = pf.feols("lemp ~ D | countyreal + year", full, vcov={"CRV1": cl}, ssc=pf.ssc(**s))
        t = f.tidy()
        out[f"ssc|{name}|{cl}"] = {"se": t["Std. Error"].tolist(), "low": t["2.5%"].tolist(), "p": t["Pr(>|t|)"].tolist()}
json.dump(out, sys.stdout, indent=1)
