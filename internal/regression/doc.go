// Package regression fits the regressions that matching and difference-in-differences rest on: logit and probit by
// Newton's method, ordinary and weighted least squares, with robust covariances.
//
// Conventions. A design is column-major, x[j][i] for column j of row i, and never holds the constant: coefficient 0 is
// always the intercept and coefficient j+1 belongs to x[j]. Weights may be nil, which means that all are 1; a row of
// weight 0 counts nowhere. Inputs are never changed and must be finite.
//
// Columns are centred and scaled inside, block by block, without a copy of the design. A column that is constant or a
// linear combination of those before it is dropped and reported: its coefficient and covariances are 0, as if the
// column were not there.
//
// Sums run over blocks of rows cut by the number of rows alone and are folded in block order, so that results do not
// depend on the number of workers.
package regression
