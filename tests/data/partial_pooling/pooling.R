# No, complete and partial pooling in R 4.2.2, lme4 1.1-31, arm: Rscript pooling.R <folder of radon.csv, sleepstudy.csv>
suppressMessages({library(lme4); library(arm); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]
radon <- read.csv(file.path(folder, "radon.csv")); sleep <- read.csv(file.path(folder, "sleepstudy.csv"))
radon$county <- factor(radon$county); sleep$Subject <- factor(sleep$Subject)
radon$w <- 1 + (seq_len(nrow(radon)) %% 5) / 2; radon$o <- sin(seq_len(nrow(radon)))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
several <- function(fit, names) { x <- summary(fit)$coefficients; list(estimate = unname(x[names, 1]), se = unname(x[names, 2])) }
levels_of <- function(g) paste0("factor(", g, ")")

intercepts <- function(fixed, within, data, group, ...) {
  f <- as.formula(paste(fixed, "+ (1 |", group, ")"))
  fit <- do.call(lmer, list(f, data = data, control = tight, ...))
  none <- do.call(lm, list(as.formula(paste(within, "+ factor(", group, ") - 1")), data = data, ...))
  complete <- do.call(lm, list(as.formula(fixed), data = data, ...))
  names <- grep("^factor", names(coef(none)), value = TRUE)
  n <- as.vector(tapply(if (is.null(list(...)$weights)) rep(1, nrow(data)) else list(...)$weights, data[[group]], sum))
  list(none = several(none, names), slopes = unname(coef(none)[setdiff(names(coef(none)), names)]),
    sigma_no = sigma(none), df_no = df.residual(none), complete = unname(coef(complete)), sigma_complete = sigma(complete),
    theta = getME(fit, "theta"), fixef = unname(fixef(fit)), ranef = ranef(fit)[[group]][, 1],
    se_ranef = unname(se.ranef(fit)[[group]][, 1]), weight = n)
}
out <- list(
  M0 = intercepts("log_radon ~ 1", "log_radon ~ 1", radon, "county"),
  M1 = intercepts("log_radon ~ floor", "log_radon ~ floor", radon, "county"),
  M2 = intercepts("log_radon ~ floor + log_uranium", "log_radon ~ floor", radon, "county"),
  weighted = intercepts("log_radon ~ floor", "log_radon ~ floor", radon, "county", weights = radon$w, offset = radon$o)
)
# The second level: no-pooling intercepts on the uranium of the county, variances sigma_alpha^2 + sigma_y^2 / n_j known
u <- as.vector(tapply(radon$log_uranium, radon$county, mean))
weight <- 1 / (out$M2$theta^2 + 1 / out$M2$weight)
second <- lm(out$M2$none$estimate ~ u, weights = weight)
fitM2 <- lmer(log_radon ~ floor + log_uranium + (1 | county), radon, control = tight)
out$second_level <- list(estimate = unname(coef(second)), se = unname(sigma(fitM2) * sqrt(diag(summary(second)$cov.unscaled))))

# Slopes: each subject's own regression with the common residual standard deviation
own <- lm(Reaction ~ 0 + Subject + Subject:Days, sleep)
S <- lmer(Reaction ~ Days + (Days | Subject), sleep, control = tight)
Sigma <- VarCorr(S)$Subject / sigma(S)^2
A <- crossprod(cbind(1, 0:9))
out$sleep <- list(
  intercept = several(own, paste0("Subject", levels(sleep$Subject))),
  slope = several(own, paste0("Subject", levels(sleep$Subject), ":Days")),
  coef = unname(as.matrix(coef(S)$Subject)), se_ranef = unname(se.ranef(S)$Subject),
  shares = unname(solve(diag(2) + unclass(Sigma)[1:2, 1:2] %*% A)), Sigma = unname(unclass(Sigma)[1:2, 1:2])
)
# Slopes that the rows of some counties do not determine
M3 <- lm(log_radon ~ 0 + county + county:floor, radon)
out$M3 <- list(rss = sum(resid(M3)^2), df = df.residual(M3), slopes = unname(coef(M3)[paste0("county", levels(radon$county), ":floor")]))

# Beta, sigma and criterion at given thetas
at <- function(f, data, theta, REML) {
  devfun <- lmer(f, data, REML = REML, devFunOnly = TRUE)
  lapply(theta, function(t) {
    value <- devfun(t); e <- environment(devfun)
    m <- if (REML) nrow(data) - length(e$pp$beta(1)) else nrow(data)
    list(theta = t, value = value, beta = e$pp$beta(1), sigma = sqrt((e$resp$wrss() + e$pp$sqrL(1)) / m), b = e$pp$b(1))
  })
}
out$at <- list(
  M1 = at(log_radon ~ floor + (1 | county), radon, list(0, 0.1, 0.5, 2), TRUE),
  M1_ml = at(log_radon ~ floor + (1 | county), radon, list(0, 0.1, 0.5, 2), FALSE),
  sleep = at(Reaction ~ Days + (Days | Subject), sleep, list(c(0, 0, 0), c(1, -0.2, 0.3)), TRUE)
)
writeLines(toJSON(out, auto_unbox = TRUE, digits = 14, na = "null"), "pooling.json")
