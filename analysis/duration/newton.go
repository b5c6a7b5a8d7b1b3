package duration

import "math"

// maxIterations of Newton's method; with step halving a well-posed fit takes 3 to 7.
const maxIterations = 30

// evaluation is a log-likelihood with its score and information.
type evaluation struct {
	value       float64
	score, info []float64
}

// maximum is where Newton's method stopped.
type maximum struct {
	evaluation
	beta       []float64
	iterations int
	converged  bool
	infinite   []bool // coefficients that still moved although the likelihood did not
}

// newton maximises a log-likelihood of p coefficients by Newton's method from 0, where it is start, halving steps that
// do not help. It stops where the score is 0 up to rounding: score′ info⁻¹ score, twice what a step can gain, is under
// 1e-20 of the likelihood; R stops at a relative gain of 1e-9, which a compatible optimum meets.
func newton(start evaluation, p int, evaluate func(beta []float64) evaluation) maximum {
	m := maximum{evaluation: start, beta: make([]float64, p), infinite: make([]bool, p)}
	step, trial := make([]float64, p), make([]float64, p)
	for m.iterations = 0; m.iterations < maxIterations; m.iterations++ {
		l := append([]float64(nil), m.info...)
		if !cholesky(l, p) {
			break
		}
		copy(step, m.score)
		forward(l, step)
		decrement := 0.
		for _, s := range step {
			decrement += s * s
		}
		backward(l, step)
		size := 1 + math.Abs(m.value)
		if decrement <= 1e-20*size {
			m.converged = true
			break
		}
		var next evaluation
		better := false
		for half := 1.; !better && half > 1e-6; half /= 2 {
			for j := range trial {
				trial[j] = m.beta[j] + half*step[j]
			}
			next = evaluate(trial)
			better = next.value >= m.value-1e-12*size
		}
		if !better { // as good as it gets
			m.converged = decrement <= 1e-10*size
			break
		}
		gain := next.value - m.value
		copy(m.beta, trial)
		m.evaluation = next
		if gain <= 1e-13*size && decrement <= 1e-12*size && largest(step) < 1e-4 {
			m.converged = true
			m.iterations++
			break
		}
	}
	for j := range m.infinite {
		// A likelihood that has stopped rising while the coefficient goes on by steps of about 1 has no maximum there.
		m.infinite[j] = !m.converged && math.Abs(step[j]) > .1 || math.Abs(m.beta[j]) > 30 || math.IsNaN(m.beta[j])
	}
	return m
}

func largest(x []float64) float64 {
	m := 0.
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}
