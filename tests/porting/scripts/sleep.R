# Reaction times of sleep-deprived subjects: which random effects are needed?
library(lme4)
library(lmerTest)

data(sleepstudy)
str(sleepstudy)
d <- subset(sleepstudy, Days >= 2)            # days 0 and 1 were training
d$Week <- factor(ifelse(d$Days > 5, "late", "early"))
d <- transform(d, days2 = Days - 2)
nrow(d); mean(d$Reaction); sd(d$Reaction)
table(d$Week)

m0 <- lmer(Reaction ~ days2 + (1 | Subject), data = d)
m1 <- update(m0, . ~ . - (1 | Subject) + (days2 | Subject))
anova(m0, m1, refit = FALSE)
(s <- summary(m1))
coef(s)["days2", "df"]
fixef(m1)["days2"]
head(ranef(m1)$Subject, 3)
VarCorr(m1)
as.data.frame(VarCorr(m1))$sdcor
confint(m1, parm = "beta_", method = "Wald")
new <- data.frame(days2 = c(0, 3.5, 7), Subject = "308")
predict(m1, newdata = new)
predict(m1, newdata = new, re.form = NA)
ranova(m1)
m2 <- lmer(log(Reaction) ~ Week * days2 + (1 | Subject), d, REML = FALSE)
anova(m2)
drop1(m2)
par(mfrow = c(1, 2))
xyplot(Reaction ~ Days | Subject, d)          # needs lattice
