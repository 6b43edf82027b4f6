# What R's families, densities and distribution functions give at awkward values: Rscript families.R > families.json
# (needs jsonlite, MASS, statmod; R 4.2.2). Nothing is random.
suppressMessages({library(jsonlite); library(MASS); library(statmod)})
phi <- 0.7
counts <- list(y = c(0, 1, 0, 7, 250, 3, 0, 31), w = c(1, 1, 2, 1, 0.5, 3, 4, 1))
positive <- list(y = c(0.02, 1, 3.7, 0.4, 55, 9.1, 120, 2), w = c(1, 2, 1, 0.25, 3, 1, 1, 5))
trials <- list(y = c(0, 1, 0.25, 0.5, 3 / 7, 1, 0, 0.998), w = c(1, 1, 4, 2, 7, 12, 30, 1000))
real <- list(y = c(-3, 0, 0.1, 4, 55, 9.1, -120, 2), w = positive$w)
etas <- list(
  logit = c(-9, -2, -0.3, 0, 0.4, 1.7, 6, 12), probit = c(-5, -2, -0.3, 0, 0.4, 1.7, 3, 4),
  cloglog = c(-9, -2, -0.3, 0, 0.4, 0.9, 1.5, 2), cauchit = c(-90, -2, -0.3, 0, 0.4, 1.7, 6, 120),
  binomial_log = -c(9, 2, 0.3, 0.01, 0.4, 1.7, 6, 1e-3),
  log = c(-9, -2, -0.3, 0, 5, 1.7, 3, 7), identity = c(1e-3, 0.1, 0.5, 1, 240, 3, 7, 31),
  inverse = c(30, 2, 0.3, 1, 0.02, 0.1, 0.01, 0.4), `1/mu^2` = c(900, 2, 0.3, 1, 0.001, 0.01, 1e-4, 0.3),
  sqrt = c(0.1, 0.9, 1.4, 2, 16, 2.2, 0.5, 6), gaussian_inverse = c(-0.3, 2, 5, 0.3, 0.02, 0.1, -0.01, 0.4))

tail_of <- list(
  binomial = function(y, mu, w) list(log = dbinom(w * y, w, mu, log = TRUE), cdf = pbinom(w * y, w, mu), below = pbinom(w * y - 1, w, mu)),
  poisson = function(y, mu, w) list(log = w * dpois(y, mu, log = TRUE), cdf = ppois(y, mu), below = ppois(y - 1, mu)),
  negative.binomial = function(y, mu, w) list(log = w * dnbinom(y, size = 1.7, mu = mu, log = TRUE), cdf = pnbinom(y, size = 1.7, mu = mu), below = pnbinom(y - 1, size = 1.7, mu = mu)),
  Gamma = function(y, mu, w) list(log = dgamma(y, w / phi, scale = mu * phi / w, log = TRUE), cdf = pgamma(y, w / phi, scale = mu * phi / w)),
  inverse.gaussian = function(y, mu, w) list(log = dinvgauss(y, mu, dispersion = phi / w, log = TRUE), cdf = pinvgauss(y, mu, dispersion = phi / w)),
  gaussian = function(y, mu, w) list(log = dnorm(y, mu, sqrt(phi / w), log = TRUE), cdf = pnorm(y, mu, sqrt(phi / w))))

case <- function(word, family, data, eta) {
  y <- data$y; w <- data$w; mu <- family$linkinv(eta)
  dev <- family$dev.resids(y, mu, w)
  found <- tail_of[[word]](y, mu, w)
  list(family = unbox(word), link = unbox(family$link), name = unbox(family$family), y = y, w = w, eta = eta, mu = mu,
       linked = family$linkfun(mu), mu_eta = family$mu.eta(eta), variance = family$variance(mu), dev_resids = dev,
       aic = unbox(family$aic(y, if (word == "binomial") w else rep(1, 8), mu, w, sum(dev))),
       log_density = found$log, cdf = found$cdf, below = if (is.null(found$below)) found$cdf else found$below)
}
cases <- c(
  lapply(c("logit", "probit", "cloglog", "cauchit"), function(l) case("binomial", binomial(l), trials, etas[[l]])),
  list(case("binomial", binomial("log"), trials, etas$binomial_log)),
  lapply(c("log", "sqrt", "identity"), function(l) case("poisson", poisson(l), counts, etas[[l]])),
  lapply(c("log", "sqrt", "identity"), function(l) case("negative.binomial", do.call(negative.binomial, list(1.7, l)), counts, etas[[l]])),
  lapply(c("inverse", "log", "identity"), function(l) case("Gamma", Gamma(l), positive, etas[[l]])),
  lapply(c("1/mu^2", "inverse", "log", "identity"), function(l) case("inverse.gaussian", inverse.gaussian(l), positive, etas[[l]])),
  lapply(c("identity", "log"), function(l) case("gaussian", gaussian(l), real, etas[[l]])),
  list(case("gaussian", gaussian("inverse"), real, etas$gaussian_inverse)))

# log mu and log(1 - mu) far out, where mu is 0 or 1
far <- c(-700, -300, -40, -15, -5, 5, 15, 40, 300, 700)
tails <- list(eta = far,
  logit = list(plogis(far, log.p = TRUE), plogis(far, lower.tail = FALSE, log.p = TRUE)),
  probit = list(pnorm(far, log.p = TRUE), pnorm(far, lower.tail = FALSE, log.p = TRUE)),
  cauchit = list(pcauchy(far, log.p = TRUE), pcauchy(far, lower.tail = FALSE, log.p = TRUE)),
  cloglog = list(pexp(exp(far), log.p = TRUE), pexp(exp(far), lower.tail = FALSE, log.p = TRUE)))

# the ML dispersion of a Gamma, by optimize() on the log density
y <- positive$y; w <- positive$w; mu <- exp(c(-3, 0.2, 1, -1, 4, 2, 5, 0.5))
ml <- optimize(function(l) -2 * sum(dgamma(y, w / exp(l), scale = mu * exp(l) / w, log = TRUE)) + 2.5 / exp(l), c(-5, 5), tol = 1e-12)

cat(toJSON(list(phi = unbox(phi), cases = cases, tails = tails,
  dispersion = list(y = y, w = w, mu = mu, penalty = unbox(2.5), phi = unbox(exp(ml$minimum)))), digits = NA, pretty = 1))
