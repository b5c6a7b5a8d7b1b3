package cohort

// Window is months before the registration in which an episode began, both included: From 12 to To 7 is the half year that
// ends seven months before. Outcomes in it come before anything that a start in the episode can change (docs/placebo.md).
type Window struct {
	From, To int // From ≥ To ≥ 1
}

// After tells whether a covariate was known before the window began: it looks at no month of the window or later and was not
// decided by the registration. A covariate that looks at months before m cannot be placed before a window that is counted
// from the registration r ≤ m, for in some row it looks at the window; m itself, age, place, schooling and the months
// since r, which make the strata, are no history.
func (w Window) After(v *Covariate) bool {
	switch {
	case v.OfEpisode:
		return false
	case v.Latest == Fixed:
		return true
	}
	return v.BeforeEpisode && v.Latest < -w.From
}

// Around tells whether a covariate looks at no month of the window, be it at earlier or at later ones. One that looks at months
// before m lies after the window in every row where it does in a row with m = r.
func (w Window) Around(v *Covariate) bool {
	return w.After(v) || v.OfEpisode || v.Earliest > -w.To && v.Latest != Fixed
}
