# What check_model draws: leverages and Cook's distances of glm (stats), its overdispersion (performance 0.10.2), binned
# residuals (arm 1.13), the bandwidth of a density; on the data of collinearity.json. Rscript checks.R writes checks.json
suppressMessages({library(performance); library(arm); library(jsonlite)})
d <- as.data.frame(fromJSON("collinearity.json")$data)
d$f <- factor(d$f, c("low", "mid", "high"))
d$t <- rep(c(3, 5, 8, 2), 30)
d$u <- pmin(d$k, d$t)
models <- list(
  list(formula = "k ~ x + z + f", family = "poisson"),
  list(formula = "s ~ x + z + f", family = "binomial"),
  list(formula = "cbind(u, t - u) ~ x + f", family = "binomial"),
  list(formula = "I(k + 1) ~ x + z", family = "Gamma")
)
out <- lapply(models, function(m) {
  family <- if (m$family == "Gamma") Gamma("log") else m$family
  fit <- do.call(glm, list(as.formula(m$formula), family = family, data = quote(d),
                           control = quote(glm.control(epsilon = 1e-14, maxit = 100))))
  over <- if (m$family == "Gamma" || grepl("^s", m$formula)) NULL else unclass(check_overdispersion(fit))
  b <- if (grepl("^s", m$formula)) as.list(as.data.frame(binned.resids(fitted(fit), resid(fit, "response"), 11)$binned))
  c(m, list(hat = unname(hatvalues(fit)), cook = unname(cooks.distance(fit)), binned = b,
            over = over[c("chisq_statistic", "dispersion_ratio", "residual_df", "p_value")]))
})
dens <- density(d$y, bw = bw.nrd0(d$y), n = 512, from = min(d$y), to = max(d$y))
write(toJSON(list(models = out, t = d$t, u = d$u, bw = bw.nrd0(d$y), x = dens$x[seq(1, 512, 73)],
                  density = dens$y[seq(1, 512, 73)]),
             digits = 12, auto_unbox = TRUE, null = "null"), "checks.json")
