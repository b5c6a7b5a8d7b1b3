package did

// influence is the influence of every unit of the panel behind the statistics on an average, 0 for units that were set
// aside: w_i·(a_h'(Y_i − m_h) + b_h) with the coefficients of its cohort, in one pass over the outcomes and without a fit.
func (e *statEngine) influence(c column, p *Panel) []float64 {
	s := e.s
	out := make([]float64, len(p.Start))
	T := len(s.Times)
	for h, at := range e.at {
		a, b, live := e.coefficients(h, []column{c})
		if len(live) == 0 {
			continue
		}
		constant := b[0] - dot(a[:T], s.Mean[at])
		for _, i := range s.order[s.from[at]:s.from[at+1]] {
			out[i] = constant
		}
		for t, x := range a[:T] {
			if x == 0 {
				continue
			}
			if b := p.Binary; b != nil {
				for _, i := range s.order[s.from[at]:s.from[at+1]] {
					out[i] += x * b.value(int(i), t)
				}
				continue
			}
			y := p.Outcome[t]
			for _, i := range s.order[s.from[at]:s.from[at+1]] {
				out[i] += x * y[i]
			}
		}
		if p.Weights == nil {
			continue
		}
		for _, i := range s.order[s.from[at]:s.from[at+1]] {
			out[i] *= p.Weights[0][i] * s.scale
		}
	}
	return out
}
