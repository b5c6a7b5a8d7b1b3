package figure

// stairs turns the points of a step function (the value holds from its own x to the next) into the vertices of its line,
// up to the end of the axis. gonum clips a step line before it is stepped, which draws a false slope at the edge; explicit
// vertices do not. Points with NaN are left out: the last value holds until the next one that is known.
func stairs(x, y []float64, end float64) (sx, sy []float64) {
	for i := range x {
		if y[i] != y[i] || x[i] != x[i] || x[i] > end {
			continue
		}
		if n := len(sx); n > 0 {
			sx, sy = append(sx, x[i]), append(sy, sy[n-1])
		}
		sx, sy = append(sx, x[i]), append(sy, y[i])
	}
	if n := len(sx); n > 0 && sx[n-1] < end {
		sx, sy = append(sx, end), append(sy, sy[n-1])
	}
	return sx, sy
}
