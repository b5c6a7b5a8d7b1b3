package did

import (
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/internal/fault"
)

// SmallSample are the small-sample factors of a variance, named as fixest (0.13) names them. The zero value is fixest's default.
type SmallSample struct {
	NoK bool   // K.adj = FALSE: no (n−1)/(n−K)
	NoG bool   // G.adj = FALSE: no G/(G−1)
	K   KFixef // which fixed effects K counts

	EachG bool // G.df = conventional: each part of a variance over several cluster dimensions has its own G/(G−1), not the smallest G
	FullT bool // t.df = conventional: clustered errors go with n − K degrees of freedom, not with the smallest G less 1
	T     int  // t.df = a number: the degrees of freedom of clustered errors; 0: by FullT

	Extra int // parameters that K counts beside these

	// PosDef replaces the negative eigenvalues that a covariance over several cluster dimensions may have by 1e-12, as fixest
	// does (Cameron, Gelbach and Miller 2011). Without it a negative variance is a missing error.
	PosDef bool
}

// KFixef is fixest's K.fixef: which levels of the fixed effects count as parameters.
type KFixef uint8

// The rules: levels of fixed effects not nested in a cluster (default), all, none.
const (
	NonNested KFixef = iota
	FullK
	NoFixef
)

// smallSampleNames are the arguments of fixest's ssc() and, before 0.13, their older names.
var smallSampleNames = map[string]string{
	"K.adj": "K.adj", "adj": "K.adj", "K.fixef": "K.fixef", "fixef.K": "K.fixef", "G.adj": "G.adj", "cluster.adj": "G.adj",
	"G.df": "G.df", "cluster.df": "G.df", "t.df": "t.df",
}

// UnmarshalText reads the arguments of fixest's ssc(), such as K.adj=FALSE,K.fixef=full,G.df=conventional; those that are
// not named keep their value.
func (s *SmallSample) UnmarshalText(text []byte) error {
	for _, part := range strings.Split(string(text), ",") {
		given, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		given, value = strings.TrimSpace(given), strings.Trim(strings.TrimSpace(value), `"'`)
		name, known := smallSampleNames[given]
		switch {
		case given == "K.exact":
			return fault.Usagef("bad_flag", "`--ssc`: K.exact changes nothing with unit and period effects of one connected panel; leave it out")
		case !ok || !known:
			known := []string{"K.adj", "K.fixef", "G.adj", "G.df", "t.df"}
			return fault.Usagef("bad_flag", "`--ssc` takes K.adj, K.fixef, G.adj, G.df and t.df as name=value, not `%s`%s", part, fault.Suggest(given, known))
		}
		if err := s.set(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (s *SmallSample) set(name, value string) error {
	bad := func(allowed string) error {
		return fault.Usagef("bad_flag", "`--ssc`: %s is %s, not `%s`", name, allowed, value)
	}
	choice := func(list ...string) int { return slices.Index(list, value) }
	switch name {
	case "K.adj", "G.adj":
		no := choice("TRUE", "FALSE", "true", "false", "T", "F")
		if no < 0 {
			return bad("TRUE or FALSE")
		}
		if name == "K.adj" {
			s.NoK = no%2 == 1
		} else {
			s.NoG = no%2 == 1
		}
	case "K.fixef":
		k := choice("nonnested", "full", "none", "nested") // nested: the older name of nonnested
		if k < 0 {
			return bad("none, nonnested or full")
		}
		s.K = KFixef(k % 3)
	case "G.df":
		k := choice("min", "conventional")
		if k < 0 {
			return bad("min or conventional")
		}
		s.EachG = k == 1
	case "t.df":
		k := choice("min", "conventional")
		if s.FullT, s.T = k == 1, 0; k < 0 {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return bad("min, conventional or a number from 1 up")
			}
			s.T = n
		}
	}
	return nil
}

// degrees of freedom of the t interval of clustered errors with n rows, K parameters and the smallest number of clusters.
func (s *SmallSample) degrees(n, k, smallest float64) float64 {
	switch {
	case s.T > 0:
		return float64(s.T)
	case s.FullT:
		return max(n-k, 1)
	}
	return smallest - 1
}
