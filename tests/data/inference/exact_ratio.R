# RLRsim 3.1.8 (R 4.2.2, lme4 1.1-31): Rscript exact_ratio.R writes exact_ratio.json
suppressMessages({library(lme4); library(RLRsim); library(jsonlite)})
options(width = 80)
data(cake, package = "lme4"); data(sleepstudy, package = "lme4"); data(Pastes, package = "lme4"); data(Penicillin, package = "lme4")
data(Dyestuff, package = "lme4"); data(Machines, package = "nlme"); data(Oats, package = "nlme")
Machines <- as.data.frame(Machines); Oats <- as.data.frame(Oats)
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
nsim <- 1e5
probs <- c(0.6, 0.8, 0.9, 0.95, 0.99, 0.999)
restricted <- list(
  list(data = "Dyestuff", m = "Yield ~ 1 + (1 | Batch)"),
  list(data = "sleepstudy", m = "Reaction ~ Days + (1 | Subject)", rows = c(1:3, 11:16, 21:22, 31:40, 41, 51:52)),
  list(data = "cake", m = "angle ~ recipe * temperature + (1 | replicate)", rows = 1:100),
  list(data = "sleepstudy", m = "Reaction ~ Days + (0 + Days | Subject)", rows = c(1:60, 66:170), mA = "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)", m0 = "Reaction ~ Days + (1 | Subject)"),
  list(data = "Pastes", m = "strength ~ 1 + (1 | batch)", mA = "strength ~ 1 + (1 | batch) + (1 | sample)", m0 = "strength ~ 1 + (1 | sample)"),
  list(data = "Oats", m = "yield ~ nitro + (1 | Block)", mA = "yield ~ nitro + (1 | Block) + (1 | Variety)", m0 = "yield ~ nitro + (1 | Variety)")
)
unrestricted <- list(
  list(data = "Dyestuff", m = "Yield ~ 1 + (1 | Batch)", m0 = "Yield ~ 1"),
  list(data = "sleepstudy", m = "Reaction ~ Days + (1 | Subject)", m0 = "Reaction ~ 1", rows = c(1:3, 11:16, 21:22, 31:40, 41, 51:52)),
  list(data = "Oats", m = "yield ~ nitro + Variety + (1 | Block)", m0 = "yield ~ nitro", rows = c(1:9, 13:20, 25:30, 37:44))
)
fit <- function(formula, d, ...) suppressMessages(suppressWarnings(lmer(as.formula(formula), d, control = ctrl, ...)))
answer <- function(m, test) {
  capture.output(short <- print(test))
  c(m, list(statistic = unname(test$statistic), p = test$p.value, quantiles = unname(quantile(test$sample, probs)),
            zero = mean(test$sample < 1e-8), page = capture.output(print(test))))
}
set.seed(1)
out <- list(nsim = nsim, probs = probs, RLRT = lapply(restricted, function(m) {
  d <- get(m$data)
  if (!is.null(m$rows)) d <- d[m$rows, ]
  test <- if (is.null(m$mA)) exactRLRT(fit(m$m, d), nsim = nsim) else exactRLRT(fit(m$m, d), fit(m$mA, d), fit(m$m0, d), nsim = nsim)
  answer(m, test)
}), LRT = lapply(unrestricted, function(m) {
  d <- get(m$data)
  if (!is.null(m$rows)) d <- d[m$rows, ]
  answer(m, suppressMessages(exactLRT(fit(m$m, d, REML = FALSE), lm(as.formula(m$m0), d), nsim = nsim)))
}))
writeLines(toJSON(out, auto_unbox = TRUE, null = "null", digits = I(10)), "exact_ratio.json")
