# What lattice draws for lme4's objects: Rscript pictures.R (writes pictures.json; R 4.2.2, lme4 1.1-31).
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

out <- list(
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
