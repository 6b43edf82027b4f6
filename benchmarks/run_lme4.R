# lme4 on one problem: Rscript run_lme4.R PROBLEM.json
suppressMessages({library(lme4); library(jsonlite)})
about <- commandArgs(TRUE)[1]
record <- fromJSON(about, simplifyVector = TRUE)
frame <- readRDS(sub("json$", "rds", about))
megabytes <- function(field) {
  status <- readLines("/proc/self/status")
  as.numeric(gsub("[^0-9]", "", grep(paste0("^", field), status, value = TRUE))) / 1024
}
invisible(lmer(Reaction ~ Days + (Days | Subject), sleepstudy))
invisible(lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin))
invisible(gc())
writeLines("5", "/proc/self/clear_refs")
before <- megabytes("VmRSS")
times <- matrix(0, 2, 0)
formula <- as.formula(record$formula)
for (i in seq_len(record$repeats)) {
  t <- system.time(fit <- suppressWarnings(suppressMessages(lmer(formula, frame))))
  times <- cbind(times, c(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]]))
}
peak <- megabytes("VmHWM")
cat(toJSON(list(program = "lme4", problem = record$name, seconds = median(times[1, ]), cpu = median(times[2, ]),
                criterion = REMLcrit(fit), beta = I(unname(fixef(fit))), se = I(unname(sqrt(diag(as.matrix(vcov(fit)))))),
                evaluations = fit@optinfo$feval, megabytes = peak - before, peak = peak), auto_unbox = TRUE, digits = 12), "\n")
