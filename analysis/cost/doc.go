// Package cost computes what tiltak cost: each participation month by month from dated rates, part-time rules, wage
// subsidies or actual amounts; the distribution of costs over participations; cost against effect; and cost–benefit
// analysis from the public budget's and from society's side.
//
// Conventions. Dates are days, both ends of a participation included; an open participation is costed to the cut. Money
// is kroner: what is paid under a rate is rounded half up to whole kroner per line, in the prices of its day, and then
// carried to the price year without rounding. A cost that is not known is NaN with a reason, never 0. Facts about rates
// come from datasets/catalog with its periods and sources, and a figure used outside its period or without a confirmed
// source gives a warning.
package cost
