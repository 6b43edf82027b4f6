import time, numpy as np, pylmer, warnings, sys
warnings.simplefilter("ignore")
from pylmer.datasets import load
fit = pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", load("cbpp"), "binomial")
for _ in range(5):
    c=time.process_time(); w=time.perf_counter()
    b=pylmer.bootMer(fit, ["theta","fixef"] if _%2 else "fixef", nsim=500, seed=1)
    print("bootMer", round(time.process_time()-c,3), round(time.perf_counter()-w,3), b.n_failed, b.n_singular)
c=time.process_time(); b=pylmer.bootMer(fit, lambda m: m.beta, nsim=20, seed=1); print("function, 20", time.process_time()-c)
