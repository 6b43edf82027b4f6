# performance 0.10.2, insight 0.19.0 (R 4.2.2, lme4 1.1-31): Rscript explained.R writes explained.json
suppressMessages({library(lme4); library(performance); library(jsonlite)})
options(width = 80)
data(cake, package = "lme4"); data(sleepstudy, package = "lme4"); data(Pastes, package = "lme4"); data(Penicillin, package = "lme4")
cake$temp <- as.numeric(as.character(cake$temperature))
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
models <- list(
  list(data = "sleepstudy", formula = "Reaction ~ Days + (Days | Subject)"),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (0 + Days | Subject)"),
  list(data = "sleepstudy", formula = "Reaction ~ Days + I(Days^2) + (1 | Subject)", REML = FALSE),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (1 | Subject)", weights = TRUE),
  list(data = "sleepstudy", formula = "Reaction ~ Days + offset(2 * Days) + (1 | Subject)"),
  list(data = "cake", formula = "angle ~ recipe * temp + (1 | recipe:replicate)"),
  list(data = "Pastes", formula = "strength ~ 1 + (1 | batch/cask)"),
  list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  list(data = "sleepstudy", formula = "Reaction ~ Days", lm = TRUE),
  list(data = "sleepstudy", formula = "Reaction ~ 0 + Days", lm = TRUE, weights = TRUE)
)
page <- function(x) capture.output(print(x))
out <- lapply(models, function(m) {
  d <- get(m$data)
  f <- as.formula(m$formula)
  d$w <- if (is.null(m$weights)) 1 else rep(c(1, 2, 0.5), length.out = nrow(d))
  if (!is.null(m$lm)) {
    fit <- lm(f, d, weights = w)
    return(c(m, list(r2 = lapply(unclass(r2(fit)), function(x) unname(c(x))), page_r2 = page(r2(fit)))))
  }
  fit <- lmer(f, d, weights = w, REML = is.null(m$REML), control = ctrl)
  by_group <- suppressWarnings(icc(fit, by_group = TRUE))
  known <- nrow(as.data.frame(by_group)) > 0
  c(m, list(icc = as.list(icc(fit)), r2 = lapply(unclass(r2(fit)), function(x) unname(c(x))), by_group = if (known) as.list(by_group),
            page_icc = page(icc(fit)), page_r2 = page(r2(fit)), page_by_group = if (known) page(by_group)))
})
writeLines(toJSON(out, auto_unbox = TRUE, null = "null", digits = I(10)), "explained.json")
