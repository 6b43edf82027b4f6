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
seconds <- numeric(0)
formula <- as.formula(record$formula)
for (i in seq_len(record$repeats)) {
  seconds <- c(seconds, system.time(fit <- suppressWarnings(suppressMessages(lmer(formula, frame))))[["elapsed"]])
}
peak <- megabytes("VmHWM")
cat(toJSON(list(program = "lme4", problem = record$name, seconds = median(seconds), criterion = REMLcrit(fit),
                evaluations = fit@optinfo$feval, megabytes = peak - before, peak = peak), auto_unbox = TRUE, digits = 12), "\n")
