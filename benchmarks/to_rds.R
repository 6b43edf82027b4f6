# CSV -> RDS with factors, so that run_lme4.R starts from little: Rscript to_rds.R PROBLEM.json
about <- commandArgs(TRUE)[1]
record <- jsonlite::fromJSON(about, simplifyVector = TRUE)
frame <- read.csv(file.path(dirname(about), record$file), stringsAsFactors = FALSE)
for (f in names(record$factors)) frame[[f]] <- factor(frame[[f]], levels = record$factors[[f]])
saveRDS(frame, sub("json$", "rds", about), compress = FALSE)
