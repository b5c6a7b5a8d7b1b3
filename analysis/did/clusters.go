package did

// clustering is one of the sums of an inclusion–exclusion over cluster dimensions (Cameron, Gelbach and Miller 2011, JBES
// 29:238): V = Σ over non-empty sets S of dimensions (−1)^(|S|+1) V_S, V_S from sums over the intersections of S.
type clustering struct {
	sign   float64
	number []int32 // by unit; nil: each unit stands alone
	count  int
}

// clusterings of the given dimensions; none means one clustering by unit.
func clusterings(n int, dimension [][]int32, count []int) []clustering {
	if len(dimension) == 0 {
		return []clustering{{1, nil, n}}
	}
	var out []clustering
	for set := 1; set < 1<<len(dimension); set++ {
		c := clustering{sign: -1}
		for d := range dimension {
			if set>>d&1 == 0 {
				continue
			}
			c.sign = -c.sign
			if c.number == nil {
				c.number, c.count = dimension[d], count[d]
				continue
			}
			pair := map[[2]int32]int32{}
			joint := make([]int32, n)
			for i, a := range c.number {
				p := [2]int32{a, dimension[d][i]}
				k, ok := pair[p]
				if !ok {
					k = int32(len(pair))
					pair[p] = k
				}
				joint[i] = k
			}
			c.number, c.count = joint, len(pair)
		}
		if c.count == n { // the intersections are the units themselves
			c.number = nil
		}
		out = append(out, c)
	}
	return out
}

// singleClusters counts the cohorts with an effect whose units all lie in one cluster of some dimension.
func singleClusters(e engine, f *frame) int {
	n := 0
	for h := range f.control {
		single := false
		switch x := e.(type) {
		case *unitEngine:
			for _, c := range f.cluster {
				first, several := c[f.from[h]], false
				for _, v := range c[f.from[h]:f.from[h+1]] {
					several = several || v != first
				}
				single = single || !several
			}
		case *statEngine:
			for _, c := range x.s.clusters {
				if c.unit {
					continue
				}
				filled := 0
				for _, w := range c.u[x.at[h]] {
					if w > 0 {
						filled++
					}
				}
				single = single || filled < 2
			}
		}
		if single {
			n++
		}
	}
	return n
}
