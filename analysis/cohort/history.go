package cohort

import (
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// The series of a person's history that covariates count in.
const (
	cWork          = iota // any ordinary position
	cPosition             // ordinary position, as a share of full time
	cEarnings             // ordinary wage, kroner
	cDagpenger            // months with the benefit
	cAAP                  //
	cUfore                //
	cSosialhjelp          //
	cTiltak               // months with a day of participation
	cTiltakWage           // months with a wage paid through a tiltak
	cStudying             //
	cRegistered           //
	cTiltakspenger        //
	series
)

// counted are the series that count months with a bit of State.
var counted = []struct {
	series int
	bit    register.State
}{
	{cDagpenger, register.Dagpenger}, {cAAP, register.AAP}, {cUfore, register.Ufore}, {cSosialhjelp, register.Sosialhjelp},
	{cTiltak, register.InTiltak}, {cTiltakWage, register.TiltakWage}, {cStudying, register.Studying}, {cRegistered, register.Registered},
	{cTiltakspenger, register.Tiltakspenger},
}

// sums are prefix sums over a person's panel months, so that a count over any window is one subtraction.
type sums struct {
	first  calendar.Month
	states []register.State
	prefix [series][]float64 // prefix[s][k] = sum over the first k months
}

// load fills the sums of one person; it reuses its memory.
func (s *sums) load(h register.History) {
	n := len(h.State)
	s.first, s.states = h.First, h.State
	for i := range s.prefix {
		if cap(s.prefix[i]) < n+1 {
			s.prefix[i] = make([]float64, n+1)
		}
		s.prefix[i] = s.prefix[i][:n+1]
		s.prefix[i][0] = 0
	}
	for k := range n {
		var v [series]float64
		if h.Ordinary[k] > 0 {
			v[cWork] = 1
			v[cPosition] = min(float64(h.Ordinary[k])/10000, 1)
		}
		v[cEarnings] = float64(h.OrdinaryWage[k]) / 100
		state := h.State[k]
		for _, c := range counted {
			if state&c.bit != 0 {
				v[c.series] = 1
			}
		}
		for i := range v {
			s.prefix[i][k+1] = s.prefix[i][k] + v[i]
		}
	}
}

// clip turns months into positions in the panel: [a, b) covers from…to as far as the panel goes.
func (s *sums) clip(from, to calendar.Month) (a, b int) {
	n := len(s.states)
	a = min(max(int(from-s.first), 0), n)
	b = min(max(int(to-s.first)+1, a), n)
	return a, b
}

// count is the sum of a series over from…to, as far as the panel goes.
func (s *sums) count(i int, from, to calendar.Month) float64 {
	a, b := s.clip(from, to)
	return s.prefix[i][b] - s.prefix[i][a]
}

// mean is the mean of a series over from…to as far as the panel goes, 0 where it does not reach.
func (s *sums) mean(i int, from, to calendar.Month) float64 {
	a, b := s.clip(from, to)
	if a == b {
		return 0
	}
	return (s.prefix[i][b] - s.prefix[i][a]) / float64(b-a)
}
