# Criterion and theta of lme4's optimizers on each generated problem: Rscript trust.R FOLDER; one line a problem
suppressMessages({library(lme4); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
cases <- fromJSON(file.path(folder, "cases.json"), simplifyDataFrame = FALSE)
off <- list(check.scaleX = "ignore", check.rankX = "silent.drop.cols", calc.derivs = FALSE)
if (!isTRUE(cases[[1]]$wide)) off <- c(off, list(check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore"))
optimizers <- c("nloptwrap", "bobyqa", "Nelder_Mead", "nlminbwrap")
controls <- lapply(optimizers, function(o) do.call(lmerControl, c(list(optimizer = o), off)))
out <- file(file.path(folder, "lme4.jsonl"), "w")
for (case in cases) {
  d <- read.csv(file.path(folder, paste0(case$number, ".csv")))
  d$.w <- if (is.null(case$weights)) 1 else d[[case$weights]]
  d$.o <- if (is.null(case$offset)) 0 else d[[case$offset]]
  said <- NULL
  fits <- lapply(controls, function(control) tryCatch({
    fit <- suppressWarnings(suppressMessages(
      lmer(as.formula(case$formula), d, REML = case$REML, weights = .w, offset = .o, control = control)))
    list(value = as.numeric(if (case$REML) REMLcrit(fit) else deviance(fit)), theta = getME(fit, "theta"))
  }, error = function(e) { said <<- conditionMessage(e); NULL }))
  values <- vapply(fits, function(f) if (is.null(f)) NA_real_ else f$value, 0)
  line <- list(number = case$number, values = values)
  if (any(is.finite(values))) {
    best <- which.min(values)
    line <- c(line, list(best = values[best], optimizer = optimizers[best], theta = unname(fits[[best]]$theta)))
  } else line$error <- said
  writeLines(toJSON(line, auto_unbox = TRUE, digits = NA, na = "null"), out)
}
close(out)
