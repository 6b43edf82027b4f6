# Golden answers for tests/extract/test_two_terms.py: lme4 1.1-31, lmerTest.
# Run: Rscript two_terms.R > two_terms.json
suppressMessages({library(lmerTest); library(jsonlite); library(numDeriv)})
d <- read.csv("two_terms.csv", stringsAsFactors = TRUE)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-9, maxfun = 1e5))
flat <- function(x) list(rows = rownames(x), cols = colnames(x), x = unname(as.matrix(x)))
formulas <- c(
  above = "y ~ x + (1 | g) + (0 + z | g) + (1 | h)",
  below = "y ~ x + (1 | g) + (0 + z | g) + (1 | k)",
  vectors = "y ~ x + (0 + x + z | g) + (1 | g) + (1 | k)"
)
answer <- function(formula) {
  m <- lmer(as.formula(formula), d, control = control)
  modes <- ranef(m, condVar = TRUE)
  errors <- lapply(modes, function(each) {
    v <- attr(each, "postVar")
    v <- if (is.list(v)) do.call(cbind, lapply(v, function(a) t(matrix(apply(a, 3, diag), nrow = dim(a)[1])))) else t(matrix(apply(v, 3, diag), nrow = dim(v)[1]))
    list(rows = rownames(each), cols = colnames(each), x = sqrt(v))
  })
  r <- ranova(m)
  frame <- as.data.frame(VarCorr(m))
  list(formula = formula, crit = REMLcrit(m), ranef = lapply(modes, flat), se = errors, coef = lapply(unclass(coef(m)), flat),
    VarCorr = frame, ranova = list(rows = rownames(r), npar = r$npar, logLik = r$logLik, LRT = r$LRT, Df = r$Df))
}
slopes <- lmer(y ~ x + (0 + x + z | g), d, control = control)
r <- ranova(slopes)
reduced <- ranova(slopes, reduce.terms = FALSE)
out <- c(lapply(formulas, answer), list(slopes = list(rows = rownames(r), npar = r$npar, logLik = r$logLik, LRT = r$LRT, Df = r$Df, p = r[["Pr(>Chisq)"]], whole = rownames(reduced), whole_LRT = reduced$LRT)))
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", dataframe = "columns"))
