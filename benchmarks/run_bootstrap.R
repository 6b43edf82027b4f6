# lme4's bootMer or pbkrtest's PBmodcomp on one problem: Rscript run_bootstrap.R '{...}' prints the seconds
suppressMessages({library(lme4); library(pbkrtest); library(jsonlite)})
problem <- fromJSON(commandArgs(TRUE)[1])
data(list = problem$data, package = "lme4")
frame <- get(problem$data)
tests <- !is.null(problem$small)
fit <- function(formula) {
  suppressMessages(suppressWarnings(eval(bquote(lmer(.(as.formula(formula)), frame, REML = .(!tests))))))
}
large <- fit(problem$large)
if (tests) small <- fit(problem$small)
FUN <- function(.) c(fixef(.), sigma = sigma(.), getME(., "theta"))
work <- function(nsim) suppressMessages(suppressWarnings(
  if (tests) PBmodcomp(large, small, nsim = nsim, seed = 1, cl = 1) else bootMer(large, FUN, nsim = nsim, seed = 1)
))
invisible(work(10))
cat(system.time(work(problem$nsim))[["elapsed"]], "\n")
