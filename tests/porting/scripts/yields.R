# A table from a file, cleaned, then a nested model
library(lmerTest)
library(emmeans)

oats <- read.csv("oats.csv")
names(oats)
oats$Variety <- relevel(factor(oats$Variety), ref = "Victory")
oats$nitrogen <- scale(oats$nitro)
oats[oats$yield > 170, "yield"] <- NA         # a misprint
sum(is.na(oats$yield))
oats <- na.omit(oats)
xtabs(~ Variety + Block, oats)
quantile(oats$yield, c(0.1, 0.9))

bands <- cut_points <- c(0, 0.2, 0.4)
fit <- lmer(yield ~ Variety * nitro + (1 | Block/Variety), oats)
anova(fit, ddf = "Kenward-Roger")
step(fit)
small <- lmer(yield ~ Variety + nitro + (1 | Block/Variety), oats)
ls_means(small)
emmeans(small, pairwise ~ Variety)$contrasts
emtrends(fit, ~ Variety, var = "nitro")
rate <- function(model, at = 0.3) fixef(model)["(Intercept)"] + at * fixef(model)["nitro"]
rate(small)
rate(small, at = 0.6)
l <- lm(yield ~ nitro, data = oats, subset = nitro > 0)
summary(l)$r.squared
anova(l)
for (b in unique(oats$Block)) print(b)
set.seed(3)
draws <- bootMer(small, function(m) fixef(m)["nitro"], nsim = 5)
length(draws$t)
