package duration

import "math"

// choleskyTolerance is the share of the largest diagonal under which a pivot counts as 0, ε^¾ as in R's coxph.
const choleskyTolerance = 1.8189894035458565e-12

// cholesky overwrites the lower triangle of the p × p matrix a (by rows) with L, a = L L′. It reports false at a pivot
// that is not positive, relative to the original diagonal: a column that the others determine.
func cholesky(a []float64, p int) bool {
	largest := 0.
	for j := range p {
		largest = max(largest, a[j*p+j])
	}
	for j := range p {
		d := a[j*p+j]
		for k := range j {
			d -= a[j*p+k] * a[j*p+k]
		}
		if !(d > choleskyTolerance*largest) || math.IsInf(d, 1) {
			return false
		}
		d = math.Sqrt(d)
		a[j*p+j] = d
		for i := j + 1; i < p; i++ {
			s := a[i*p+j]
			for k := range j {
				s -= a[i*p+k] * a[j*p+k]
			}
			a[i*p+j] = s / d
		}
	}
	return true
}

// forward solves L y = b in place.
func forward(l, b []float64) {
	p := len(b)
	for i := range p {
		for k := range i {
			b[i] -= l[i*p+k] * b[k]
		}
		b[i] /= l[i*p+i]
	}
}

// backward solves L′ x = y in place.
func backward(l, y []float64) {
	p := len(y)
	for i := p - 1; i >= 0; i-- {
		for k := i + 1; k < p; k++ {
			y[i] -= l[k*p+i] * y[k]
		}
		y[i] /= l[i*p+i]
	}
}

// quadratic is u′ V⁻¹ u; V and u are left as they are.
func quadratic(V, u []float64) (float64, bool) {
	l := append([]float64(nil), V...)
	if !cholesky(l, len(u)) {
		return 0, false
	}
	y := append([]float64(nil), u...)
	forward(l, y)
	sum := 0.
	for _, v := range y {
		sum += v * v
	}
	return sum, true
}

// inverse is V⁻¹ of a symmetric positive definite p × p matrix, or false.
func inverse(V []float64, p int) ([]float64, bool) {
	l := append([]float64(nil), V...)
	if !cholesky(l, p) {
		return nil, false
	}
	out := make([]float64, p*p)
	e := make([]float64, p)
	for j := range p {
		clear(e)
		e[j] = 1
		forward(l, e)
		backward(l, e)
		for i := range p {
			out[i*p+j] = e[i]
		}
	}
	return out, true
}
