import cProfile, pstats, pylmer, warnings
warnings.simplefilter("ignore")
from pylmer.datasets import load
fit = pylmer.glmer("cbind(incidence, size - incidence) ~ period + (1 | herd)", load("cbpp"), "binomial")
pylmer.bootMer(fit, "fixef", nsim=500, seed=1)
p=cProfile.Profile(); p.enable(); pylmer.bootMer(fit, "fixef", nsim=500, seed=1); p.disable()
pstats.Stats(p).sort_stats("tottime").print_stats(22)
