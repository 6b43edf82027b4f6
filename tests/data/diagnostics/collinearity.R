# check_collinearity of performance 0.10.2, and car 3.1-1's vif of lm and glm (R 4.2.2): Rscript collinearity.R writes
# collinearity.json. The data are written too: predictors that go along with each other, factors, counts, successes.
suppressMessages({library(lme4); library(performance); library(jsonlite)})
set.seed(17)
n <- 120
d <- data.frame(g = factor(rep(1:12, each = 10)), x = round(rnorm(n), 2))
d$z <- round(0.8 * d$x + 0.5 * rnorm(n), 2)
d$f <- cut(d$z + rnorm(n), c(-Inf, -0.6, 0.6, Inf), labels = c("low", "mid", "high"))
d$h <- factor(sample(c("a", "b"), n, TRUE))
b <- rnorm(12, sd = 0.6)[d$g]
d$y <- round(1 + d$x + 0.5 * (d$h == "b") + b + rnorm(n), 2)
d$k <- rpois(n, exp(0.3 + 0.3 * d$x + b))
d$s <- rbinom(n, 1, plogis(d$x + b))
d$w <- rep(c(1, 2, 0.5), 40)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5), calc.derivs = FALSE)
# the Hessian at the deviance's own accuracy: vcov is computed of it
glm_tight <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), tolPwrss = 1e-12)
cases <- list(
  list(word = "lmer", formula = "y ~ x + z + f + h + (1 | g)"),
  list(word = "lmer", formula = "y ~ x * f + h + (1 | g)"),
  list(word = "lmer", formula = "y ~ x + z + (x | g)", weights = TRUE),
  list(word = "lmer", formula = "y ~ 0 + f + x + z + (1 | g)"),
  list(word = "lmer", formula = "y ~ poly(x, 2) + z + (1 | g)"),
  list(word = "glmer", formula = "s ~ x + z + f + (1 | g)", family = "binomial"),
  list(word = "glmer", formula = "k ~ x + z + h + (1 | g)", family = "poisson"),
  list(word = "lm", formula = "y ~ x + z + f + h"),
  list(word = "lm", formula = "y ~ x * f + h", weights = TRUE),
  list(word = "glm", formula = "s ~ x + z + f", family = "binomial"),
  list(word = "glm", formula = "k ~ x + f * h", family = "poisson")
)
quiet <- function(x) suppressMessages(suppressWarnings(x))
fitted_by <- function(case) {
  given <- list(as.formula(case$formula), data = quote(d))
  if (!is.null(case$weights)) given$weights <- quote(w)
  if (!is.null(case$family)) given$family <- case$family
  if (case$word == "lmer") given$control <- tight
  if (case$word == "glmer") given$control <- glm_tight
  quiet(do.call(case$word, given))
}
out <- lapply(cases, function(case) {
  m <- fitted_by(case)
  found <- quiet(as.data.frame(check_collinearity(m)))
  ninety <- quiet(as.data.frame(check_collinearity(m, ci = 0.9)))
  V <- quiet(car::vif(m))
  c(case, list(table = as.list(found), high90 = ninety$VIF_CI_high,
               root = if (is.matrix(V)) unname(V[, 3]) else unname(sqrt(V))))
})
write(toJSON(list(data = as.list(d), cases = out), digits = 12, auto_unbox = TRUE, factor = "string"),
      "collinearity.json")
