# What R makes of expressions and formulas: Rscript golden.R (run in tests/data/language; needs jsonlite and lme4; made with
# R 4.2.2 and lme4 1.1-31). Reads expressions.json and formulas.json, writes golden.json.
suppressMessages({library(jsonlite); library(lme4)})
ok <- function(x) !inherits(x, "try-error")

# deparse: one line without L after integers (names of coefficients), and lines as calls are printed
deparsed <- lapply(fromJSON("expressions.json"), function(text) {
  node <- try(parse(text = text, keep.source = FALSE)[[1]], silent = TRUE)
  if (!ok(node)) return(list(text = text, refused = TRUE))
  label <- attr(terms(as.formula(bquote(~ I(.(node))))), "term.labels")
  list(text = text, label = label, lines = I(deparse(node)))
})

# terms: labels, intercept, offsets (positions among the variables, the response first)
frame <- data.frame(y = 1, a = 1, b = 1, x = 1, z = 1, h = 1, w = 1)
frame[["my v"]] <- 1
expanded <- suppressWarnings(lapply(fromJSON("formulas.json"), function(text) {
  found <- try(terms(as.formula(text), data = frame), silent = TRUE)
  if (!ok(found)) return(list(text = text, refused = TRUE))
  list(text = text, labels = I(attr(found, "term.labels")), intercept = attr(found, "intercept"),
       offsets = I(as.integer(attr(found, "offset"))))
}))

# update
old <- c("y ~ x + z + (x | g)", "y ~ 1 + (1 | g)", "y ~ 0 + x + (1 | g)", "y ~ x*z + (1|g)", "y ~ (x || g) + z",
         "y ~ (1|a/b) + x", "y ~ x + offset(w) + (1|g)", "log(y) ~ x + (1 | g) - 1", "y ~ -1 + x", "y ~ b:a + a + b + (1|g)",
         "y ~ x + ((1|g)+(1|h))", "y ~ poly(x,2) + (1|g)", "y ~ 0", "y ~ x+offset(w)+offset(k)-1", "y ~ I(a|b) + z + (1 | g)",
         "y ~ cs(x|g) + x", "y ~ x + diag(x|g, hom=TRUE)", "a + b ~ x + (1 | g)", "y ~ `a b` + (1 | `c d`)", "~ x + (1|g)")
new <- c(". ~ .", ". ~ . + w", ". ~ . - z", ". ~ . - (x | g)", ". ~ . - (x | g) + (1 | g)", "log(.) ~ .", "1/. ~ .", "~ . + w",
         ". ~ . - 1", ". ~ 0 + .", ". ~ . + offset(k)", ". ~ . - x - z", ". ~ x*z + .", ". ~ . + (w | h) - (x | g)", ". ~ 1",
         ". ~ . + (x || h)", ". ~ . + (1 | h/k)", ". ~ w", "w ~ .", ". ~ . - (1 | g)", ". ~ . + I(x^2) + log(z)", ". ~ . - (1 | h)")
updated <- list()
for (o in old) for (n in new) {
  result <- deparse(update(as.formula(o), as.formula(n)), 500)
  updated[[length(updated) + 1]] <- list(old = o, new = n, result = result)
}

# bars
bars <- c("y~(1|g)-1", "y~(1|g)+0", "y~0+(1|g)", "y~x-1+(1|g)", "y~(x+(1|g))", "y~((1|g))", "y~((1|g)+(1|h))+x", "y~+(1|g)", "y~(1|g)",
          "y~x+(x||g)", "y~x+(1|a/b)", "y~x+(x||a/b)", "y~(x+z||g)", "y~(0+x||g)", "y~(a*x||g)", "y~(x-1||g)", "y~(1|a)+(x||b)+(1|c)",
          "y~(poly(x,2)||g)", "y~x+((x||g))+z", "y~((1|g)-1)", "y~(1|a:b)", "y~(log(x)+1|factor(g))", "y~(1|g)+x+(0+x|g)-1")
barred <- lapply(bars, function(text) {
  f <- as.formula(text)
  list(text = text, nobars = deparse(nobars(f), 500), bars = I(sapply(findbars(f), deparse, 500)),
       shown = deparse(expandDoubleVerts(f), 500))
})

# calls as a fit prints them
formulas <- c("log_radon ~ 1 + (1 | county)", "log_radon ~ floor + (1 | county)", "log_radon ~ floor + log_uranium + (1 | county)",
  "log_radon ~ floor + (1 + floor | county)", "log_radon ~ floor * log_uranium + (1 + floor | county)",
  "Reaction ~ Days + (Days | Subject)", "Reaction ~ Days + ((1 | Subject) + (0 + Days | Subject))",
  "angle ~ recipe * temperature + (1 | recipe:replicate)", "log(y) ~ poly(x, 2L) + scale(a.very.long.column.name) + (1 | school/class)",
  "a.response ~ first.predictor + second.predictor + third.predictor + fourth.predictor + fifth + (1 + first.predictor | a.group)",
  "I(Reaction + a.very.long.variable.name - another.long.variable.name) ~ Days + (Days | Subject)", "~x + (1 | g)",
  "y ~ a.very.long.column.name:another.very.long.column.name:a.third.very.long.column.name + x + (1 | g)")
others <- list(list(data = quote(radon)), list(data = quote(a.long.name.of.data), REML = FALSE),
  list(data = quote(d), weights = quote(w), subset = quote(x > 2 & z < 10000L), na.action = "na.exclude", REML = FALSE),
  list(data = quote(d), control = quote(lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5), check.nobs.vs.nlev = "ignore"))))
called <- list()
for (f in formulas) for (o in others) {
  call <- as.call(c(list(quote(lmer), formula = parse(text = f, keep.source = FALSE)[[1]]), o))
  rest <- vapply(names(o), function(n) paste(n, "=", paste(deparse(o[[n]], 500), collapse = "")), "")
  called[[length(called) + 1]] <- list(formula = f, rest = paste(rest, collapse = ", "), lines = I(deparse(call)))
}

write(toJSON(list(called = called, deparsed = deparsed, terms = expanded, updated = updated, bars = barred), auto_unbox = TRUE, pretty = 1),
      "golden.json")
