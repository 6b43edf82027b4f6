# Criteria of lme4 and glmmTMB on generated problems: Rscript glmm_trust.R FOLDER COUNT
# adds a line a problem to FOLDER/r.jsonl, for COUNT of those in FOLDER/cases.json that have none yet
suppressMessages({library(lme4); library(glmmTMB); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
cases <- fromJSON(file.path(folder, "cases.json"), simplifyDataFrame = FALSE)
answers <- file.path(folder, "r.jsonl")
done <- if (file.exists(answers)) vapply(readLines(answers), function(line) fromJSON(line)$number, 0, USE.NAMES = FALSE)
cases <- head(Filter(function(case) !(case$number %in% done), cases), as.integer(commandArgs(TRUE)[2]))
off <- list(check.scaleX = "ignore", check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore",
            check.nobs.vs.rankZ = "ignore", calc.derivs = FALSE, tolPwrss = 1e-10)
optimizers <- list(default = c("bobyqa", "Nelder_Mead"), bobyqa = "bobyqa", nlminbwrap = "nlminbwrap")
controls <- lapply(optimizers, function(o) do.call(glmerControl, c(list(optimizer = o), off)))
out <- file(answers, "a")
value <- function(fit) -2 * as.numeric(logLik(fit))
tried <- function(expr) tryCatch(value(suppressWarnings(suppressMessages(expr))), error = function(e) NA_real_)
for (case in cases) {
  d <- read.csv(file.path(folder, paste0(case$number, ".csv")), stringsAsFactors = TRUE)
  family <- eval(parse(text = case$family))
  formula <- as.formula(case$formula)
  lme4 <- vapply(controls, function(control)
    tried(glmer(formula, d, family = family, weights = w, control = control)), 0)
  iterations <- glmmTMBControl(optCtrl = list(iter.max = 1e4, eval.max = 1e4))
  tmb <- if (case$shared) tried(glmmTMB(formula, d, family = family, weights = w, control = iterations)) else NA_real_
  line <- c(list(number = case$number, glmmTMB = tmb), as.list(lme4))
  writeLines(toJSON(line, auto_unbox = TRUE, digits = NA, na = "null", null = "null"), out)
  flush(out)
}
close(out)
