// Package chain is about tiltak in sequence: which follow upon which, what comes after the last, how alike whole courses
// are. It describes; no figure of it is an effect. The effect of a second link is a study design (`population.chain`,
// package cohort), because who gets a second link has by then not found work: comparing those who got one with those
// who did not counts the time they had to stay without work as a consequence of the link (immortal time).
//
// # Two views
//
// Links and chains. A link is a participation, or several that run beside each other, and a chain is links that follow
// within the gap of a Rule; see Build. The rule is printed with the figures, since every count depends on it.
// The register has already joined overlapping and adjoining participations in the same tiltak and left out rows that are
// no participation (docs/register.md): lawful overlaps of different tiltak, chains within a month and returns to the
// same tiltak are left to the rule here.
//
// Sequences of months. From the month of a chain's first start each month is one state (States): a tiltak, a combination,
// work, education, disability pension, registered, or neither. Of these sequences there are entropy and complexity,
// turbulence, optimal-matching distances and types (clusters). These know arrays of states and weights alone.
//
// # Conventions
//
// Days have both ends included, months are calendar.Month. Durations in months are days/30.436875 (365.2425/12).
// Everything is the same whatever the number of workers; types draw from a stream named by the seed.
package chain
