// Package did is difference-in-differences: group-time effects after Callaway and Sant'Anna with four aggregations,
// the conditional comparison of changes that a study runs on its trials, and the estimators a reader may want beside
// them: two-way fixed effects and event studies, Sun and Abraham, the extended regression, imputation, the Goodman-Bacon
// decomposition, and sensitivity to trends that are not parallel. It knows arrays, not tiltak, and reads no file.
//
// # Conventions
//
// A period is an integer (a month number, a year). A unit's start is its first treated period, Never where there is
// none; treatment is absorbing. ATT(g,t) is the mean effect in period t on the units that started in g. Standard errors
// come from influence functions on the scale of the estimate, ψ with estimate − truth ≈ Σᵢ ψᵢ, so that a variance is a sum of
// squares, of units or of cluster sums; there is no small-sample factor unless one is named. Results do not depend on the
// number of workers; the only draws are those of critical values and of the bootstrap, from streams named by the seed.
//
// # Opinions
//
// The base is one period for all cells of a cohort (universal), so that cells of a cohort can be compared with each
// other; bands are simultaneous; a cell that cannot be estimated is a cell with a reason. LikeDid gives the defaults of
// R's package did instead, and both are tested against it.
//
// The never treated are known only afterwards: where people leave the population before they would start, LaterStart and
// RiskSet compare with those who had not started by the same month, whatever they did later.
//
// # Engines
//
// Two engines give the same numbers for panels. Without covariates, in a balanced panel, the influence function of every
// cell and every aggregate is linear in a person's outcomes with coefficients that depend on the cohort alone; then the
// counts, means and cross-products of each cohort are enough (Statistics, from numbers or from Bits) and the cost after
// one pass over the data does not depend on the number of persons. With covariates a cell is estimated on its units, and
// influence is summed by blocks of units, never kept as a matrix of units × cells. Rows that are no panel have a third.
package did
