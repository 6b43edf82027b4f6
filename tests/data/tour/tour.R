# What pylmer tour shows beside the fits of tests/data/printing/radon.txt: Rscript tour.R <folder of radon.csv>
# R 4.2.2, lme4 1.1-31
suppressMessages({library(lme4); library(jsonlite)})
radon <- read.csv(file.path(commandArgs(trailingOnly = TRUE)[1], "radon.csv"))
radon$county <- factor(radon$county)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
sizes <- table(radon$county)

cut <- function(counties) {
  d <- droplevels(radon[radon$county %in% counties, ])
  fit <- lmer(log_radon ~ floor + (1 | county), d, control = tight)
  ci <- suppressWarnings(confint(profile(fit, ".sig01", signames = TRUE, delta.cutoff = 1 / 32)))
  x <- summary(fit)$coefficients
  list(counties = nlevels(d$county), houses = nrow(d), sigma_alpha = sigma(fit) * getME(fit, "theta"),
    lower = ci[1], upper = ci[2], floor = x[2, 1], se_floor = x[2, 2])
}
order_of <- names(sizes)[order(-sizes, seq_along(sizes))]
spread <- function(k) order_of[round(seq(0, length(order_of) - 1, length.out = k)) + 1]
cuts <- c(lapply(c(3, 5, 10, 85), function(k) cut(spread(k))), list(cut(names(sizes)[sizes <= 2])))

complete <- lm(log_radon ~ floor, radon)
none <- lm(log_radon ~ floor + county, radon)
test <- anova(complete, none)
significant <- function(baseline) {
  fit <- lm(log_radon ~ floor + relevel(county, baseline), radon)
  sum(summary(fit)$coefficients[-(1:2), 4] < 0.05)
}
M2 <- lmer(log_radon ~ floor + log_uranium + (1 | county), radon, control = tight)
u <- tapply(radon$log_uranium, radon$county, mean)
a <- sigma(M2) * getME(M2, "theta")
old <- predict(M2, data.frame(floor = 1, county = "HENNEPIN", log_uranium = u["HENNEPIN"]))
new <- predict(M2, data.frame(floor = 1, county = "NEW", log_uranium = mean(u)), allow.new.levels = TRUE)
prediction <- function(mean, sd) list(mean = unname(mean), sd = unname(sd), quartiles = exp(qnorm(c(.25, .5, .75), mean, sd)))
out <- list(cuts = cuts, F = test$F[2], df = c(test$Df[2], test$Res.Df[2]), p = test$`Pr(>F)`[2],
  significant = c(significant("AITKIN"), significant("HENNEPIN")),
  old = prediction(old, sigma(M2)), new = prediction(new, sqrt(sigma(M2)^2 + a^2)))
writeLines(toJSON(out, auto_unbox = TRUE, digits = 12, pretty = TRUE, na = "null"), "tour.json")
