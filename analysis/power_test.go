package analysis

import (
	"math"
	"testing"

	"tiltakseffekt/internal/random"
)

// Of 4,000 experiments with the minimum detectable effect as the truth, about 80 % find it, and 5 % find one where there is
// none; persons have several rows with one outcome. The limits are four standard errors of a share, plus what the normal
// quantiles miss.
func TestDetectableEffectIsDetected(t *testing.T) {
	const persons, rows, draws = 150, 2, 4000
	n := persons * rows
	treated, person, weight, y := make([]bool, n), make([]int32, n), make([]float64, n), make([]float64, n)
	r := random.New(1, "power test")
	for i := range n {
		person[i] = int32(i / rows)
		treated[i] = i/rows%3 == 0
		weight[i] = 1 + float64(i/rows%4)/4
	}
	draw := func(effect float64) {
		for p := range persons {
			v := r.NormFloat64()
			for i := p * rows; i < (p+1)*rows; i++ {
				y[i] = v
				if treated[i] {
					y[i] += effect
				}
			}
		}
	}
	_, se := 0., 0.
	for range 200 { // what is expected, over draws without effect
		draw(0)
		_, one := expectedError(y, weight, treated, person, persons)
		se += one / 200
	}
	found := func(effect float64) float64 {
		hits := 0
		for range draws {
			draw(effect)
			var sum, total [2]float64
			for i := range y {
				sum[armOf(treated[i])] += weight[i] * y[i]
				total[armOf(treated[i])] += weight[i]
			}
			if math.Abs(sum[1]/total[1]-sum[0]/total[0]) > 1.959964*se {
				hits++
			}
		}
		return float64(hits) / draws
	}
	mde := (1.959964 + 0.841621) * se
	if power := found(mde); math.Abs(power-0.8) > 0.035 {
		t.Errorf("power %v at the minimum detectable effect", power)
	}
	if size := found(0); math.Abs(size-0.05) > 0.02 {
		t.Errorf("size %v", size)
	}
}
