# Makes forms.json: what R's functions give in all their forms of arguments (the expressions of forms.txt) on columns
# with NA, infinities, negative numbers, ties, integers, logicals and factors.  Rscript forms.R  (R 4.2.2, lme4 1.1-31)
suppressMessages({library(splines); library(lme4); library(jsonlite)})
d <- data.frame(
 x = c(1.5, NA, -2, 0.5, 0.5, 3, 2.25, -1, 0, 1.5, 4, 2),
 p = c(0.3, 1.1, 2.7, 0.6, 1.1, 3.9, 2.2, 4.4, 0.9, 1.7, 2.05, 3.3),
 w = c(1, NA, NA, Inf, -Inf, 0, 2, -1, 0.5, 3, 1, 7),
 i = c(1L, 2L, 3L, 1L, 2L, 3L, 3L, 2L, 1L, 1L, 2L, 3L),
 j = c(3L, NA, 1L, 2L, -4L, 0L, 7L, 3L, NA, 10L, 1L, 2L),
 u = c(0.3, 0.1 + 0.2, 0.7, 0.3, 0.7, 1.5, 2, 2, 0.7, 1.5, 0.3, 2),
 big = c(1e5, 2e5, 1e5, 123456, 1e5, 2e5, 123456, 1e5, 2e5, 2e5, 1e5, 123456),
 bi = c(100000L, 200000L, 100000L, 123456L, 100000L, 200000L, 123456L, 100000L, 200000L, 200000L, 100000L, 123456L),
 lg = c(TRUE, FALSE, TRUE, TRUE, FALSE, FALSE, TRUE, FALSE, TRUE, FALSE, TRUE, FALSE),
 ln = c(TRUE, NA, FALSE, TRUE, FALSE, NA, TRUE, FALSE, TRUE, FALSE, TRUE, FALSE),
 s = c("b", "a", "c", "a", "B", "b", "c", "a", "b", "c", "a", "b"),
 sn = c("b", NA, "c", "a", "a", "b", "c", NA, "b", "c", "a", "b"), stringsAsFactors = FALSE)
d$f <- factor(c("a","b","c","a","b","c","c","b","a","a","b","c"))
d$fn <- factor(c("a",NA,"c","a","b","c","c",NA,"a","a","b","c"), levels = c("c","zz","b","a"))
d$o <- factor(c("lo","hi","mid","lo","hi","mid","mid","hi","lo","lo","hi","mid"), levels = c("lo","mid","hi"), ordered = TRUE)
d$on <- factor(c(1,2,3,1,2,3,3,2,1,1,2,10), levels = c(10, 1, 2, 3), ordered = TRUE)
d$fi <- factor(c(1,2,3,1,2,3,3,2,1,1,2,10), levels = c(1, 2, 3, 10))
d$fd <- factor(c(2.5,1,2.5,1,10,10,1,2.5,1,10,10,1), levels = c(10, 1, 2.5, 7))
d$d <- as.Date(c("2020-01-03","2020-01-01","2020-01-02",NA,"2020-01-03","2020-01-05","2019-12-31","2020-01-01","2020-02-01","2020-01-03","2020-01-04","2020-01-02"))
numbers <- function(v) I(sprintf("%.17g", as.numeric(v)))
coded <- function(v) {
  m <- tryCatch(contrasts(v), error = function(e) NULL)
  if (is.null(attr(v, "contrasts")) || is.null(m)) return(list())
  list(contrasts = numbers(m), columns = I(if (is.null(colnames(m))) rep("", ncol(m)) else colnames(m)))
}
shown <- function(v) {
  if (is.null(v)) return(list(kind = "NULL"))
  if (is.factor(v)) return(c(list(kind = "factor", codes = I(as.integer(v)), levels = I(levels(v)), ordered = is.ordered(v)), coded(v)))
  if (is.matrix(v)) return(list(kind = "matrix", values = numbers(v), names = I(if (is.null(colnames(v))) rep("", ncol(v)) else colnames(v))))
  if (is.logical(v)) return(list(kind = "logical", values = I(as.vector(v))))
  if (is.character(v)) return(list(kind = "text", values = I(as.vector(v))))
  list(kind = "numeric", values = numbers(v))  # dates among them: a model sees their days
}
out <- lapply(readLines("forms.txt"), function(text) {
  value <- tryCatch(shown(suppressWarnings(eval(parse(text = text)[[1]], d, globalenv()))), error = function(e) list(error = conditionMessage(e)))
  c(list(expression = text), value)
})
lines <- vapply(out, function(case) toJSON(case, auto_unbox = TRUE, null = "null", na = "null", digits = NA), "")
writeLines(c("[", paste0(lines, c(rep(",", length(lines) - 1), "")), "]"), "forms.json")
