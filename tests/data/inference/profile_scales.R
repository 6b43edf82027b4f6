# lme4 1.1-31, R 4.2.2: Rscript profile_scales.R writes profile_scales.json: 95 % profile limits by the definition.
#
# deviance(theta, sigma) is R's own, from the environment of lme4's ML deviance function. With one parameter held at psi
# it is minimized over everything else by minqa's bobyqa; the limits are where it is qchisq(0.95, 1) above its minimum.
suppressMessages({library(lme4); library(minqa); library(jsonlite)})
options(digits = 10)
radon <- read.csv("../../../pylmer/datasets/tables/radon.csv")
Arabidopsis <- read.csv(gzfile("../sets/Arabidopsis.csv.gz"))
Machines <- read.csv("../../../pylmer/datasets/tables/Machines.csv", colClasses = c(Worker = "factor", Machine = "factor"))
cut <- qchisq(0.95, 1)

model <- function(formula, data) {
  fit <- suppressMessages(suppressWarnings(
    lmer(formula, data, REML = FALSE, control = lmerControl(optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12)))))
  f <- suppressMessages(lmer(formula, data, REML = FALSE, devFunOnly = TRUE))
  e <- environment(f)
  n <- nrow(data)
  deviance <- function(theta, sigma) {
    f(theta)
    e$pp$ldL2() + n * log(2 * pi * sigma^2) + (e$resp$wrss() + e$pp$sqrL(1)) / sigma^2
  }
  list(fit = fit, profiled = f, deviance = deviance, theta = getME(fit, "theta"), sigma = sigma(fit))
}
# theta of a relative covariance that may be singular
root <- function(S) {
  e <- eigen(S, symmetric = TRUE)
  Q <- qr(t(e$vectors %*% (sqrt(pmax(e$values, 0)) * diag(nrow(S)))))
  L <- t(qr.R(Q))
  L <- L %*% diag(ifelse(diag(L) < 0, -1, 1), nrow(L))
  L[lower.tri(L, TRUE)]
}
minimum <- function(f, x, low, high = rep(Inf, length(x))) {
  best <- list(par = x, fval = Inf)
  for (rho in c(0.1, 0.02, 0.05)) {
    found <- if (length(x) > 1) bobyqa(best$par, f, low, high, control = list(rhobeg = rho, rhoend = 1e-8, maxfun = 2e4))
             else optim(best$par, f, method = "Brent", lower = max(low, best$par - 5), upper = min(high, best$par + 5))[c("par", "value")]
    names(found)[names(found) == "value"] <- "fval"
    if (found$fval < best$fval) best <- found[c("par", "fval")]
  }
  best
}
# excess(psi, x): least deviance above the minimum, and where
limits <- function(excess, psi, x, step, lowest = -Inf, highest = Inf) {
  sapply(c(-1, 1), function(side) {
    end <- if (side < 0) lowest else highest
    at <- psi; from <- x; inner <- psi
    repeat {
      inner <- at
      at <- side * min(side * (at + side * step), side * end)
      found <- excess(at, from)
      if (found$value > cut) break
      if (at == end) return(end)
      from <- found$x
    }
    uniroot(function(p) { e <- excess(p, from); if (e$value < cut) from <<- e$x; e$value - cut }, sort(c(inner, at)),
            tol = 1e-7 * max(1e-3, abs(at)))$root
  })
}
theta_limits <- function(m, k) {
  low <- getME(m$fit, "lower"); least <- m$profiled(m$theta)
  others <- length(m$theta) > 1
  excess <- function(psi, x) {
    full <- function(x) replace(replace(m$theta, -k, x), k, psi)
    if (!others) return(list(value = m$profiled(psi) - least, x = x))
    found <- minimum(function(x) m$profiled(full(x)), pmax(x, low[-k]), low[-k])
    list(value = found$fval - least, x = found$par)
  }
  limits(excess, m$theta[[k]], m$theta[-k], max(0.1, abs(m$theta[[k]])) / 4, low[k])
}
# covariance (i, j) of the only term, of width l: leading rows [exp u 0; c b], c exp u sigma^2 = psi
covariance_limits <- function(m, i, j, l) {
  L <- matrix(0, l, l); L[lower.tri(L, TRUE)] <- m$theta
  order <- c(i, j, setdiff(seq_len(l), c(i, j)))
  P <- matrix(0, l, l)
  P[lower.tri(P, TRUE)] <- root((L %*% t(L) + 1e-9 * diag(l))[order, order])
  psi <- m$sigma^2 * (L %*% t(L))[i, j]
  least <- m$deviance(m$theta, m$sigma)
  free <- lower.tri(P, TRUE); free[2, 1] <- FALSE
  theta_of <- function(x, psi) {
    P[free] <- x[-length(x)]
    P[1, 1] <- exp(P[1, 1])
    P[2, 1] <- psi / exp(2 * x[length(x)]) / P[1, 1]
    S <- matrix(0, l, l); S[order, order] <- P %*% t(P)
    root(S)
  }
  excess <- function(psi, x) {
    found <- minimum(function(x) m$deviance(theta_of(x, psi), exp(x[length(x)])), x, rep(-Inf, length(x)))
    list(value = found$fval - least, x = found$par)
  }
  P[1, 1] <- log(P[1, 1])
  sds <- m$sigma * sqrt(diag(L %*% t(L)))
  limits(excess, psi, c(P[free], log(m$sigma)), max(sds[i] * sds[j] / 3, 0.02 * m$sigma^2))
}
# par of a structured term through theta of the unstructured one: par holds relative standard deviations, then rho
par_limits <- function(m, start, theta_of, k, lowest, highest) {
  f <- function(par) m$profiled(theta_of(par))
  best <- minimum(f, start, lowest, highest)
  excess <- function(psi, x) {
    found <- minimum(function(x) f(replace(replace(best$par, -k, x), k, psi)), x, lowest[-k], highest[-k])
    list(value = found$fval - best$fval, x = found$par)
  }
  limits(excess, best$par[k], best$par[-k], 0.1 * max(0.5, best$par[k]), lowest[k], highest[k])
}

us <- list(
  list(data = "sleepstudy", formula = "Reaction ~ Days + (Days | Subject)", width = 2),
  list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  list(data = "Pastes", formula = "strength ~ 1 + (1 | batch/cask)"),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (Days || Subject)"),
  list(data = "radon", formula = "log_radon ~ floor + (1 + floor | county)", width = 2),
  list(data = "Arabidopsis", formula = "sqrt(total.fruits + 1) ~ nutrient + (nutrient | popu)", width = 2),
  list(data = "Machines", formula = "score ~ Machine + (0 + Machine | Worker)", width = 3)
)
out <- lapply(us, function(case) {
  cat(case$formula, "\n")
  m <- model(as.formula(case$formula), get(case$data))
  theta <- t(sapply(seq_along(m$theta), function(k) theta_limits(m, k)))
  pairs <- if (is.null(case$width)) NULL else which(lower.tri(diag(case$width)), arr.ind = TRUE)
  covariance <- if (is.null(pairs)) list() else t(apply(pairs, 1, function(p) covariance_limits(m, p[1], p[2], case$width)))
  print(theta); print(covariance)
  c(case, list(names = names(m$theta), theta = theta, covariance = unname(covariance)))
})

chol_theta <- function(d, C) root(diag(d) %*% C %*% diag(d))
equal <- function(rho, l) { C <- matrix(rho, l, l); diag(C) <- 1; C }
sleep <- model(Reaction ~ Days + (Days | Subject), sleepstudy)
machines <- model(score ~ Machine + (0 + Machine | Worker), Machines)
cs <- list(
  list(data = "sleepstudy", formula = "Reaction ~ Days + cs(Days | Subject)", par = t(sapply(1:3, function(k)
    par_limits(sleep, c(0.93, 0.22, 0.1), function(p) chol_theta(p[1:2], equal(p[3], 2)), k, c(0, 0, -1), c(Inf, Inf, 1))))),
  list(data = "Machines", formula = "score ~ Machine + cs(0 + Machine | Worker, hom = TRUE)", par = t(sapply(1:2, function(k)
    par_limits(machines, c(5, 0.6), function(p) chol_theta(rep(p[1], 3), equal(p[2], 3)), k, c(0, -0.5), c(Inf, 1)))))
)
print(cs)

# no effects at all: both standard deviations are estimated as zero
set.seed(3)
nothing <- data.frame(x = rep(seq(-1, 1, length.out = 6), 12), g = rep(sprintf("g%02d", 1:12), each = 6))
nothing$y <- round(1 + nothing$x + rnorm(72), 6)
zero <- model(y ~ x + (x | g), nothing)
print(zero$theta)
vanished <- list(y = nothing$y, theta = t(sapply(c(1, 3), function(k) theta_limits(zero, k))),
                 covariance = covariance_limits(zero, 1, 2, 2))
print(vanished)
write_json(list(us = out, cs = cs, vanished = vanished), "profile_scales.json", digits = 10, auto_unbox = TRUE, matrix = "rowmajor")
