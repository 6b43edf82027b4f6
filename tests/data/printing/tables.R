# Golden cases for tests/tables: what R 4.2.2 prints. Run: Rscript tables.R > tables.json
options(width = 80, digits = 7, OutDec = ".")
suppressMessages(library(jsonlite))
set.seed(20240513)
number <- function() sample(c(-1, 1), 1) * signif(10^runif(1, -7, 8), sample(1:15, 1))
near <- function(n) round(rnorm(n, sample(c(0, 10, 1000), 1), 10^sample(-3:3, 1)), sample(0:8, 1))
vectors <- c(lapply(1:60, function(i) replicate(sample(1:6, 1), number())), lapply(1:60, function(i) near(sample(1:6, 1))),
             list(c(1.5, NA, Inf, -Inf), 0, c(0, 1e-20), 1e5, 123456, c(1e5, 1), 0.1 + 0.2, 1e-5, 1e-4, 99999.97, c(-1, 10), 1e15, 1e-300, c(0.15, 0.25, 0.35)))
lines <- function(x) I(capture.output(x))
formats <- lapply(vectors, function(x) { d <- sample(1:9, 1); s <- sample(c(0, 0, 2, 4), 1); list(x = I(x), digits = d, nsmall = s, text = I(format(x, digits = d, nsmall = s))) })
name <- function(n) replicate(n, paste(sample(c(letters, LETTERS, ":", ".", "(", ")"), sample(1:14, 1), TRUE), collapse = ""))
named <- lapply(c(vectors[seq(1, 120, 4)], list(rnorm(17), rnorm(40))), function(x) { n <- name(length(x)); list(x = I(x), names = I(n), text = lines(print(setNames(x, n))), gap2 = lines(print(setNames(format(x, digits = 4), n), print.gap = 2, quote = FALSE))) })
tables <- lapply(1:30, function(i) {
  k <- sample(1:7, 1); r <- sample(1:5, 1)
  x <- matrix(unlist(lapply(1:k, function(j) if (runif(1) < .5) near(r) else replicate(r, number()))), r, k, dimnames = list(make.unique(name(r)), name(k)))
  list(x = x, rows = I(rownames(x)), cols = I(colnames(x)), matrix = lines(print(x)), frame = lines(print(as.data.frame(x))), text = lines(print(format(round(x, 2), nsmall = 2), quote = FALSE)))
})
coefmats <- lapply(1:60, function(i) {
  r <- sample(1:6, 1); se <- 10^runif(1, -4, 4) * runif(r, .1, 3); est <- rnorm(r) * se * 10^runif(r, -2, 2); t <- est / se
  x <- cbind(Estimate = est, "Std. Error" = se, "t value" = t)
  if (i %% 3 == 0) x <- cbind(x[, 1:2, drop = FALSE], df = runif(r, 2, 300), x[, 3, drop = FALSE], "Pr(>|t|)" = 2 * pt(-abs(t), 20))
  if (i %% 3 == 1) x <- cbind(x, "Pr(>|t|)" = c(0, 1e-18, runif(1), 1e-5, 1, .04)[sample(6, r)])
  rownames(x) <- make.unique(name(r)); d <- sample(c(4, 4, 5, 6, 3), 1)
  list(x = x, rows = I(rownames(x)), cols = colnames(x), digits = d, text = lines(printCoefmat(x, digits = d)))
})
pvalues <- lapply(1:80, function(i) { p <- replicate(sample(1:5, 1), sample(c(runif(1), 10^runif(1, -20, 0), 1e-4, 0, 1, 1e-17), 1)); d <- sample(1:8, 1); list(x = I(p), digits = d, text = I(format.pval(p, d))) })
words <- c("(Intercept)", "Days", "MachineB", "recipeB:temperature.L", "log_uranium", "floor:log_uranium", "factor(county)BIG STONE", "nutrient8:amdclipped", "poly(age, 3)1", "I(x^2)", "scale(Days)", "aeiouaeiou", "ABCDEFGHIJ", "Internal Medicine Dept", "x", "temperature.L", "temperature.Q", "temperature.C", "temperature^4", "temperature^5", "recipeB", "recipeC", "statusPetri.Plate", "statusTransplant", "standLRT:schavg")
abbreviations <- c(list(list(x = words, n = 6, text = unname(abbreviate(words, 6))), list(x = words, n = 11, text = unname(abbreviate(words, 11)))),
  lapply(1:60, function(i) { w <- name(sample(2:6, 1)); n <- sample(c(3, 4, 6, 11), 1); list(x = I(w), n = n, text = I(unname(abbreviate(w, n)))) }))
zaps <- lapply(vectors[1:40], function(x) { d <- sample(2:7, 1); list(x = I(x), digits = d, zap = I(zapsmall(x, d)), signif = I(signif(x, d))) })
cats <- lapply(vectors[1:60], function(x) { list(x = x[1], text = capture.output(cat(x[1])), round1 = capture.output(cat(round(x[1], 1)))) })
wraps <- lapply(c("Linear mixed model fit by REML. t-tests use Satterthwaite's method [lmerModLmerTest]", "short", paste(rep("word", 50), collapse = " ")), function(s) list(x = s, width = 75, text = I(strwrap(s, width = 75)), exdent = I(strwrap(s, width = 75, exdent = 2))))
cat(toJSON(list(formats = formats, named = named, tables = tables, coefmats = coefmats, pvalues = pvalues, abbreviations = abbreviations, zaps = zaps, cats = cats, wraps = wraps), digits = NA, auto_unbox = TRUE, na = "string"))
