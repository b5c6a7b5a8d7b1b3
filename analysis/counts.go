package analysis

// carrying are the rows that carry weight, ascending; nil where all do (weight nil: all).
func carrying(weight []float64) []int32 {
	n := 0
	for _, w := range weight {
		if w > 0 {
			n++
		}
	}
	if n == len(weight) {
		return nil
	}
	rows := make([]int32, 0, n)
	for i, w := range weight {
		if w > 0 {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// ones counts, for a 0/1 outcome, the distinct persons of each arm with the outcome in one of the rows (nil: all), and
// without it: what disclosure control needs. It takes the outcome as it was before complete.
func (c *cell) ones(y []float64, rows []int32) (onesTreated, zerosTreated, onesComparison, zerosComparison int) {
	var n [4]int
	last := [4]int32{-1, -1, -1, -1}
	count := func(i int) {
		k := 0
		switch y[i] {
		case 1:
		case 0:
			k = 1
		default:
			return
		}
		if !c.treated[i] {
			k += 2
		}
		if p := c.person[i]; p != last[k] {
			n[k]++
			last[k] = p
		}
	}
	if rows == nil {
		for i := range y {
			count(i)
		}
	}
	for _, i := range rows {
		count(int(i))
	}
	return n[0], n[1], n[2], n[3]
}

// fewAmounts tells whether fewer persons of an arm than a limit have an amount other than 0 in one of the rows (nil: all).
func (c *cell) fewAmounts(y []float64, rows []int32, limit int) bool {
	if limit <= 1 {
		return false
	}
	var n [2]int
	last := [2]int32{-1, -1}
	count := func(i int) (enough bool) {
		if v := y[i]; v != 0 && v == v {
			arm := 0
			if c.treated[i] {
				arm = 1
			}
			if p := c.person[i]; p != last[arm] {
				n[arm]++
				last[arm] = p
			}
		}
		return n[0] >= limit && n[1] >= limit
	}
	if rows == nil {
		for i := range y {
			if count(i) {
				return false
			}
		}
	}
	for _, i := range rows {
		if count(int(i)) {
			return false
		}
	}
	return true
}
