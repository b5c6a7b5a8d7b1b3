// Package outcome defines what is measured on the months of one person: in work, in stable work, earnings, and the
// definitions that Nav, SSB and the literature use by other names (Kinds; docs/outcomes.md lists them with their sources).
//
// It is opinionated about missing values. What is only defined for those in work (retention, sector, same employer)
// is an outcome over all starts, 0 for those without work; a version among those in work can be had, and calls itself
// Descriptive. What looks ahead is missing for everybody where the data end too early, not for those alone whose answer
// is not clear yet.
//
// A Spec is what a study file says; Compile turns it into a Definition, which reads a register.History. A simulated
// reference path has the same shape as a history of the register, so that the truth of a simulation and the outcome of
// a study are one definition applied twice.
//
// Conventions. Month h of a trial with start month m is calendar month m + h; h runs from 1. Work is ordinary work:
// wages and positions paid through a tiltak are left out, since employment during a wage subsidy is the treatment
// itself. Everything is decided on the integers of the panel (hundredths of a percent, øre), so that a threshold is
// exact. A value that is not known is NaN, never 0.
package outcome
