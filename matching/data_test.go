package matching

import (
	"testing"

	"tiltakseffekt/internal/oracle"
	"tiltakseffekt/internal/regression"
)

// sample is one of the reference data sets.
type sample struct {
	folder  string
	columns map[string][]string
	names   []string
	x       [][]float64 // the covariates of the score
	treated []bool
	treat   []float64
	y       []float64
	race    []int32 // the exact variable
	maha    []string
	fit     *regression.Fit // logit along R's path
}

func (s *sample) column(t testing.TB, name string) []float64 {
	return oracle.Floats(t, s.columns[name])
}

func (s *sample) finish(t testing.TB) *sample {
	s.treat, s.y = s.column(t, "treat"), s.column(t, "re78")
	s.treated = make([]bool, len(s.treat))
	for i, v := range s.treat {
		s.treated[i] = v == 1
	}
	fit, err := regression.Logit(s.x, s.treat, nil, regression.LogitOptions{LikeR: true})
	if err != nil {
		t.Fatal(err)
	}
	s.fit = fit
	return s
}

func indicator(column []string, level string) []float64 {
	out := make([]float64, len(column))
	for i, v := range column {
		if v == level {
			out[i] = 1
		}
	}
	return out
}

// lalonde is treat ~ age + educ + race + married + nodegree + re74 + re75.
func lalonde(t testing.TB) *sample {
	s := &sample{folder: "lalonde_psm", columns: oracle.CSV(t, "lalonde_psm/data.csv"), maha: []string{"age", "educ", "re74", "re75"}}
	s.names = []string{"age", "educ", "racehispan", "racewhite", "married", "nodegree", "re74", "re75"}
	for _, n := range s.names {
		switch n {
		case "racehispan", "racewhite":
			s.x = append(s.x, indicator(s.columns["race"], n[4:]))
		default:
			s.x = append(s.x, s.column(t, n))
		}
	}
	for _, r := range s.columns["race"] {
		s.race = append(s.race, map[string]int32{"black": 0, "hispan": 1, "white": 2}[r])
	}
	return s.finish(t)
}

// cps is the NSW treated with the full CPS-1 comparison group.
func cps(t testing.TB) *sample {
	s := &sample{folder: "nsw_cps_psm", columns: oracle.CSV(t, "nsw_cps_psm/data.csv"), maha: []string{"age", "education", "re74", "re75"}}
	s.names = []string{"age", "age2", "education", "black", "hispanic", "married", "nodegree", "re74", "re75", "u74", "u75"}
	age := s.column(t, "age")
	for _, n := range s.names {
		switch n {
		case "age2":
			sq := make([]float64, len(age))
			for i, v := range age {
				sq[i] = v * v
			}
			s.x = append(s.x, sq)
		case "u74", "u75":
			s.x = append(s.x, isZero(s.column(t, "re"+n[1:])))
		default:
			s.x = append(s.x, s.column(t, n))
		}
	}
	for _, v := range s.column(t, "black") {
		s.race = append(s.race, int32(v))
	}
	return s.finish(t)
}

func isZero(v []float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		if v[i] == 0 {
			out[i] = 1
		}
	}
	return out
}
