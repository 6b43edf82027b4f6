# lme4's glmer by default on one problem: Rscript run_glmer.R PROBLEM.json
suppressMessages({library(lme4); library(jsonlite)})
about <- commandArgs(TRUE)[1]
record <- fromJSON(about, simplifyVector = TRUE)
frame <- readRDS(sub("json$", "rds", about))
megabytes <- function(field) {
  status <- readLines("/proc/self/status")
  as.numeric(gsub("[^0-9]", "", grep(paste0("^", field), status, value = TRUE))) / 1024
}
quiet <- function(x) suppressMessages(suppressWarnings(x))
fitted <- function() quiet(glmer(as.formula(record$formula), frame, family = record$family))
invisible(quiet(glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)))
invisible(quiet(glmer(incidence ~ period + (1 | herd), cbpp, poisson)))
if (record$work != "fit") fit <- fitted()
FUN <- function(.) c(fixef(.), getME(., "theta"))
work <- switch(record$work, fit = function() fit <<- fitted(), profile = function() quiet(profile(fit)),
               bootstrap = function() quiet(bootMer(fit, FUN, nsim = 500, seed = 1)))
invisible(gc())
writeLines("5", "/proc/self/clear_refs")
before <- megabytes("VmRSS")
times <- replicate(record$repeats, {t <- system.time(work()); c(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]])})
peak <- megabytes("VmHWM")
cat(toJSON(list(program = "lme4", problem = record$name, seconds = median(times[1, ]), cpu = median(times[2, ]),
                criterion = -2 * as.numeric(logLik(fit)), evaluations = fit@optinfo$feval,
                beta = I(unname(fixef(fit))), se = I(unname(sqrt(diag(as.matrix(vcov(fit)))))),
                megabytes = peak - before, peak = peak), auto_unbox = TRUE, digits = NA), "\n")
