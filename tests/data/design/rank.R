# Makes rank.json: rank-deficient matrices and the columns that R's qr() (LINPACK, tol 1e-7) keeps, from 1.
library(jsonlite)
set.seed(11)
one <- function(i) {
  n <- 12
  d <- data.frame(x = round(rnorm(n), 2), z = round(rnorm(n), 2), a = factor(sample(c("p", "q", "r"), n, TRUE)), b = factor(sample(c("u", "v"), n, TRUE)))
  f <- list(~ a:b + x, ~ a * b - a, ~ x + I(2 * x) + z, ~ 0 + a + b + x + I(x + z) + z, ~ x + I(0 * x) + z, ~ I(x - z) + z + x + a, ~ a * b * x, ~ x + I(x + 1e-9 * z) + z,
            ~ x + I(x + 1e-6 * z) + z, ~ I(1e8 * x) + I(1e-8 * x) + z, ~ a + b + a:b + z + x:z + I(x * z))[[(i - 1) %% 11 + 1]]
  X <- model.matrix(f, d)
  q <- qr(X, tol = 1e-7, LAPACK = FALSE)
  list(X = unname(X), kept = sort(q$pivot[seq_len(q$rank)]))
}
cat(toJSON(lapply(1:88, one), digits = I(17)), file = "rank.json")
