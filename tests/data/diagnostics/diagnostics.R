# Diagnostics of lme4 1.1-31 and stats (R 4.2.2): Rscript diagnostics.R writes diagnostics.json
suppressMessages({library(lme4); library(jsonlite)})
radon <- read.csv("../../../pylmer/datasets/tables/radon.csv")
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5), calc.derivs = FALSE)
w <- rep(c(1, 2, 0.5, 3), 45)
models <- list(
  list(data = "radon", formula = "log_radon ~ floor + (1 | county)", by = "county"),
  list(data = "radon", formula = "log_radon ~ floor + log_uranium + (1 | county)", by = "county", REML = FALSE),
  list(data = "radon", formula = "log_radon ~ floor + (1 + floor | county)", by = "county"),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (Days | Subject)", by = "Subject", weights = w, cases = TRUE),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (1 | Subject)", by = "Subject", cases = TRUE),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)", by = "Subject"),
  list(data = "Pastes", formula = "strength ~ 1 + (1 | sample) + (1 | batch)", by = "batch"),
  list(data = "Pastes", formula = "strength ~ 1 + (1 | sample) + (1 | batch)", by = "sample"),
  list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)", by = "plate"),
  list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)", by = "sample"),
  list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)", by = "sample", REML = FALSE)
)
quiet <- function(x) suppressMessages(suppressWarnings(x))
few <- function(sets) if (length(sets) > 30) sets[c(1:8, 26, 61, 70)] else sets
plain <- function(x) unname(as.matrix(x))
comps <- function(fit) { v <- as.data.frame(VarCorr(fit), order = "lower.tri")$vcov; c(v[length(v)], v[-length(v)]) }
# the class of influence(), whose methods are lme4's, filled with refits converged more sharply than influence() has them
tight <- function(fit, d, g, sets) {
  i <- if (g == "case") influence(lmer(Yield ~ 1 + (1 | Batch), Dyestuff)) else influence(fit, g, maxfun = 50)
  refits <- lapply(sets, function(out) {
    m <- update(fit, data = d[-out, ])
    update(m, data = d[-out, ], start = getME(m, "theta"))
  })
  nm <- names(sets)
  i$fixed.effects <- fixef(fit); i$vcov <- as.matrix(vcov(fit)); i$deleted <- nm; i$groups <- g
  i[[paste0("fixed.effects[-", g, "]")]] <- do.call(rbind, setNames(lapply(refits, fixef), nm))
  i[[paste0("vcov[-", g, "]")]] <- setNames(lapply(refits, function(m) as.matrix(vcov(m))), nm)
  list(deleted = nm, fixef = plain(i[[paste0("fixed.effects[-", g, "]")]]),
    var_cov_names = if (g != "case") names(i$var.cov.comps), var_cov_whole = comps(fit),
    var_cov = unname(do.call(rbind, lapply(refits, comps))),
    vcov = unname(lapply(i[[paste0("vcov[-", g, "]")]], plain)),
    cooks = unname(cooks.distance(i)), dfbeta = plain(dfbeta(i)),
    dfbetas = if (length(fixef(fit)) > 1) plain(dfbetas(i)))      # fails with one coefficient
}
lmm <- lapply(models, function(m) {
  d <- as.data.frame(get(m$data)); if (!is.null(m$weights)) d$w <- m$weights
  REML <- is.null(m$REML); f <- as.formula(m$formula)
  fit <- if (is.null(m$weights)) eval(bquote(lmer(.(f), d, REML = .(REML), control = ctrl)))
         else eval(bquote(lmer(.(f), d, REML = .(REML), control = ctrl, weights = w)))
  types <- c("response", "pearson", "working", "deviance")
  rows <- seq_len(min(nrow(d), 40))
  c(list(data = m$data, formula = m$formula, REML = REML, weights = m$weights, by = m$by),
    list(hatvalues = unname(hatvalues(fit))[rows], hat_sum = sum(hatvalues(fit)), rstudent = unname(rstudent(fit))[rows],
         cooks = unname(cooks.distance(fit))[rows], resid = lapply(setNames(nm = types), function(t) unname(resid(fit, t))[rows]),
         scaled = unname(resid(fit, "pearson", scaled = TRUE))[rows],
         influence = quiet(tight(fit, d, m$by, few(split(seq_len(nrow(d)), d[[m$by]]))))),
    if (!is.null(m$cases)) list(cases = quiet(tight(fit, d, "case", setNames(nm = seq(1, 180, 12))))))
})
set.seed(5)
d <- data.frame(x = c(1:8, 50), f = c("a", "a", "a", "a", "b", "b", "b", "b", "c"), w = c(1, 2, 1, 2, 1, 2, 1, 0.5, 1), y = round(rnorm(9), 3))
new <- data.frame(x = c(2, 30), f = c("b", "a"))
lms <- lapply(list("y ~ x + f", "y ~ x", "y ~ x + I(2 * x)"), function(f) {
  m <- eval(bquote(lm(.(as.formula(f)), d, weights = w)))
  list(formula = f, hatvalues = unname(hatvalues(m)), rstandard = unname(rstandard(m)), rstudent = unname(rstudent(m)),
       cooks = unname(cooks.distance(m)), dfbeta = plain(dfbeta(m)), dfbetas = plain(dfbetas(m)),
       se_fit = suppressWarnings(unname(predict(m, new, se.fit = TRUE)$se.fit)),
       confidence = plain(suppressWarnings(predict(m, new, interval = "confidence", level = 0.9))),
       prediction = plain(suppressWarnings(predict(m, new, interval = "prediction", weights = c(1, 2)))))
})
writeLines(toJSON(list(lmm = lmm, lm = list(data = d, new = new, fits = lms)), digits = NA, auto_unbox = TRUE, na = "string"), "diagnostics.json")
