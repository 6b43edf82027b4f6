suppressMessages(library(lme4))
fit <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)
cpu <- function(e) { t <- system.time(e); cat(deparse(substitute(e))[1], "cpu", t[1]+t[2], "wall", t[3], "\n") }
for (i in 1:5) cpu(glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial))
for (i in 1:2) cpu(suppressMessages(suppressWarnings(profile(fit))))
cpu(suppressWarnings(suppressMessages(b <- bootMer(fit, fixef, nsim=500, seed=1))))
cpu(suppressWarnings(suppressMessages(b <- bootMer(fit, function(m) c(getME(m,"theta"), fixef(m)), nsim=500, seed=1))))
