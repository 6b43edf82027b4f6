# Makes golden.json: what R's functions give on the columns of ../formulas/d.csv and dn.csv.
# Rscript golden.R  (R 4.2.2, lme4 1.1-31, jsonlite)
suppressMessages({library(splines); library(lme4); library(jsonlite)})
read <- function(name) {
  d <- read.csv(file.path("..", "formulas", name), check.names = FALSE, colClasses = c(num_chr = "character"))
  for (v in c("a", "b", "g", "h")) d[[v]] <- factor(d[[v]])
  d$u <- factor(d$u, levels = c("p", "q", "r"))
  d$rev <- factor(d$rev, levels = c("r", "q", "p"))
  d$o <- factor(d$o, levels = c("low", "med", "high", "top"), ordered = TRUE)
  d
}
full <- c(
  "x + z", "x - 1L", "2 * x", "x / z", "-x^2", "2^-1", "cnt %% 2", "cnt %/% 2", "-cnt %% 4L", "x %% 0.7", "x %/% 0.7", "5 %% -3",
  "bigi / 3L", "lg + 1", "x > 2", "x <= z", "cnt == 1", "x != 2", "a == \"a1\"", "a != b", "o > \"med\"", "o <= \"med\"", "f < \"mid\"", "f == \"lo\"",
  "lg & x > 2", "lg | b == \"b2\"", "!lg", "xor(lg, x > 2)", "a %in% c(\"a1\", \"a3\")", "cnt %in% c(1, 3)", "f %in% \"lo\"", "num_chr %in% c(9, 2)", "1:3", "3:1", "a:b",
  "I(x^2)", "log(z)", "log(z, 2)", "log(z, base = 10)", "log(b = 3, z)", "log2(z)", "log10(z)", "log1p(z)", "exp(x)", "expm1(x)", "sqrt(z)", "abs(y)", "abs(floor - 2L)",
  "sin(x)", "cos(x)", "tan(x)", "atan(x)", "floor(x)", "ceiling(x)", "trunc(y)", "sign(y)", "plogis(x)", "qlogis(plogis(x))", "pnorm(x)", "gamma(z)", "lgamma(z)", "cumsum(x)",
  "round(x)", "round(x, 1)", "round(x, digits = 2)", "round(c(0.5, 1.5, 2.5, -0.5, 0.15, 2.675, 0.25, 0.35, -1.005))", "round(c(0.15, 2.675, 0.25, 0.35, -1.005, 1234.5), 1)", "round(1234.5, -2)", "signif(c(123456.7, 0.00123456), 3)",
  "pmin(x, 2)", "pmax(x, z)", "pmin(x, z, y)", "ifelse(x > 2, 1, 0)", "ifelse(x > 2, x, z)", "ifelse(x > 2, \"hot\", \"cold\")", "ifelse(lg, a, 0)", "ifelse(x > 2, TRUE, FALSE)",
  "mean(x)", "sd(x)", "var(x)", "median(x)", "mad(x)", "IQR(x)", "sum(x)", "min(x, z)", "max(cnt)", "prod(z)", "range(x)", "quantile(x, c(0.1, 0.5))", "quantile(x)", "length(x)", "nlevels(a)", "levels(o)",
  "any(lg)", "all(lg)", "rank(x)", "rank(cnt)", "ave(x, g)", "ave(x, a, b)", "ave(x, g, FUN = sd)", "x - ave(x, g)", "rev(cnt)",
  "factor(cnt)", "factor(dec)", "factor(big)", "factor(bigi)", "factor(f)", "factor(mixed)", "factor(num_chr)", "factor(lg)", "factor(a, levels = c(\"a3\", \"a1\", \"a2\"))", "factor(a, levels = c(\"a3\", \"a1\"))",
  "factor(floor, labels = c(\"gnd\", \"first\"))", "factor(floor, levels = 1:0)", "factor(cnt, labels = \"L\")", "factor(a, labels = c(\"p\", \"q\", \"p\"))", "factor(u)", "factor(o)", "factor(f, ordered = TRUE)", "factor(c(0.1 + 0.2, 0.3, 1/3, 1e15, 1e-5, 123456.7))",
  "as.factor(floor)", "as.factor(f)", "as.factor(lg)", "ordered(f, levels = c(\"lo\", \"mid\", \"hi\"))", "ordered(cnt)", "as.ordered(f)", "relevel(a, \"a2\")", "relevel(a, ref = 3)", "relevel(rev, \"q\")", "droplevels(u)",
  "interaction(a, b)", "interaction(a, b, sep = \"_\")", "interaction(a, b, lex.order = TRUE)", "interaction(a, u, drop = TRUE)", "interaction(a, b, floor)", "interaction(f, lg)",
  "cut(x, c(-5, 1, 2, 9))", "cut(x, 3)", "cut(x, 3, labels = FALSE)", "cut(x, c(-5, 1, 2, 9), right = FALSE)", "cut(x, c(1, 2, 3), include.lowest = TRUE)", "cut(x, c(-5, 2, 9), labels = c(\"low\", \"high\"))", "cut(x, 4, dig.lab = 2, ordered_result = TRUE)",
  "cut(x, quantile(x))", "cut(x, c(0, 2, Inf))", "cut(x, breaks = c(-Inf, 2, Inf))", "cut(cnt * 1e6 + 123456, 3)", "cut(c(1, 2, 3), c(1, 2, 3), right = FALSE, include.lowest = TRUE)", "cut(c(5, 5), 2)", "findInterval(x, c(1, 2, 3))",
  "as.numeric(a)", "as.numeric(num_chr)", "as.numeric(factor(num_chr))", "as.numeric(as.character(factor(num_chr)))", "as.numeric(lg)", "as.integer(y)", "as.integer(o)", "as.character(a)", "as.character(dec)", "as.character(big)", "as.character(bigi)", "as.character(lg)",
  "as.logical(floor)", "as.logical(c(\"TRUE\", \"T\", \"true\", \"F\", \"yes\"))", "is.na(x)", "is.finite(c(1, Inf, NaN))", "is.factor(a)", "is.numeric(a)", "unclass(a)",
  "c(1, 2L, TRUE)", "c(\"a\", 1.5)", "c(TRUE, FALSE)", "rep(c(1, 2), 3)", "rep(c(1, 2), each = 2)", "rep(c(\"a\", \"b\"), c(2, 1))", "rep(1:2, length.out = 5)", "rep(c(1, 2), times = 2, each = 2)", "seq(1, 10, by = 2.5)", "seq(0, 1, length.out = 5)", "seq(3)", "seq(5, 1)", "seq_len(3)", "seq_along(c(5, 6))",
  "paste(a, b)", "paste(a, b, sep = \"_\")", "paste0(\"g\", floor)", "cbind(x, z)", "cbind(u = x, z)", "cbind(x, 2 * z)", "cbind(1, x)",
  "poly(x, 2)", "poly(x, degree = 3)", "poly(x, 2, raw = TRUE)", "poly(x, 1)", "poly(x, z, degree = 2)", "poly(x, z, degree = 2, raw = TRUE)", "poly(cbind(x, z), 2)", "poly(x, 2)[, 1]", "poly(x, 3)[, 2:3]", "poly(x, 2)[, -1]", "poly(x, 2)[, \"2\"]", "poly(cnt + 1e6, 2)",
  "bs(x)", "bs(x, df = 5)", "bs(x, knots = c(1, 2))", "bs(x, degree = 1, knots = 2)", "bs(x, df = 6, intercept = TRUE)", "bs(x, df = 5, Boundary.knots = c(0, 5))", "bs(x, degree = 2, df = 4)",
  "ns(x)", "ns(x, df = 3)", "ns(x, 4)", "ns(x, knots = c(1, 2))", "ns(x, df = 4, intercept = TRUE)", "ns(x, df = 3, Boundary.knots = c(0, 4))", "ns(x, df = 3, Boundary.knots = c(1, 3))",
  "scale(x)", "scale(x, scale = FALSE)", "scale(x, center = FALSE)", "scale(x, center = 2, scale = 3)", "scale(x, TRUE, FALSE)", "scale(cbind(x, z))", "scale(x)[, 1]", "scale(scale(x) * 2 + 1, FALSE)", "scale(x)^2 + x", "x[x > 2]", "x[1:3]", "x[-1]", "x[[2]]",
  "dummy(a)", "dummy(a, \"a2\")", "dummy(a, c(\"a1\", \"a3\"))",
  "contr.treatment(3)", "contr.treatment(4, base = 2)", "contr.treatment(c(\"u\", \"v\", \"w\"))", "contr.sum(3)", "contr.helmert(4)", "contr.poly(4)", "contr.poly(6)", "contr.poly(c(1, 2, 4))", "contr.poly(4, scores = c(1, 2, 4, 8))", "contr.SAS(3)", "contr.treatment(3, contrasts = FALSE)",
  "pi * x", "T & lg", "NULL", "as.numeric(as.Date(dt))")
holed <- c("x + 1", "x > 2", "lg & x > 2", "lg | x > 2", "!lg", "a == \"a1\"", "f == \"lo\"", "f < \"mid\"", "ifelse(x > 2, 1, 0)", "ifelse(lg, \"yes\", \"no\")", "mean(x)", "mean(x, na.rm = TRUE)", "sd(x, na.rm = TRUE)", "sum(x)", "max(x, na.rm = TRUE)",
  "pmin(x, 2)", "pmax(x, 2, na.rm = TRUE)", "scale(x)", "scale(cbind(x, z))", "bs(x, df = 4)", "ns(x, df = 3)", "poly(x, 2, raw = TRUE)", "is.na(x)", "is.na(a)", "is.na(lg)", "factor(a)", "factor(f)", "factor(x > 2)", "cut(x, 3)", "interaction(a, lg)", "a:b", "as.numeric(a)", "as.character(f)", "as.numeric(lg)",
  "x %in% c(NA, 1.6057)", "a %in% \"a1\"", "relevel(a, \"a2\")", "factor(lg)", "log(x - 1.5)", "round(x, 1)", "cbind(x, z)", "cumsum(x)", "paste(a, f)", "median(x, na.rm = TRUE)", "factor(round(x))", "as.integer(x)")
shown <- function(v) {
  if (is.null(v)) return(list(kind = unbox("NULL")))
  if (is.factor(v)) return(list(kind = unbox("factor"), codes = as.integer(v), levels = levels(v), ordered = unbox(is.ordered(v))))
  if (is.logical(v)) return(list(kind = unbox("logical"), values = as.vector(v)))
  if (is.character(v)) return(list(kind = unbox("text"), values = as.vector(v)))
  if (is.matrix(v)) return(list(kind = unbox("matrix"), values = unname(lapply(seq_len(ncol(v)), function(j) as.numeric(v[, j]))),
                                names = if (is.null(colnames(v))) rep("", ncol(v)) else colnames(v)))
  list(kind = unbox("numeric"), values = as.numeric(v))
}
answers <- function(expressions, data) lapply(expressions, function(text) {
  value <- tryCatch(suppressWarnings(shown(eval(parse(text = text)[[1]], data, globalenv()))), error = function(e) list(error = unbox(conditionMessage(e))))
  c(list(expression = unbox(text)), value)
})
coded <- c("C(a, contr.sum)", "C(a, sum)", "C(a, treatment)", "C(a, contr.treatment)", "C(a, \"contr.helmert\")", "C(h, contr.treatment, base = 2)", "C(h, contr.SAS)", "C(h, SAS)", "C(h, contr.poly)", "C(h, poly, 1)", "C(h, poly, 2)", "C(a, contr.sum(3))",
  "C(a, c(-1, 0, 1))", "C(a, cbind(lin = c(-1, 0, 1), quad = c(1, -2, 1)))", "C(a, cbind(q = c(-1, 0, 1)), 1)", "C(h, cbind(c(-3, -1, 1, 3)))", "C(o)", "C(o, contr.treatment)")
matrices <- function(expressions, data) lapply(expressions, function(text) {
  m <- model.matrix(as.formula(paste("~", text)), data)
  list(expression = unbox(text), names = colnames(m), columns = unname(lapply(seq_len(ncol(m)), function(j) unname(m[, j]))))
})
mixed <- c("a", "A", "b", "B", "_x", "1", "10", "2", "a1", "A1", "a b", "a-b", "a_b", "ab", "aB", "Ab", "AB", "\u00e1", "\u00e9", "e", "f", "ss", "\u00df", "\u00f1", "n", "o", "\u00f8", "z", "\u00e6", "ae", "\u0101", "-1", "-0.5", ".5", "Z", "\u00f6", "\u03b1", "\u0436",
  "x.y", "x y", "x,y", "(a)", "[a]", "a/b", "a&b", "a#b", "a%b", "a'b", "a+b", "a<b", "a=b", "a>b", "a|b", "a~b", "a$b", "a@b", "a*b", "a!b", "a?b", "a:b", "a;b", "School 10", "school 2", "SCHOOL 2", "\u00c1", "\u00e0", "co-op", "coop", "co op", "Co-op")
cat(toJSON(list(full = answers(full, read("d.csv")), holed = answers(holed, read("dn.csv")), contrasts = matrices(coded, read("d.csv")), collation = sort(mixed)), digits = I(17), na = "null"), file = "golden.json")
