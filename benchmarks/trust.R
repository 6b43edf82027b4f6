# The best criterion of lme4's optimizers on each generated problem: Rscript trust.R FOLDER
suppressMessages({library(lme4); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
cases <- fromJSON(file.path(folder, "cases.json"), simplifyDataFrame = FALSE)
off <- list(check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore", check.scaleX = "ignore",
            check.rankX = "silent.drop.cols", calc.derivs = FALSE)
controls <- lapply(c("nloptwrap", "bobyqa", "Nelder_Mead", "nlminbwrap"),
                   function(o) do.call(lmerControl, c(list(optimizer = o), off)))
out <- lapply(cases, function(case) {
  d <- read.csv(file.path(folder, paste0(case$number, ".csv")))
  fits <- vapply(controls, function(control) tryCatch({
    fit <- suppressWarnings(suppressMessages(lmer(as.formula(case$formula), d, REML = case$REML, control = control)))
    if (case$REML) REMLcrit(fit) else deviance(fit)
  }, error = function(e) NA_real_), 0)
  if (all(is.na(fits))) return(list(number = case$number))
  best <- which.min(fits)
  list(number = case$number, best = fits[best], optimizer = controls[[best]]$optimizer)
})
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA), file.path(folder, "lme4.json"))
