# Partial pooling of generalized models: Rscript pooling.R > pooling.json, in this folder; lme4 1.1-31, emmeans.
# Data: ../sets (Contraception, grouseticks, epil) and lme4's cbpp. Fits are tightened.
suppressMessages({library(lme4); library(emmeans); library(jsonlite)})
tight <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-12, check.conv.grad = "ignore", check.conv.hess = "ignore",
                      optCtrl = list(rhobeg = 1e-2, rhoend = 1e-9, maxfun = 1e5))
set <- function(name) {
  about <- fromJSON(file.path("..", "sets", paste0(name, ".json")))
  d <- read.csv(gzfile(file.path("..", "sets", about$file)), stringsAsFactors = FALSE, na.strings = "NA",
                colClasses = ifelse(unlist(about$columns) %in% c("factor", "ordered"), "character", NA))
  for (f in names(about$factors)) d[[f]] <- factor(d[[f]], levels = about$factors[[f]]$levels)
  d
}
answers <- function(m, none, complete, group, prefix = group) {
  cf <- coef(summary(none))
  own <- cf[match(paste0(prefix, levels(droplevels(model.frame(m)[[group]]))), rownames(cf)), ]
  b <- ranef(m, condVar = TRUE)[[group]]
  v <- attr(b, "postVar")[1, 1, ]
  list(fixef = unname(fixef(m)), complete = unname(coef(complete)), slopes = unname(coef(none)[!grepl(paste0("^", prefix), names(coef(none)))]),
       none = unname(own[, 1]), se_none = unname(own[, 2]), ranef = b[[1]], se_ranef = sqrt(v),
       factor = v / VarCorr(m)[[group]][1, 1])
}
quiet <- function(x) suppressWarnings(x)
out <- list()

m <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial, control = tight)
out$cbpp <- answers(m, glm(cbind(incidence, size - incidence) ~ herd + period - 1, binomial, cbpp, epsilon = 1e-14),
                    glm(cbind(incidence, size - incidence) ~ period, binomial, cbpp, epsilon = 1e-14), "herd")
out$cbpp$weights <- unname(sum(weights(m, "working")) / sum(cbpp$size))
e <- as.data.frame(emmeans(m, ~ period, type = "response"))
out$cbpp$emmeans <- e[c("prob", "asymp.LCL", "asymp.UCL")]

d <- set("Contraception")
d$y <- as.integer(d$use == "Y")
p <- tapply(d$y, d$district, mean)
d$separated <- p[d$district] %in% c(0, 1)
m <- glmer(y ~ urban + age + (1 | district), d, binomial, control = tight)
kept <- droplevels(d[!d$separated, ])  # separated districts say nothing of the others
none <- glm(y ~ district + urban + age - 1, binomial, kept, epsilon = 1e-14)
out$contraception <- answers(m, none, glm(y ~ urban + age, binomial, d, epsilon = 1e-14), "district")
out$contraception$separated <- sort(names(p)[p %in% c(0, 1)])
out$contraception$ends <- unname(p[sort(names(p)[p %in% c(0, 1)])])
at <- c(-13, 0, 19)
e <- as.data.frame(emmeans(m, ~ age, at = list(age = at), weights = "proportional", type = "response"))
out$contraception$ages <- at
out$contraception$emmeans <- e[c("prob", "asymp.LCL", "asymp.UCL")]
out$contraception$proportional <- unname(mean(d$urban == "Y"))
out$contraception$mu_urban <- unname(predict(m, data.frame(urban = "Y", age = at, district = "1"), type = "response"))

s <- set("grouseticks")
m <- glmer(TICKS ~ YEAR + cHEIGHT + (1 | BROOD) + (1 | LOCATION), s, poisson, control = tight)
theta <- getME(m, "theta")
held <- function(formula, data, theta) {  # beta with the modes at a given theta
  dd <- glmer(formula, data, poisson, nAGQ = 0, devFunOnly = TRUE, control = glmerControl(tolPwrss = 1e-13))
  for (k in 1:3) dd(theta)
  list(beta = environment(dd)$pp$beta(1), names = colnames(environment(dd)$pp$X))
}
total <- tapply(s$TICKS, s$LOCATION, sum)
some <- droplevels(s[total[s$LOCATION] > 0, ])
full <- held(TICKS ~ 0 + LOCATION + YEAR + (1 | BROOD), some, theta[["BROOD.(Intercept)"]])
gone <- held(TICKS ~ YEAR + cHEIGHT + (1 | BROOD), s, theta[["BROOD.(Intercept)"]])
out$grouseticks <- list(none = full$beta[grepl("LOCATION", full$names)], levels = levels(some$LOCATION),
                        slopes = full$beta[!grepl("LOCATION", full$names)], complete = gone$beta)

e <- set("epil")
m <- glmer(y ~ trt + period + (1 | subject), e, poisson, control = tight)
total <- tapply(e$y, e$subject, sum)
kept <- droplevels(e[total[e$subject] > 0, ])
none <- glm(y ~ subject + period - 1, poisson, kept, epsilon = 1e-14)
own <- coef(none)[paste0("subject", levels(kept$subject))]
out$epil <- list(none = unname(own), levels = levels(kept$subject), slopes = unname(coef(none)["period"]),
                 complete = unname(coef(glm(y ~ trt + period, poisson, e, epsilon = 1e-14))))

# the criterion with theta held: Laplace's, minimized over beta
m <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial, control = tight)
dev <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial, devFunOnly = TRUE,
             control = glmerControl(tolPwrss = 1e-12))
at <- c(0.2, 0.6, 1.5, 5)
out$curve <- list(theta = at, value = sapply(at, function(t)
  optim(fixef(m), function(b) dev(c(t, b)), method = "BFGS", control = list(reltol = 1e-14, maxit = 500))$value))
cat(toJSON(out, digits = 12, auto_unbox = TRUE, null = "null", na = "null"))
