// Package duration estimates how long things last and what ends them: Kaplan–Meier and Nelson–Aalen curves, cumulative
// incidence with competing exits (Aalen–Johansen), restricted means, log-rank tests, and regression of hazards. It
// knows arrays, not tiltak.
//
// Conventions. A row is at risk on (start, stop]: at time t those with start < t ≤ stop, so that entry at t is not yet
// at risk at t and censoring at t still is. Times are in the caller's unit (months in a study) and not negative.
// Event 0 is a censored row, 1, 2, … the state the row ends in. A weight is the number of persons a row stands for.
// Times that are whole numbers are counted in histograms and never sorted; others are sorted once, and those closer
// than √ε ≈ 1.5e-8 (absolutely, or relative to their mean) count as tied, as in R's survival.
//
// Results do not depend on the order of rows (up to the last digits where weights are fractions) nor on the number of
// workers, and no input is changed.
package duration
