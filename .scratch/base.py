import time, numpy as np, pylmer, warnings
from pylmer.datasets import load
warnings.simplefilter("ignore")
def t(f, n=5):
    f(); out=[]
    for _ in range(n):
        c=time.process_time(); w=time.perf_counter(); f(); out.append((time.process_time()-c, time.perf_counter()-w))
    return np.median(np.array(out),0).round(4)
cb = load("cbpp")
F="cbind(incidence, size - incidence) ~ period + (1 | herd)"
print("fit", t(lambda: pylmer.glmer(F, cb, "binomial"), 15))
fit = pylmer.glmer(F, cb, "binomial")
o = fit.optimum
from pylmer.engine.generalized.generalized import optimize_generalized
print("engine", t(lambda: optimize_generalized(fit.devfun), 15), o.evaluations, o.passes)
print("profile", t(lambda: pylmer.profile(fit), 3))
print("boot50", t(lambda: pylmer.bootMer(fit, "fixef", nsim=50, seed=1), 2))
