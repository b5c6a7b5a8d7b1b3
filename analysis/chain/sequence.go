package chain

import (
	"math"
	"math/big"
)

// Sequences are state sequences of one length, each distinct one once with its weight: at register scale most courses
// occur many times.
type Sequences struct {
	States int       // size of the alphabet; elements are in [0, States)
	Seq    [][]uint8 // distinct, in the order of first appearance
	Weight []float64 // sum of the weights of the sequences that are equal to it
	Of     []int32   // for each sequence that came in, its place in Seq
}

// NewSequences collects sequences. weight nil means all 1. It panics where they differ in length.
func NewSequences(rows [][]uint8, weight []float64, states int) *Sequences {
	s := &Sequences{States: states, Of: make([]int32, len(rows))}
	place := make(map[string]int32, len(rows)/2)
	for i, r := range rows {
		if len(r) != len(rows[0]) {
			panic("chain: sequences of different lengths")
		}
		k, ok := place[string(r)]
		if !ok {
			k = int32(len(s.Seq))
			place[string(r)] = k
			s.Seq = append(s.Seq, r)
			s.Weight = append(s.Weight, 0)
		}
		w := 1.
		if weight != nil {
			w = weight[i]
		}
		s.Weight[k] += w
		s.Of[i] = k
	}
	return s
}

// entropy is −Σ p ln p of shares that are counts over a total; 0 ln 0 is 0.
func entropy(count []float64, total float64) float64 {
	h := 0.
	for _, n := range count {
		if n > 0 {
			p := n / total
			h -= p * math.Log(p)
		}
	}
	return h
}

// Entropy is the entropy within a sequence, of the shares of its months in each state, over the largest possible:
//
//	h(s) = −Σ_a p_a ln p_a / ln |A|
//
// 0 for one state throughout, 1 for all states equally long. 0 where the alphabet has one state. Shannon 1948; as
// TraMineR::seqient with norm = TRUE (Gabadinho, Ritschard, Müller and Studer 2011, doi:10.18637/jss.v040.i04).
func Entropy(seq []uint8, states int) float64 {
	if states < 2 || len(seq) == 0 {
		return 0
	}
	var buf [256]float64
	count := buf[:states]
	for _, s := range seq {
		count[s]++
	}
	return entropy(count, float64(len(seq))) / math.Log(float64(states))
}

// Transversal is the entropy of the states of all sequences at each position, weighted, over ln |A|
// (TraMineR::seqstatd).
func (s *Sequences) Transversal() []float64 {
	if len(s.Seq) == 0 {
		return nil
	}
	out := make([]float64, len(s.Seq[0]))
	count := make([]float64, s.States)
	for t := range out {
		clear(count)
		total := 0.
		for i, q := range s.Seq {
			count[q[t]] += s.Weight[i]
			total += s.Weight[i]
		}
		if s.States > 1 {
			out[t] = entropy(count, total) / math.Log(float64(s.States))
		}
	}
	return out
}

// Transitions is the number of months in which a sequence changes state.
func Transitions(seq []uint8) int {
	n := 0
	for i := 1; i < len(seq); i++ {
		if seq[i] != seq[i-1] {
			n++
		}
	}
	return n
}

// Complexity is the complexity index of a sequence, the geometric mean of how often it changes and how varied it is:
//
//	C(s) = √( q(s)/(ℓ − 1) · h(s) )
//
// with q the transitions, ℓ the length and h the Entropy; 0 for one state throughout and for a single month. Gabadinho,
// Ritschard, Studer and Müller 2010; TraMineR::seqici.
func Complexity(seq []uint8, states int) float64 {
	if len(seq) < 2 {
		return 0
	}
	return math.Sqrt(float64(Transitions(seq)) / float64(len(seq)-1) * Entropy(seq, states))
}

// Turbulence is Elzinga's turbulence of a sequence:
//
//	T(s) = log₂( φ(s) · (v_max(s) + 1)/(v(s) + 1) ),  v_max = (d − 1)(1 − t̄)²
//
// where φ is the number of distinct subsequences of the distinct successive states, the empty one counted, v the
// population variance of the d durations and t̄ their mean. 1 for one state throughout. Elzinga and Liefbroer 2007,
// doi:10.1007/s10680-007-9133-7; TraMineR::seqST with type = 1.
func Turbulence(seq []uint8) float64 {
	if len(seq) == 0 {
		return 0
	}
	var dss []uint8
	var dur []float64
	for i, s := range seq {
		if i == 0 || s != seq[i-1] {
			dss, dur = append(dss, s), append(dur, 0)
		}
		dur[len(dur)-1]++
	}
	d := float64(len(dur))
	mean := float64(len(seq)) / d
	v := 0.
	for _, t := range dur {
		v += (t - mean) * (t - mean)
	}
	v /= d
	most := (d - 1) * (1 - mean) * (1 - mean)
	return subsequences(dss) + math.Log2((most+1)/(v+1))
}

// subsequences is log₂ of the number of distinct subsequences of a sequence, the empty one counted, by the recursion
// N_i = 2 N_{i−1} − N_{l(i)−1}, where l(i) is the last place before i with the same state. The number itself has as many
// bits as the sequence has elements; past 52 of them it is counted in whole numbers of any size, since a difference of
// rounded ones would lose what the recursion takes off.
func subsequences(dss []uint8) float64 {
	if len(dss) > 52 {
		return subsequencesBig(dss)
	}
	var last [256]int // 1 + place
	n := make([]float64, len(dss)+1)
	n[0] = 1
	for i, s := range dss {
		n[i+1] = 2 * n[i]
		if l := last[s]; l > 0 {
			n[i+1] -= n[l-1]
		}
		last[s] = i + 1
	}
	return math.Log2(n[len(dss)])
}

func subsequencesBig(dss []uint8) float64 {
	var last [256]int
	n := make([]*big.Int, len(dss)+1)
	n[0] = big.NewInt(1)
	for i, s := range dss {
		n[i+1] = new(big.Int).Lsh(n[i], 1)
		if l := last[s]; l > 0 {
			n[i+1].Sub(n[i+1], n[l-1])
		}
		last[s] = i + 1
	}
	mantissa := new(big.Float)
	exp := new(big.Float).SetInt(n[len(dss)]).MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log2(m) + float64(exp)
}
