# Criteria of lme4 and glmmTMB on each generated problem: Rscript glmm_trust.R FOLDER; one line a problem
suppressMessages({library(lme4); library(glmmTMB); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
cases <- fromJSON(file.path(folder, "cases.json"), simplifyDataFrame = FALSE)
off <- list(check.scaleX = "ignore", check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore",
            check.nobs.vs.rankZ = "ignore", calc.derivs = FALSE, tolPwrss = 1e-10)
optimizers <- list(default = c("bobyqa", "Nelder_Mead"), bobyqa = "bobyqa", nlminbwrap = "nlminbwrap")
controls <- lapply(optimizers, function(o) do.call(glmerControl, c(list(optimizer = o), off)))
out <- file(file.path(folder, "r.jsonl"), "w")
value <- function(fit) -2 * as.numeric(logLik(fit))
for (case in cases) {
  d <- read.csv(file.path(folder, paste0(case$number, ".csv")), stringsAsFactors = TRUE)
  family <- eval(parse(text = case$R_family))
  formula <- as.formula(case$formula)
  lme4 <- vapply(controls, function(control) tryCatch(
    value(suppressWarnings(suppressMessages(
      glmer(formula, d, family = family, weights = w, control = control)))), error = function(e) NA_real_), 0)
  tmb <- NULL
  if (!is.null(case$tmb)) tmb <- tryCatch({
    fit <- suppressWarnings(suppressMessages(
      glmmTMB(formula, d, family = eval(parse(text = case$tmb)), weights = w,
              control = glmmTMBControl(optCtrl = list(iter.max = 1e4, eval.max = 1e4)))))
    value(fit)
  }, error = function(e) NA_real_)
  line <- list(number = case$number, lme4 = lme4, best = if (all(is.na(lme4))) NA else min(lme4, na.rm = TRUE), tmb = tmb)
  writeLines(toJSON(line, auto_unbox = TRUE, digits = NA, na = "null", null = "null"), out)
  flush(out)
}
close(out)
