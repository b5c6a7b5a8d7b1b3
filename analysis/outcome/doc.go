// Package outcome defines what is measured on the months of one person: in work, in stable work, earnings.
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
