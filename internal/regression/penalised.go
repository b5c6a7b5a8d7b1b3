package regression

import "math"

// penalised maximises log L + ½ log|I(β)| (Firth 1993). Its score is Σ [w(y − μ) + h(½ − μ)]·x with h the leverages of
// √W·x; steps use I(β)⁻¹, with halving where the penalised likelihood falls. For a saturated 2×2 table it adds ½ to each
// cell.
func (m *binary) penalised(mean float64) (*Fit, error) {
	limit := m.opt.MaxIterations
	if limit == 0 {
		limit = 200
	}
	n := len(m.y)
	m.hat = make([]float64, n)
	b, step, next := make([]float64, m.k), make([]float64, m.k), make([]float64, m.k)
	b[0] = logitOf(mean)
	now := m.evaluate(b, false)
	cholesky(now.Gram, m.k, collinearShare, m.l, m.keep)
	kept := append([]bool(nil), m.keep...)
	f := &Fit{Penalised: true}
	value := now.Value - m.logDeterminant()
	for f.Iterations = 1; f.Iterations <= limit; f.Iterations++ {
		leverages(m.x, n, m.std, m.l, m.keep, m.opt.Workers, m.hat)
		score := Pass(m.x, n, m.std, nil, false, m.opt.Workers, func(from int, _, _, res []float64) float64 {
			for i := range res {
				at := from + i
				w := 1.
				if m.w != nil {
					w = m.w[at]
				}
				mu := m.mu[at]
				res[i] = w*(m.y[at]-mu) + w*mu*(1-mu)*m.hat[at]*(0.5-mu)
			}
			return 0
		})
		copy(step, score.Grad)
		solveCholesky(m.l, m.k, m.keep, step)
		decrement := 0.
		for j, g := range score.Grad {
			decrement += g * step[j]
		}
		scale := 1.
		for {
			for j := range b {
				next[j] = b[j] + scale*step[j]
			}
			now = m.evaluate(next, false)
			m.factorise(now.Gram, kept)
			after := now.Value - m.logDeterminant()
			if after <= value+1e-9*math.Abs(value)+1e-12 || scale < 1e-6 {
				value = after
				break
			}
			scale /= 2
		}
		copy(b, next)
		if decrement <= 1e-16 {
			f.Converged = true
			break
		}
	}
	f.Iterations = min(f.Iterations, limit)
	copy(m.keep, kept)
	return m.finish(f, b, now.Value), nil
}

// logDeterminant of the information of the columns kept.
func (m *binary) logDeterminant() float64 {
	sum := 0.
	for j := range m.k {
		if m.keep[j] {
			sum += 2 * math.Log(m.l[j*m.k+j])
		}
	}
	return sum
}
