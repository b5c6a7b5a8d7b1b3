package matching

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/internal/random"
)

// slow does the same by looking at every pair each time.
type slow struct {
	in       NearestInput
	opt      NearestOptions
	caliper  float64
	position []int // rank by (score, tie, row) in the stratum, or among all rows under LikeMatchIt
	uses     []int
	got      [][]int
}

func newSlow(in NearestInput, opt NearestOptions) *slow {
	n := len(in.Score)
	s := &slow{in: in, opt: opt, caliper: math.Inf(1), position: make([]int, n), uses: make([]int, n), got: make([][]int, n)}
	s.opt.Ratio = max(opt.Ratio, 1)
	if s.opt.ReuseMax == 0 {
		s.opt.ReuseMax = 1
		if opt.Replace {
			s.opt.ReuseMax = math.MaxInt32
		}
	}
	if opt.Caliper > 0 {
		s.caliper = opt.Caliper
		if opt.CaliperUnit == CaliperSD {
			s.caliper *= pooledSD(in.Score, in.Leave)
		}
	}
	for i := range n {
		for j := range n {
			if s.before(j, i) && (opt.LikeMatchIt || s.in.Stratum == nil || s.in.Stratum[i] == s.in.Stratum[j]) && (s.opt.LikeMatchIt && in.Stratum != nil || !s.left(j)) {
				s.position[i]++
			}
		}
	}
	return s
}

func (s *slow) left(i int) bool { return s.in.Leave != nil && s.in.Leave[i] }

func (s *slow) tie(i int) uint32 {
	if s.opt.LikeMatchIt {
		return 0
	}
	return uint32(random.NewKeyed(s.opt.Seed, "matching ties").Uint64(s.in.Key[i], 0) >> 32)
}

func (s *slow) before(i, j int) bool {
	return cmp.Or(cmp.Compare(s.in.Score[i], s.in.Score[j]), cmp.Compare(s.tie(i), s.tie(j)), cmp.Compare(i, j)) < 0
}

func (s *slow) focal(i int) bool { return s.in.Treated[i] == (s.opt.Estimand == ATT) && !s.left(i) }

func (s *slow) may(i, j int) bool {
	if s.focal(j) || s.left(j) || s.in.Treated[i] == s.in.Treated[j] || s.uses[j] >= s.opt.ReuseMax || slices.Contains(s.got[i], j) ||
		s.in.Stratum != nil && s.in.Stratum[i] != s.in.Stratum[j] || s.in.Unit != nil && s.in.Unit[i] == s.in.Unit[j] ||
		math.Abs(s.in.Score[i]-s.in.Score[j]) > s.caliper {
		return false
	}
	if s.opt.PersonMax > 0 {
		used := 0
		for k, u := range s.uses {
			if s.in.Unit[k] == s.in.Unit[j] {
				used += u
			}
		}
		if used >= s.opt.PersonMax {
			return false
		}
	}
	for _, c := range s.in.Calipers {
		if math.Abs(c.Values[i]-c.Values[j]) > c.Max {
			return false
		}
	}
	for _, c := range s.in.AntiExact {
		if c[i] == c[j] {
			return false
		}
	}
	return true
}

// nearest is the best candidate of row i or −1: by distance, then fewest positions between, then the lower side.
func (s *slow) nearest(i int) int {
	best := -1
	for j := range s.in.Score {
		if !s.may(i, j) {
			continue
		}
		if best < 0 || cmp.Or(cmp.Compare(math.Abs(s.in.Score[i]-s.in.Score[j]), math.Abs(s.in.Score[i]-s.in.Score[best])),
			cmp.Compare(abs(s.position[i]-s.position[j]), abs(s.position[i]-s.position[best])),
			cmp.Compare(s.position[j], s.position[best])) < 0 {
			best = j
		}
	}
	return best
}

func abs(i int) int { return max(i, -i) }

func (s *slow) order() []int {
	var rows []int
	for i := range s.in.Score {
		if s.focal(i) {
			rows = append(rows, i)
		}
	}
	shuffle := random.NewKeyed(s.opt.Seed, "matching order")
	slices.SortFunc(rows, func(a, b int) int {
		switch s.opt.Order {
		case Largest:
			return cmp.Or(cmp.Compare(s.in.Score[b], s.in.Score[a]), cmp.Compare(s.tie(a), s.tie(b)), cmp.Compare(a, b))
		case Smallest:
			return cmp.Or(cmp.Compare(s.in.Score[a], s.in.Score[b]), cmp.Compare(s.tie(a), s.tie(b)), cmp.Compare(a, b))
		case RandomOrder:
			return cmp.Or(cmp.Compare(shuffle.Uint64(s.in.Key[a], 1), shuffle.Uint64(s.in.Key[b], 1)), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	})
	return rows
}

func (s *slow) match() [][]int {
	rows := s.order()
	for range s.opt.Ratio {
		var stay []int
		for _, i := range rows {
			if j := s.nearest(i); j >= 0 {
				s.got[i] = append(s.got[i], j)
				s.uses[j]++
				stay = append(stay, i)
			}
		}
		rows = stay
	}
	return s.got
}
