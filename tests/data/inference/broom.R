# broom.mixed 0.2.9.4, broom 1.0.3 (R 4.2.2, lmerTest 3.1-3): Rscript broom.R writes broom.json
suppressMessages({library(lmerTest); library(broom.mixed); library(broom); library(jsonlite)})
data(cake, package = "lme4"); data(sleepstudy, package = "lme4"); data(Penicillin, package = "lme4")
cake$temp <- as.numeric(as.character(cake$temperature))
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
models <- list(
  list(data = "sleepstudy", formula = "Reaction ~ Days + (Days | Subject)"),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (Days || Subject)", profile = FALSE),
  list(data = "sleepstudy", formula = "Reaction ~ Days + offset(2 * Days) + (1 | Subject)", REML = FALSE, weights = TRUE, profile = FALSE),
  list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  list(data = "cake", formula = "angle ~ recipe * temp + (1 | recipe:replicate)", profile = FALSE)
)
linear <- list(
  list(data = "sleepstudy", formula = "Reaction ~ Days"),
  list(data = "sleepstudy", formula = "Reaction ~ Days + I(2 * Days) + offset(Days)", weights = TRUE),
  list(data = "sleepstudy", formula = "log(Reaction) ~ 1"),
  list(data = "cake", formula = "angle ~ 0 + recipe + poly(temp, 2)")
)
short <- function(frame) { # columns, first and last rows
  frame <- as.data.frame(frame)
  keep <- if (nrow(frame) > 12) c(1:4, nrow(frame) - 1:0) else seq_len(nrow(frame))
  list(names = names(frame), n = nrow(frame), rows = I(keep), values = lapply(unname(as.list(frame[keep, , drop = FALSE])), function(x) I(if (is.factor(x)) as.character(x) else x)))
}
quietly <- function(x) suppressMessages(suppressWarnings({capture.output(y <- x); y}))
out <- list(mixed = lapply(models, function(m) {
  d <- get(m$data)
  d$w <- if (is.null(m$weights)) 1 else rep(c(1, 2, 0.5), length.out = nrow(d))
  REML <- is.null(m$REML)
  f <- as.formula(m$formula)
  fit <- quietly(if (is.null(m$weights)) lmer(f, d, REML = REML, control = ctrl) else lmer(f, d, REML = REML, control = ctrl, weights = w))
  tables <- quietly(list(
    fixed = tidy(fit, effects = "fixed"), fixed_ci = tidy(fit, effects = "fixed", conf.int = TRUE, conf.level = 0.9),
    fixed_kr = if (REML) tidy(fit, effects = "fixed", ddf.method = "Kenward-Roger", conf.int = TRUE),
    fixed_lme4 = tidy(fit, effects = "fixed", ddf.method = "lme4", conf.int = TRUE),
    ran_pars = tidy(fit, effects = "ran_pars"), ran_pars_ci = tidy(fit, effects = "ran_pars", conf.int = TRUE),
    ran_pars_vcov = tidy(fit, effects = "ran_pars", scales = "vcov"),
    ran_vals = tidy(fit, effects = "ran_vals"), ran_vals_ci = tidy(fit, effects = "ran_vals", conf.int = TRUE, conf.level = 0.9),
    ran_coefs = tidy(fit, effects = "ran_coefs"),
    several = tidy(fit, effects = c("ran_vals", "ran_pars", "fixed"), conf.int = TRUE),
    profile = if (is.null(m$profile)) tidy(as(fit, "lmerMod"), effects = c("fixed", "ran_pars"), conf.int = TRUE, conf.method = "profile"),
    glance = glance(fit), augment = augment(fit)
  ))
  c(m, list(tables = lapply(Filter(Negate(is.null), tables), short)))
}), linear = lapply(linear, function(m) {
  d <- get(m$data)
  d$w <- if (is.null(m$weights)) 1 else rep(c(1, 2, 0.5), length.out = nrow(d))
  fit <- if (is.null(m$weights)) lm(as.formula(m$formula), d) else lm(as.formula(m$formula), d, weights = w)
  c(m, list(tables = lapply(list(tidy = tidy(fit), tidy_ci = tidy(fit, conf.int = TRUE, conf.level = 0.9), glance = glance(fit), augment = augment(fit)), short)))
}))
writeLines(toJSON(out, auto_unbox = TRUE, null = "null", na = "null", digits = I(10)), "broom.json")
