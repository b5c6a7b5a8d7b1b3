// Package matching makes treated and comparison rows alike: scores, matching, weighting, balance, and the errors of
// estimates made with them. It knows arrays, not tiltak.
//
// Conventions. Rows are numbered from 0 and every array of rows has the same length. A design is column-major without the
// constant, as in internal/regression. Stratum holds, by row, the risk set or exact cell a row belongs to; rows are only
// ever compared inside one. Unit holds the person a row belongs to: a person may stand in many rows and in both arms, and
// is never matched to a row of their own. Base weights are sampling weights: they enter scores, balancing and balance.
//
// Effects are differences of weighted means (Hajek) with an error that follows from how the weights came about. A figure
// that cannot be had is NaN with a Reason.
//
// Reproducibility. Nothing depends on the number of workers. The default of nearest-neighbour matching does not depend on
// the order of rows either, provided that rows carry a Key: ties in the score are broken by it. LikeMatchIt breaks ties by
// the order of rows, as MatchIt does.
//
// Lengths that do not agree are mistakes of the caller and panic; what data can cause is an error of internal/fault.
package matching
