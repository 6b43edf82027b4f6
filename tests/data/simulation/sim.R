# Moments of arm's sim: covariances of the fixed effects and of the first two levels' effects, divided draw by draw by
# sigma, and the mean and quantiles of (sigma-hat / sigma)^2. R 4.2.2, lme4 1.1-31, arm 1.13-1.
# Rscript sim.R > sim.json
suppressMessages({library(lme4); library(arm); library(jsonlite)})
N <- 40000
probs <- c(0.025, 0.25, 0.5, 0.75, 0.975)
moments <- function(fit) {
  set.seed(1)
  draws <- sim(fit, N)
  ranef <- do.call(cbind, lapply(draws@ranef, function(b) matrix(b[, 1:2, ], N)))
  errors <- cbind(sweep(draws@fixef, 2, fixef(fit)), sweep(ranef, 2, colMeans(ranef))) / draws@sigma
  list(covariance = unname(cov(errors)), mean = colMeans(ranef), ratio = quantiles(sigma(fit), draws@sigma))
}
quantiles <- function(s, sigma) c(mean((s / sigma)^2), quantile((s / sigma)^2, probs))
least_squares <- function(fit) {
  set.seed(1)
  draws <- sim(fit, N)
  list(covariance = unname(cov(sweep(draws@coef, 2, coef(fit)) / draws@sigma)), ratio = quantiles(sigma(fit), draws@sigma))
}
twice <- sleepstudy
twice$again <- 2 * twice$Days
answers <- list(
  slopes = moments(lmer(Reaction ~ Days + (Days | Subject), sleepstudy)),
  ml = moments(lmer(Yield ~ 1 + (1 | Batch), Dyestuff, REML = FALSE)),
  crossed = moments(lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin)),
  lm = least_squares(lm(Reaction ~ Days, sleepstudy)),
  aliased = colnames(sim(lm(Reaction ~ Days + again, twice), 3)@coef)
)
writeLines(toJSON(answers, digits = 10, auto_unbox = TRUE))
