package matching

// SensitivityRow is one measure of how strong an unmeasured cause would have to be.
type SensitivityRow struct {
	Outcome string
	Measure string  // e-value, rosenbaum-gamma or robustness-value
	Value   float64 // of the estimate
	Bound   float64 // of the end of the interval nearer to no effect
}

func (r *Report) sensitivity(*Data) error { return nil }
