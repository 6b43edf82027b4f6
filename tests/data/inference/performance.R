# Golden indices for tests/inference/test_performance.py: Rscript performance.R performance.json
# performance 0.10.2, lme4 1.1-31
suppressMessages({library(lme4); library(performance); library(jsonlite)})
sleepstudy$slow <- as.integer(sleepstudy$Reaction > 300)
w <- rep(c(1, 2), 90)
opt <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-9, maxfun = 1e5))
gopt <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5), tolPwrss = 1e-10)
fits <- list(
  mean = lmer(Reaction ~ 1 + (1 | Subject), sleepstudy, control = opt),
  line = lmer(Reaction ~ Days + (1 | Subject), sleepstudy, control = opt),
  lines = lmer(Reaction ~ Days + (Days | Subject), sleepstudy, control = opt),
  ml = lmer(Reaction ~ Days + (1 | Subject), sleepstudy, REML = FALSE, control = opt),
  weighted = lmer(Reaction ~ Days + (1 | Subject), sleepstudy, weights = w, control = opt),
  lm = lm(Reaction ~ Days, sleepstudy),
  lm_weighted = lm(Reaction ~ Days, sleepstudy, weights = w),
  herds = glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial, control = gopt),
  slow = glmer(slow ~ Days + (1 | Subject), sleepstudy, binomial, control = gopt),
  counts = glmer(incidence ~ period + (1 | herd), cbpp, poisson, control = gopt),
  logit = glm(slow ~ Days, binomial, sleepstudy),
  probit = glm(slow ~ Days, binomial("probit"), sleepstudy),
  poisson = glm(incidence ~ period + offset(log(size)), poisson, cbpp),
  gamma = glm(Reaction ~ Days, Gamma("log"), sleepstudy),
  gaussian = glm(Reaction ~ Days, gaussian, sleepstudy),
  inverse = glm(Reaction ~ Days, inverse.gaussian("log"), sleepstudy)
)
quiet <- function(x) suppressWarnings(suppressMessages(x))
one <- function(fit, ...) as.list(as.data.frame(quiet(model_performance(fit, ...))))
page <- function(x) capture.output(print(x))
mean <- fits$mean; line <- fits$line; lines <- fits$lines; plain <- fits$lm; logit <- fits$logit
logit0 <- glm(slow ~ 1, binomial, sleepstudy)
out <- list(
  ML = lapply(fits[1:5], one, estimator = "ML"),
  REML = lapply(fits[1:5], one, estimator = "REML"),
  others = lapply(fits[6:16], one),
  compared = as.list(as.data.frame(quiet(compare_performance(mean, line, lines)))),
  compared_lm = as.list(as.data.frame(quiet(compare_performance(plain, line)))),
  pages = list(mixed = page(quiet(compare_performance(mean, line, lines))),
               logistic = page(quiet(compare_performance(logit, logit0))))
)
writeLines(toJSON(out, auto_unbox = TRUE, digits = 12, pretty = TRUE, na = "null"), commandArgs(TRUE)[1])  # performance writes to stdout
