# R 4.2.2, lme4 1.1-31: Rscript anova_lm.R writes anova_lm.json
suppressMessages({library(lme4); library(jsonlite)})
options(width = 80)
data(cake); data(sleepstudy)
w <- rep(c(1, 2, 0.5), 60)
formulas <- list(
  list("Reaction ~ Days"), list("Reaction ~ Days * Subject"), list("Reaction ~ 0 + Days"), list("Reaction ~ 1"),
  list("Reaction ~ Days + I(2 * Days)"), list("Reaction ~ offset(2 * Days) + Days"), list("angle ~ recipe * temperature", "cake"),
  list("angle ~ recipe:temperature + recipe", "cake"), list("Reaction ~ Days + I(Days^2)", weights = TRUE)
)
one <- lapply(formulas, function(m) {
  d <- if (length(m) > 1 && is.null(m$weights)) cake else sleepstudy
  f <- as.formula(m[[1]])
  fit <- if (is.null(m$weights)) lm(f, d) else lm(f, d, weights = w)
  t <- anova(fit)
  list(formula = m[[1]], data = if (identical(d, cake)) "cake" else "sleepstudy", weights = !is.null(m$weights),
       columns = lapply(as.list(t), I), page = capture.output(print(t)))
})
several <- lapply(list(
  c("Reaction ~ Days", "Reaction ~ Days + I(Days^2)", "Reaction ~ Days * Subject"), c("Reaction ~ Days * Subject", "Reaction ~ Days"),
  c("Reaction ~ Days", "Reaction ~ 0 + I(Days + 1)"), c("Reaction ~ 1", "Reaction ~ Subject")
), function(f) {
  t <- do.call(anova, lapply(f, function(x) eval(bquote(lm(.(as.formula(x)), sleepstudy)))))
  list(formulas = f, columns = lapply(as.list(t), I), page = capture.output(print(t)))
})
M1 <- lmer(Reaction ~ Days + (1 | Subject), sleepstudy)
M0 <- lm(Reaction ~ Days, sleepstudy)
M2 <- lm(Reaction ~ Days * Subject, sleepstudy)
mixed <- lapply(list(
  list(names = c("M1", "M0"), t = anova(M1, M0)), list(names = c("M1", "M2"), t = anova(M1, M2)), list(names = c("M1", "M0", "M2"), t = anova(M1, M0, M2)),
  list(names = c("M1", "M0"), refit = FALSE, t = anova(M1, M0, refit = FALSE))
), function(x) list(names = x$names, refit = is.null(x$refit), columns = lapply(as.list(x$t), I), rows = rownames(x$t), page = capture.output(print(x$t))))
writeLines(toJSON(list(one = one, several = several, mixed = mixed), auto_unbox = TRUE, na = "null", digits = I(10)), "anova_lm.json")
