package matching

import "fmt"

// Expand adds powers of the columns that are not 0/1, up to the given one (2: squares), and the products of all pairs of
// columns where interactions is true, with names such as age^2 and age*educ: moments to balance beyond means. Columns that
// are constant or repeat others may come out; what uses them leaves dependent columns out.
func Expand(x [][]float64, names []string, moments int, interactions bool) ([][]float64, []string) {
	outX, outNames := append([][]float64(nil), x...), append([]string(nil), names...)
	binary := make([]bool, len(x))
	for j, col := range x {
		binary[j] = true
		for _, v := range col {
			if v != 0 && v != 1 {
				binary[j] = false
				break
			}
		}
	}
	for j, col := range x {
		power := col
		for k := 2; k <= moments && !binary[j]; k++ {
			power = times(power, col)
			outX, outNames = append(outX, power), append(outNames, fmt.Sprintf("%s^%d", nameOf(names, j), k))
		}
	}
	if interactions {
		for j := range x {
			for k := range j {
				p := times(x[j], x[k])
				if varies(p) {
					outX, outNames = append(outX, p), append(outNames, nameOf(names, k)+"*"+nameOf(names, j))
				}
			}
		}
	}
	return outX, outNames
}

func times(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] * b[i]
	}
	return out
}

func varies(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return true
		}
	}
	return false
}
