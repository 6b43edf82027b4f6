# What R sees in its own copies of the packaged data sets: Rscript datasets.R  (run in tests/data; needs lme4, nlme, jsonlite)
# radon is in no R package that is installed: it is read from the packaged CSV, with R's own parser.
library(jsonlite)
data_of <- function(name, package) { e <- new.env(); data(list = name, package = package, envir = e); as.data.frame(get(name, e)) }
about <- function(x) {
  if (is.factor(x)) list(levels = levels(x), ordered = unbox(is.ordered(x)), code_sum = unbox(sum(as.integer(x))))
  else list(sum = unbox(sum(x)), sumsq = unbox(sum(as.numeric(x)^2)))
}
seen <- function(d) list(n_rows = unbox(nrow(d)), columns = lapply(d, about))
lme4 <- c("Dyestuff", "Dyestuff2", "Pastes", "Penicillin", "cake", "cbpp", "sleepstudy")
nlme <- c("Machines", "Oats", "Oxboys", "Pixel")
sets <- c(sapply(lme4, data_of, "lme4", simplify = FALSE), sapply(nlme, data_of, "nlme", simplify = FALSE),
          list(radon = read.csv("../../pylmer/datasets/tables/radon.csv", stringsAsFactors = TRUE)))
write(toJSON(lapply(sets, seen), digits = NA, pretty = 1), "datasets.json")
