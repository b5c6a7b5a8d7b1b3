// Package cohort says who is compared with whom, from which month: the sequence of trials of an evaluation.
//
// # The design
//
// Time zero is a calendar month m. A person is eligible in m while an episode (a stretch of registration, of benefit, or
// of either, by Design.Eligible, with adjoining spells joined) has a day in m, inside the population, outside the
// washout (and not in the same tiltak already), alive and in the country, and not 67 before m + horizon. The treated start tiltak k in m; the comparison is
// eligible in m, starts no tiltak in m, and stands in the same stratum: calendar month × months elapsed in the episode.
//
// Someone who starts on the 20th was still registered on the 20th. A comparison row therefore takes the day of one of the
// starts of its stratum, drawn at random, and its episode must cover that day; otherwise the comparison would hold people
// who had found work before the treated could have started (immortal time inside the month). Fewer comparison rows reach
// a late day than an early one, so the day is also a covariate.
//
// Everything is measured before m: covariates and target groups use the panel up to m − 1 and what is known of the person
// and the registration on the first day of the episode or of m.
//
// # Reproducibility
//
// Comparison rows are sampled by keyed random numbers (seed, month, person), the same for every tiltak so that samples share
// rows, and days are drawn by (seed, tiltak, month, person): a row's fate depends on nothing else. In particular it does not
// depend on its covariates, nor on which groups a study names: a cell (tiltak × group) with many treated takes the sample,
// one with few takes every row. Rows stand in the order person, month, episode, whatever the number of workers.
package cohort
