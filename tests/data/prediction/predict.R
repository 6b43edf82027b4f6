# Predictions of lme4 1.1-31 (R 4.2.2): Rscript predict.R writes predict.json
suppressMessages({library(lme4); library(jsonlite)})
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5), calc.derivs = FALSE)
new <- data.frame(Days = c(1, NA, 3, 5), Subject = c("308", "309", NA, "999"))
pars <- list(theta = c(1, 0.1, 0.2), beta = c(10, 1), sigma = 3)
m <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy, control = ctrl)
m2 <- lmer(Reaction ~ Days + (Days || Subject), sleepstudy, control = ctrl)
p <- function(...) suppressMessages(suppressWarnings(predict(...)))
known <- new[1:2, ]
keep <- function(v) list(rows = as.integer(names(v)) - 1, values = unname(v))
out <- list(
  new = new,
  pass = keep(p(m, new, allow.new.levels = TRUE)), omit = keep(p(m, new, allow.new.levels = TRUE, na.action = na.omit)),
  exclude = keep(p(m, new, allow.new.levels = TRUE, na.action = na.exclude)),
  newparams = keep(p(m, new, newparams = pars, allow.new.levels = TRUE)), newparams_fit = unname(p(m, newparams = pars))[1:12],
  random_only = keep(p(m, known, random.only = TRUE)),
  intercepts = keep(p(m, known, re.form = ~ (1 | Subject))), slopes = keep(p(m, known, re.form = ~ (0 + Days | Subject))),
  split_slopes = keep(p(m2, known, re.form = ~ (0 + Days | Subject))), split_double = keep(p(m2, known, re.form = ~ (Days || Subject))),
  fitted_intercepts = unname(p(m, re.form = ~ (1 | Subject)))[1:12])
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "string"), "predict.json")
