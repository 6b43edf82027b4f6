suppressMessages(library(lme4))
fit <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)
t <- system.time(b <- suppressWarnings(suppressMessages(bootMer(fit, fixef, nsim=500, seed=1)))); cat("cpu", t[1]+t[2], "wall", t[3], "\n")
