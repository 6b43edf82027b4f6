# What lattice draws for lme4's objects, and the numbers of other pictures: Rscript pictures.R writes pictures.json.
# R 4.2.2, lme4 1.1-31, emmeans 1.8.
suppressMessages(library(lme4))
library(lattice)
library(jsonlite)

points_of <- function(panel) list(x = as.numeric(panel$x), y = as.numeric(panel$y))
some <- function(p, rows) lapply(points_of(p), function(v) v[rows])

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)

sleep <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy, control = tight)
dyestuff <- lmer(Yield ~ 1 + (1 | Batch), Dyestuff, control = tight)
residuals <- plot(sleep)
caterpillar <- dotplot(ranef(sleep))$Subject
modes <- qqmath(ranef(sleep))$Subject
scatter <- plot(ranef(sleep))$Subject
profile <- suppressWarnings(profile(sleep))
zeta <- xyplot(profile)
density <- densityplot(profile)

# The figures of Gelman & Hill (2007), chapter 12, and effects of fixed predictors.
radon <- read.csv("../../../pylmer/datasets/tables/radon.csv", stringsAsFactors = TRUE)
eight <- c("LAC QUI PARLE", "AITKIN", "KOOCHICHING", "DOUGLAS", "CLAY", "STEARNS", "RAMSEY", "ST LOUIS")
M1 <- lmer(log_radon ~ floor + (1 | county), radon, control = tight)
M2 <- lmer(log_radon ~ floor + log_uranium + (1 | county), radon, control = tight)
no_pooling <- summary(lm(log_radon ~ county + floor - 1, radon))$coefficients
uranium <- tapply(radon$log_uranium, radon$county, mean)
ends <- function(fit, ...) {
  new <- data.frame(county = rep(eight, each = 2), floor = 0:1, log_uranium = rep(uranium[eight], each = 2))
  matrix(predict(fit, new, ...), ncol = 2, byrow = TRUE)
}
se_modes <- function(fit) sqrt(as.numeric(attr(ranef(fit)$county, "postVar")))
Oats <- as.data.frame(nlme::Oats)
Oats$Variety <- factor(as.character(Oats$Variety))
oats <- lmer(yield ~ Variety * nitro + (1 | Block), Oats, control = tight)
varieties <- as.data.frame(emmeans::emmeans(oats, ~ Variety, lmer.df = "asymptotic"))
at <- cbind(1, mean(radon$floor), c(-0.5, 0, 0.5))

out <- list(
  intercepts = list(
    counties = levels(radon$county), n = as.integer(table(radon$county)), no = no_pooling[1:85, 1],
    se_no = no_pooling[1:85, 2], multilevel = coef(M1)$county[, 1], se_multi = se_modes(M1),
    means = c(coef(lm(log_radon ~ floor, radon))[[1]], fixef(M1)[[1]])
  ),
  lines = list(
    complete = ends(lm(log_radon ~ floor, radon)), no = ends(lm(log_radon ~ floor + county, radon)),
    multilevel = ends(M1), uranium = ends(M2)
  ),
  group_predictor = list(
    u = as.numeric(uranium), alpha = coef(M2)$county[, 1] + fixef(M2)[[3]] * as.numeric(uranium), se = se_modes(M2),
    fixef = as.numeric(fixef(M2))
  ),
  shrinkage = list(
    no = as.matrix(coef(lmList(Reaction ~ Days | Subject, sleepstudy))), multilevel = as.matrix(coef(sleep)$Subject)
  ),
  effect = list(
    log_uranium = as.numeric(at %*% fixef(M2)), se = sqrt(diag(at %*% as.matrix(vcov(M2)) %*% t(at))),
    varieties = varieties$emmean, se_varieties = varieties$SE, residuals = as.numeric(resid(oats))[1:6]
  ),
  sigma = sigma(sleep), sds = as.numeric(attr(VarCorr(sleep)$Subject, "stddev")),
  residuals = list(
    xlab = residuals$xlab, ylab = residuals$ylab, points = some(residuals$panel.args[[1]], seq(1, 180, 20))
  ),
  qqmath = list(
    xlab = qqmath(sleep)$xlab, ylab = qqmath(sleep)$ylab, sample = sort(as.numeric(qqmath(sleep)$panel.args[[1]]$x))
  ),
  dotplot = list(
    x = lapply(caterpillar$panel.args, function(p) as.numeric(p$x)), rows = levels(caterpillar$panel.args[[1]]$y),
    order = as.integer(caterpillar$panel.args[[1]]$y), se = caterpillar$panel.args.common$se
  ),
  modes = list(points = lapply(modes$panel.args, points_of), ylab = modes$ylab),
  few = points_of(qqmath(ranef(dyestuff))$Batch$panel.args[[1]]),
  scatter = list(points = points_of(scatter$panel.args[[1]]), xlab = scatter$xlab, ylab = scatter$ylab),
  zeta = list(parameters = zeta$condlevels$pnm, points = lapply(zeta$panel.args, points_of)),
  density = lapply(density$panel.args, some, seq(1, 201, 10))
)
writeLines(toJSON(out, digits = 9, auto_unbox = TRUE), "pictures.json")
