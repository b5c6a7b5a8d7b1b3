// Package experiment estimates effects where chance decided who was offered something: persons, or whole offices, in strata or
// not. It knows arrays, not tiltak.
//
// The design makes the estimate: an intention-to-treat effect (ITT) is the regression of the outcome on the assignment with
// strata and covariates centred and interacted with it (Lin 2013, Annals of Applied Statistics 7:295), whose error is HC2 or, where
// clusters were randomised, CR2 with Bell and McCaffrey's degrees of freedom. Where not everybody took what they were assigned, the
// effect on those who did because of it (LATE) is the ratio of two such effects, with the interval of Anderson and Rubin. Beside
// the t-tests stand tests that rest on chance alone: randomisation inference and, with few clusters, the wild cluster bootstrap.
//
// Rows with a missing value are for the caller to drop. Everything is deterministic for a seed.
package experiment
