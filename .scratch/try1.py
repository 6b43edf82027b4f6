import time, numpy as np, pylmer, warnings
warnings.simplefilter("ignore")
from pylmer.datasets import load
from pylmer.engine.generalized.many import solve_together, solvable
from pylmer.fit.generalized_refitting import optimize_near
from pylmer.simulation.generalized import draw_generalized
import sys
R=int(sys.argv[1])
fit = pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", load("cbpp"), "binomial")
Y = draw_generalized(fit, R, np.random.default_rng(1))
print(solvable(fit.devfun))
np.seterr(all="ignore")
for _ in range(3):
    c=time.process_time(); w=time.perf_counter()
    s = solve_together(fit.devfun, Y, fit.optimum)
    print("together", time.process_time()-c, time.perf_counter()-w, s.done.mean(), s.singular.mean())
bad=0; ev=[]
c=time.process_time()
for r in range(min(R,200)):
    o = optimize_near(fit.devfun.with_responses(Y[:,r]), fit.optimum, 200)
    ev.append(o.evaluations)
    se=np.sqrt(np.diag(o.vcov)); b=o.devfun.structure.scaling.inverse@s.places.beta[r]
    db=np.max(np.abs(b-o.beta)/se)
    if abs(o.value-s.value[r])>1e-7 or o.singular!=s.singular[r] or db>1e-5: print(r, o.value, s.value[r]-o.value, o.singular, s.singular[r], db, s.done[r])
print("alone", time.process_time()-c, np.mean(ev), np.max(ev))
