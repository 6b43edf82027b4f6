# clubSandwich 0.5.8 (R 4.2.2, lme4 1.1-31): Rscript robust.R writes robust.json. Rows are counted from one.
suppressMessages({library(lme4); library(clubSandwich); library(jsonlite)})
options(width = 80)
data(cake, package = "lme4"); data(sleepstudy, package = "lme4"); data(Pastes, package = "lme4"); data(Machines, package = "nlme")
cake$temp <- as.numeric(as.character(cake$temperature))
Machines <- as.data.frame(Machines); Machines$Machine <- factor(Machines$Machine)
Machines$Worker <- factor(Machines$Worker, levels = as.character(1:6))
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
models <- list(
  list(data = "sleepstudy", formula = "Reaction ~ Days + I(Days^2) + (Days | Subject)", rows = c(1:60, 66:170, 173)),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (Days || Subject)", rows = c(1:57, 66:170), REML = FALSE),
  list(data = "cake", formula = "angle ~ recipe * temp + (1 | recipe:replicate)", rows = c(3:100, 104:267)),
  list(data = "cake", formula = "angle ~ recipe * temp + (1 | recipe:replicate)", rows = c(3:100, 104:267), cluster = "replicate"),
  list(data = "Machines", formula = "score ~ Machine + (1 | Worker/Machine)", rows = 4:50),
  list(data = "Pastes", formula = "strength ~ 1 + (1 | batch/cask)", rows = c(1:20, 23:57)),
  list(data = "sleepstudy", formula = "Reaction ~ Days", rows = c(1:60, 66:170, 173), cluster = "Subject", lm = TRUE),
  list(data = "sleepstudy", formula = "Reaction ~ Days + I(Days^2)", rows = c(1:60, 66:170, 173), cluster = "Subject", lm = TRUE, weights = TRUE),
  list(data = "sleepstudy", formula = "Reaction ~ Days + Subject", rows = 1:180, cluster = "Subject", lm = TRUE, absorbed = TRUE)
)
types <- c("CR0", "CR1", "CR1p", "CR1S", "CR2", "CR3")
page <- function(x) capture.output(print(x))
out <- lapply(models, function(m) {
  d <- get(m$data)[m$rows, ]
  f <- as.formula(m$formula)
  d$w <- rep(c(1, 2, 0.5, 3), length.out = nrow(d))
  fit <- if (is.null(m$lm)) lmer(f, d, REML = is.null(m$REML), control = ctrl) else if (is.null(m$weights)) lm(f, d) else lm(f, d, weights = w)
  vcovs <- lapply(setNames(types, types), function(t)
    tryCatch(if (is.null(m$cluster)) vcovCR(fit, type = t) else vcovCR(fit, type = t, cluster = d[[m$cluster]]), error = function(e) NULL))
  vcovs <- Filter(Negate(is.null), vcovs)
  p <- length(coef(summary(fit))[, 1])
  few <- if (is.null(m$absorbed)) 1:p else 2 # the coefficients of the clusters themselves have no variance but rounding
  cr2 <- vcovs$CR2
  joint <- if (p > 1 && is.null(m$absorbed)) Wald_test(fit, vcov = cr2, constraints = constrain_zero(2:min(p, 4)), test = c("chi-sq", "Naive-F", "Naive-Fp", "HTZ"))
  tests <- c("z", "naive-t", "naive-tp", "Satterthwaite")
  found <- list(
    vcov = lapply(vcovs, function(v) unname(as.matrix(v)[few, few, drop = FALSE])),
    coef = lapply(vcovs, function(v) lapply(as.list(coef_test(fit, vcov = v, test = "Satterthwaite", coefs = few)), I))
  )
  if (!is.null(m$absorbed)) return(c(m, found))
  c(m, found, list(
    all = lapply(as.list(coef_test(fit, vcov = cr2, test = tests)), I),
    wald = if (p > 1) lapply(as.list(joint), I),
    page = page(coef_test(fit, vcov = cr2)), page_all = page(coef_test(fit, vcov = cr2, test = tests)),
    page_int = page(conf_int(fit, vcov = cr2)), page_int_p = page(conf_int(fit, vcov = cr2, level = 0.9, test = "naive-t", p_values = TRUE)),
    page_wald = if (p > 1) page(joint)
  ))
})
writeLines(toJSON(out, auto_unbox = TRUE, null = "null", digits = I(10)), "robust.json")
