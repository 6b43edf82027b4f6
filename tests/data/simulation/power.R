# p-values of the tests that simr offers, for responses drawn by R: sleepstudy with 20 subjects (the last two repeat the
# first two), and cake's recipes, three coefficients of one term. R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2.
# Rscript power.R > power.json
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})
options(warn = -1)
count <- 5
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9), check.conv.singular = "ignore")
ml <- function(fit) update(fit, REML = FALSE)
p_values <- function(full, null, L) {
  beta <- L %*% fixef(full)
  wald <- c(t(beta) %*% solve(L %*% as.matrix(vcov(full)) %*% t(L), beta))
  c(z = pchisq(wald, nrow(L), lower.tail = FALSE),
    sa = contest(full, L, ddf = "Satterthwaite")[["Pr(>F)"]],
    kr = KRmodcomp(full, null)$test["Ftest", "p.value"],
    lr = anova(ml(full), ml(null))[["Pr(>Chisq)"]][2])
}
study <- function(data, full, null, L, beta, theta, sigma) {
  data$y <- 0
  rhs <- full[-2]
  Y <- simulate(rhs, nsim = count, seed = 7, newdata = data, newparams = list(beta = beta, theta = theta, sigma = sigma))
  tested <- lapply(Y, function(y) { data$y <<- y; p_values(lmer(full, data, control = tight), lmer(null, data, control = tight), L) })
  list(Y = unname(as.list(Y)), p = unname(lapply(tested, as.list)))
}
sleep <- sleepstudy
more <- droplevels(subset(sleep, Subject %in% levels(Subject)[1:2]))
levels(more$Subject) <- c("Subject19", "Subject20")
sleep <- rbind(sleep, more)
answers <- list(
  slopes = study(sleep, y ~ Days + (Days | Subject), y ~ 1 + (Days | Subject), rbind(c(0, 1)), c(250, 4), c(1, 0, 0.25), 25),
  terms = study(cake, y ~ recipe + temp + (1 | replicate), y ~ temp + (1 | replicate),
                rbind(c(0, 1, 0, 0), c(0, 0, 1, 0)), c(5, -1.5, -1.5, 0.15), 1.2, 5)
)
writeLines(toJSON(answers, digits = 12, auto_unbox = TRUE))
