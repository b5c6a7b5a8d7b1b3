// Package simulate draws a register in the shape of CONTRACT.md whose effects are known: person, deltakelse,
// arbeidssoker and maaned, and for each start in a tiltak what would have happened without it.
//
// # How a person lives
//
// Everybody first registers as jobseeker in a month of the middle third of the data, after years at work or out of it;
// those at work lose hours and wage in the months before (a dip). From then on each month is drawn from hazards, in the
// order in which months come:
//
//   - Registered: a job is found with a hazard that depends on schooling, age, sex, origin, registration status,
//     innsatsgruppe, the local market, months registered, recent attachment to work, an unobserved trait, and on tiltak
//     (lock-in during, effect after). Education, disability pension and leaving without a trace compete with it. The
//     last day registered is drawn in the month, early days being likelier.
//   - At work: the job is lost with a hazard that depends on the same things and on tenure. A dismissal takes effect after
//     two months of falling hours; then most register again.
//   - Death and emigration depend on traits alone, so that both paths of a person meet them on the same day.
//
// Hazards of starting a tiltak (state.go, intensities) are products of need (traits, status, innsatsgruppe, history of
// work and earnings, benefit, with thresholds and products), office × month capacity and months registered. They know the
// history up to the month before. In the default scenario they do not know the unobserved trait. No model that an
// estimating room fits is this one.
//
// # Why a start is random given what is observed
//
// In a month m a registered person gets, independently of one another given the state S at the end of m − 1: whether
// a start is offered (with probability 1 − exp(−Σλ(S))), its tiltak, its day d; and whether an exit is due, and its
// day u (the last day registered). The offer becomes a start where the person is registered on day d: entry ≤ d ≤ u. So for
// each day d
//
//	P(offer | S, registered on d, everything to come without a start) = P(offer | S),
//
// since "registered on d" and what is to come without a start are functions of S and of draws that the offer has no part
// in. λ(S) depends on S through what the register shows. Those who start on d and those who do not start, but are
// registered on d, are therefore alike given what is observed up to m − 1; those who do not start, registered on d or
// not, are not: they include everybody who left for a job before d. That is the immortal time that the start-day rule of
// the cohort room removes. What the rule cannot see is that a comparison row may itself have had an offer for a day after
// its exit. "Starts nothing in m" thus leaves out the offers of those who stay and keeps the offers of those who leave: a
// little conditioning on the future inside the month. It makes comparisons look better by about 0.003 in work at month 24
// (0.000 where rows with an offer are left out, which only the simulation can do).
//
// # Reference paths
//
// The path `follow` of a start replays the month of the start from the same state with the offer left out, and lives on
// from there, at risk of later offers by the same rule; `none` gets no later offers either. All draws are numbers at (person,
// month, purpose), the same on every path: a path differs from what happened only where the tiltak made the difference.
// The exit due in the month of the start is the same draw, and lies on or after d because the person did start: on
// the reference path they are registered on d too, as the comparison rows are. Being in a tiltak can undo an exit
// of its own first month (lock-in), never one before d.
//
// The truth of a study is its own outcome definitions on what happened and on these paths, averaged over the starts that it
// analysed (package truth).
//
// # Reproducibility
//
// The tables and paths are functions of Options without Workers, to the last bit on one platform. A person's draws
// depend on the seed and the person's number alone: the first thousand of two registers that differ in Persons only are the
// same people.
package simulate
