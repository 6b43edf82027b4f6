# What R's glm gives: Rscript glm_cases.R > glm_cases.json (needs MASS, lme4 for its data, arm, jsonlite; R 4.2.2).
# All come from fits iterated to the end of their digits, the count of iterations from R's defaults.
suppressMessages({library(MASS); library(jsonlite); library(arm); data(cbpp, grouseticks, package = "lme4")})
options(width = 80, digits = 7)
clotting <- data.frame(u = c(5, 10, 15, 20, 30, 40, 60, 80, 100), lot1 = c(118, 58, 42, 35, 27, 25, 21, 19, 18),
                       lot2 = c(69, 35, 26, 21, 18, 16, 13, 12, 12), w = c(1, 2, 1, 3, 1, 1, 2, 1, 4))
ticks <- grouseticks[, c("TICKS", "YEAR", "cHEIGHT")]
gaps <- transform(cbpp, size = replace(size, c(3, 40), NA))
gaps$w <- rep(c(1, 2, 3, 2), 14)
zero <- data.frame(s = c(0, 2, 3, 0, 5, 4), f = c(4, 3, 2, 0, 1, 0), x = c(1, 2, 3, 4, 5, 6))
wells <- data.frame(switch = c(TRUE, FALSE, FALSE, TRUE, TRUE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE, TRUE),
                    dist = c(1.2, 3.4, 2.2, 0.4, 1.7, 2.9, 2.6, 1.9, 0.3, 2.0, 1.1, 0.9))
data(bacteria, Insurance, package = "MASS")
bacteria <- bacteria[, c("y", "trt", "week")]

frame_of <- function(d) lapply(d, function(x) if (is.factor(x))
  list(levels = levels(x), ordered = unbox(is.ordered(x)), values = as.character(x)) else list(values = x))
matrix_of <- function(m) list(rows = rownames(m), cols = colnames(m), values = unname(as.matrix(m)))
shown <- function(expr) capture.output(expr)

# the limits of the likelihood profile, by uniroot on refits with the coefficient held
limit <- function(fit, k, side, level = 0.95) {
  scale <- if (fit$family$family %in% c("binomial", "poisson")) 1 else if (grepl("^Neg", fit$family$family)) 1 else summary(fit)$dispersion
  X <- model.matrix(fit); se <- sqrt(diag(vcov(fit)))[k]; b <- coef(fit)[k]
  far <- qnorm(0.5 + level / 2)
  off <- if (is.null(fit$offset)) 0 else fit$offset
  root <- function(t) {
    at <- b + side * t * se
    held <- tryCatch(suppressWarnings(glm.fit(X[, -k, drop = FALSE], fit$y, weights = fit$prior.weights, offset = off + at * X[, k], family = fit$family,
                    start = coef(fit)[-k] + (at - b) * vcov(fit)[-k, k] / vcov(fit)[k, k], control = glm.control(1e-14, 200))),
                     error = function(e) list(deviance = fit$deviance + 100 * scale))  # outside the domain
    sqrt(max(0, (held$deviance - fit$deviance) / scale)) - far
  }
  b + side * se * uniroot(root, c(0.2, 20), tol = 1e-12)$root
}
limits <- function(fit) { m <- t(sapply(seq_along(coef(fit)), function(k) c(limit(fit, k, -1), limit(fit, k, 1)))); rownames(m) <- names(coef(fit)); matrix_of(m) }

case <- function(call, newdata = NULL, profile = FALSE, test = "Chisq", smaller = NULL, tables = TRUE, epsilon = 1e-14) {
  call <- substitute(call)
  page <- suppressWarnings(eval(call, globalenv()))
  exact <- call; exact$control <- bquote(glm.control(.(epsilon), 300))
  fit <- suppressWarnings(eval(exact, globalenv()))
  for (again in 1:12) {
    if (anyNA(coef(fit))) exact$mustart <- fitted(fit) else exact$start <- coef(fit)
    fit <- suppressWarnings(eval(exact, globalenv()))
  }
  fit$call <- page$call; fit$iter <- page$iter; page <- fit  # R's call and count, numbers to the end of their digits
  s <- summary(fit)
  out <- list(
    call = paste(deparse(call, width.cutoff = 500), collapse = " "), data = unbox(as.character(call$data)),
    coef = list(names = names(coef(fit)), values = unname(coef(fit))), table = matrix_of(s$coefficients), dispersion = unbox(s$dispersion),
    vcov = matrix_of(vcov(fit)), deviance = unbox(deviance(fit)), null_deviance = unbox(fit$null.deviance),
    df_residual = unbox(df.residual(fit)), df_null = unbox(fit$df.null), nobs = unbox(nobs(fit)), iterations = unbox(page$iter),
    logLik = unbox(as.numeric(logLik(fit))), df = unbox(attr(logLik(fit), "df")), AIC = unbox(AIC(fit)), BIC = unbox(BIC(fit)),
    fitted = unname(fitted(fit)), link = unname(predict(fit)), prior = unname(weights(fit, "prior")), working = unname(weights(fit, "working")),
    residuals = lapply(c(deviance = "deviance", pearson = "pearson", working = "working", response = "response"), function(t) unname(resid(fit, t))),
    se_link = unname(predict(fit, se.fit = TRUE)$se.fit), wald = matrix_of(confint.default(fit)),
    print = shown(print(page)), summary = shown(print(summary(page))), correlation = shown(print(summary(page, correlation = TRUE))),
    display = shown(display(page)), family = shown(print(page$family)))
  if (tables) out <- c(out, list(
    anova = matrix_of(as.matrix(anova(fit, test = test))), anova_page = shown(print(anova(page, test = test))),
    anova_f = matrix_of(suppressWarnings(as.matrix(anova(fit, test = "F")))),
    drop1 = matrix_of(as.matrix(suppressWarnings(drop1(fit, test = test)))), drop1_page = shown(suppressWarnings(print(drop1(page, test = test)))),
    drop1_plain = shown(suppressWarnings(print(drop1(page))))))
  if (!is.null(newdata)) {
    p <- predict(fit, newdata, type = "response", se.fit = TRUE)
    out$new <- list(data = frame_of(newdata), link = unname(predict(fit, newdata)), response = unname(p$fit), se = unname(p$se.fit))
  }
  if (profile) out$profile <- limits(fit)
  if (!is.null(smaller)) {
    less <- suppressWarnings(update(page, smaller, control = glm.control(1e-14, 300)))
    out$smaller <- unbox(as.character(smaller)[3])
    out$compared <- matrix_of(as.matrix(anova(less, fit, test = test)))
    out$compared_page <- shown(print(anova(less, page, test = test)))
  }
  out
}
four <- data.frame(period = factor(1:4))
cases <- list(
  cbind = case(glm(cbind(incidence, size - incidence) ~ period, family = binomial, data = cbpp), four, TRUE, smaller = . ~ 1),
  probit = case(glm(incidence/size ~ period, family = binomial("probit"), data = cbpp, weights = size), four, TRUE),
  cloglog = case(glm(cbind(incidence, size - incidence) ~ period, family = binomial("cloglog"), data = cbpp), four, TRUE),
  cauchit = case(glm(cbind(incidence, size - incidence) ~ period, family = binomial("cauchit"), data = cbpp), four),
  binomial_log = case(glm(cbind(incidence, size - incidence) ~ period, family = binomial("log"), data = cbpp, start = c(-1.5, -1, -1, -1)), four, tables = FALSE),
  missing = case(glm(incidence/size ~ period, family = binomial, data = gaps, weights = size)),
  exclude = case(glm(cbind(incidence, size - incidence) ~ period, family = binomial, data = gaps, na.action = na.exclude)),
  both_weights = case(glm(cbind(incidence, size - incidence) ~ period, family = binomial, data = gaps, weights = w)),
  zero_trials = case(glm(cbind(s, f) ~ x, family = binomial, data = zero), data.frame(x = c(0, 10)), TRUE),
  logical = case(glm(switch ~ dist, family = binomial, data = wells), data.frame(dist = c(0.5, 2)), TRUE),
  factor = case(glm(y ~ trt + week, family = binomial, data = bacteria), NULL, TRUE, smaller = . ~ . - trt),
  ordered = case(glm(cbind(ncases, ncontrols) ~ agegp + tobgp + alcgp, family = binomial, data = esoph)),
  interaction = case(glm(cbind(ncases, ncontrols) ~ agegp + unclass(tobgp) * unclass(alcgp), family = binomial, data = esoph), smaller = . ~ . - unclass(tobgp):unclass(alcgp)),
  poisson = case(glm(TICKS ~ YEAR + cHEIGHT, family = poisson, data = ticks), data.frame(YEAR = factor(c("95", "97")), cHEIGHT = c(0, 10)), TRUE, smaller = . ~ . - YEAR),
  sqrt = case(glm(count ~ spray, family = poisson("sqrt"), data = InsectSprays), data.frame(spray = factor(c("B", "C"))), TRUE),
  sprays = case(glm(count ~ spray, family = poisson, data = InsectSprays), data.frame(spray = factor(c("B", "C"))), TRUE),
  identity = case(glm(count ~ spray - 1, family = poisson("identity"), data = InsectSprays), tables = FALSE),
  subset = case(glm(count ~ spray, family = poisson, data = InsectSprays, subset = count > 2)),
  insurance = case(glm(Claims ~ District + Group + Age + offset(log(Holders)), family = poisson, data = Insurance)),
  offset = case(glm(Claims ~ District, family = poisson, data = Insurance, offset = log(Holders)), smaller = . ~ 1),
  aliased = case(glm(TICKS ~ YEAR + cHEIGHT + I(2 * cHEIGHT), family = poisson, data = ticks), epsilon = 1e-11),
  gamma = case(glm(lot1 ~ log(u), family = Gamma, data = clotting), data.frame(u = c(7, 50)), TRUE, "F", . ~ 1),
  gamma_log = case(glm(lot1 ~ log(u), family = Gamma("log"), data = clotting), data.frame(u = c(7, 50)), TRUE, "F"),
  gamma_weights = case(glm(lot2 ~ log(u), family = Gamma, data = clotting, weights = w), NULL, FALSE, "F"),
  inverse_gaussian = case(glm(lot1 ~ log(u), family = inverse.gaussian, data = clotting), NULL, FALSE, "F"),
  inverse_gaussian_log = case(glm(lot1 ~ log(u), family = inverse.gaussian("log"), data = clotting, weights = w), NULL, FALSE, "F"),
  gaussian = case(glm(lot1 ~ log(u), family = gaussian, data = clotting), data.frame(u = c(7, 50)), TRUE, "F"),
  gaussian_log = case(glm(lot1 ~ log(u), family = gaussian("log"), data = clotting, weights = w), NULL, FALSE, "F"),
  gaussian_inverse = case(glm(lot1 ~ log(u), family = gaussian("inverse"), data = clotting), NULL, FALSE, "F"))

negative <- function(fit, page) {
  fit$call <- page$call; fit$iter <- page$iter; page <- fit
  s <- summary(fit, dispersion = 1)
  list(coef = list(names = names(coef(fit)), values = unname(coef(fit))), table = matrix_of(s$coefficients), deviance = unbox(deviance(fit)),
       AIC = unbox(AIC(fit)), logLik = unbox(as.numeric(logLik(fit))), df = unbox(attr(logLik(fit), "df")), iterations = unbox(page$iter),
       print = shown(print(page)), summary = shown(print(summary(page, dispersion = 1))))
}
tight <- glm.control(1e-14, 300)
frames <- lapply(list(cbpp = cbpp, gaps = gaps, zero = zero, wells = wells, bacteria = bacteria, esoph = esoph, ticks = ticks,
                      InsectSprays = InsectSprays, Insurance = Insurance, clotting = clotting), frame_of)
cat(toJSON(list(frames = frames, cases = cases,
  negative = list(log = negative(glm(count ~ spray, family = negative.binomial(5), data = InsectSprays, control = tight), glm(count ~ spray, family = negative.binomial(5), data = InsectSprays)),
                  sqrt = negative(glm(count ~ spray, family = negative.binomial(5, "sqrt"), data = InsectSprays, control = tight), glm(count ~ spray, family = negative.binomial(5, "sqrt"), data = InsectSprays)))),
  digits = NA, na = "string"))
