package results

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Published is an evaluation whose figures were typed from its report.
type Published struct {
	Evaluation string // name and year, such as "Proba og Frisch 2023"
	Source     string // report, page or table: where the figures stand
	Sample     string // in words: who was compared with whom
	Definition string // in words: the outcomes
	Method     string // in words
	Estimates  []Estimate
	Units      map[string]string // by outcome, InKroner or InShares; none where the file does not say
}

// The units of published figures.
const (
	InKroner = "kroner"
	InShares = "share"
)

// publishedFile is the file as typed.
type publishedFile struct {
	Evaluation string `yaml:"evaluation"`
	Source     string `yaml:"source"`
	Sample     string `yaml:"sample"`
	Definition string `yaml:"definition"`
	Method     string `yaml:"method"`
	Estimates  []struct {
		Tiltak     string   `yaml:"tiltak"`
		Group      string   `yaml:"group"`
		Outcome    string   `yaml:"outcome"`
		Month      *int     `yaml:"month"`
		Window     string   `yaml:"window"`
		Estimand   string   `yaml:"estimand"`
		Comparison string   `yaml:"comparison"`
		LaterEntry string   `yaml:"later_entry"`
		Estimate   *float64 `yaml:"estimate"`
		StdError   *float64 `yaml:"std_error"`
		ConfLow    *float64 `yaml:"conf_low"`
		ConfHigh   *float64 `yaml:"conf_high"`
		Level      *float64 `yaml:"level"`
		NStarts    *int     `yaml:"n_starts"`
		Unit       string   `yaml:"unit"`
	} `yaml:"estimates"`
}

// LoadPublished reads a file of published figures, strictly. Each estimate needs tiltak, outcome, month or window, estimate,
// and a standard error or both limits (at level, default 0.95), from which the other is made as if the interval were the
// normal one; group is alle, estimand ATT and comparison unknown where nothing else is said. Effects on shares are given
// as fractions (0.03 is three percentage points), amounts with `unit: kroner`; nothing is converted.
func LoadPublished(path string) (*Published, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fault.Usagef("no_published", "there is no file `%s` of published figures", path)
		}
		return nil, fault.Usagef("no_published", "`%s` cannot be read: %v", path, err)
	}
	p, err := parsePublished(b)
	var e *fault.Error
	if errors.As(err, &e) {
		return nil, e.In(path)
	}
	return p, err
}

var unknownPublished = regexp.MustCompile(`line (\d+): field (\S+) not found`)

func parsePublished(text []byte) (*Published, error) {
	var f publishedFile
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&f); errors.Is(err, io.EOF) {
		return nil, fault.Usagef("bad_published", "the file is empty; it holds evaluation, source, sample, definition, method and estimates")
	} else if err != nil {
		if m := unknownPublished.FindStringSubmatch(err.Error()); m != nil {
			known := []string{"evaluation", "source", "sample", "definition", "method", "estimates", "tiltak", "group", "outcome", "month", "window", "estimand", "comparison", "later_entry", "estimate", "std_error", "conf_low", "conf_high", "level", "n_starts", "unit"}
			line, _ := strconv.ParseInt(m[1], 10, 64)
			return nil, fault.Usagef("unknown_key", "line %s: `%s` is no key of published figures%s", m[1], m[2], fault.Suggest(m[2], known)).At(line)
		}
		return nil, fault.Usagef("bad_published", "the file cannot be read as published figures: %v", err)
	}
	if f.Evaluation == "" || f.Source == "" {
		return nil, fault.Usagef("bad_published", "`evaluation` and `source` are needed: whose figures they are, and where they stand")
	}
	if len(f.Estimates) == 0 {
		return nil, fault.Usagef("bad_published", "`estimates` is empty; give at least one figure")
	}
	p := &Published{f.Evaluation, f.Source, f.Sample, f.Definition, f.Method, nil, map[string]string{}}
	type key struct {
		tiltak, group, outcome, window string
		month                          int
	}
	seen := map[key]int{}
	for i, e := range f.Estimates {
		n := i + 1
		wrong := func(format string, args ...any) error {
			return fault.Usagef("bad_published", "estimate %d: "+format, append([]any{n}, args...)...)
		}
		switch {
		case e.Tiltak == "" || e.Outcome == "":
			return nil, wrong("`tiltak` and `outcome` are needed")
		case (e.Month == nil) == (e.Window == ""):
			return nil, wrong("one of `month` and `window` is needed, not both")
		case e.Month != nil && *e.Month < 0:
			return nil, wrong("`month: %d` is before the start", *e.Month)
		case e.Estimate == nil:
			return nil, wrong("`estimate` is missing")
		case e.StdError == nil && (e.ConfLow == nil || e.ConfHigh == nil):
			return nil, wrong("`std_error`, or both `conf_low` and `conf_high`, is needed: a figure without its uncertainty cannot be compared")
		}
		switch {
		case e.Unit == "":
		case e.Unit != InKroner && e.Unit != InShares:
			return nil, wrong("`unit: %s` is not known%s; it is kroner or share", e.Unit, fault.Suggest(e.Unit, []string{InKroner, InShares}))
		case p.Units[e.Outcome] != "" && p.Units[e.Outcome] != e.Unit:
			return nil, wrong("`%s` is in %s here and in %s above; an outcome has one unit", e.Outcome, e.Unit, p.Units[e.Outcome])
		default:
			p.Units[e.Outcome] = e.Unit
		}
		level := 0.95
		if e.Level != nil {
			level = *e.Level
		}
		if !(level > 0.5 && level < 1) {
			return nil, wrong("`level: %v` must lie between 0.5 and 1", level)
		}
		var se float64
		if e.StdError != nil {
			se = *e.StdError
		} else {
			se = (*e.ConfHigh - *e.ConfLow) / (2 * estimate.Quantile(level))
			if middle := (*e.ConfHigh + *e.ConfLow) / 2; *e.ConfLow > *e.Estimate || *e.ConfHigh < *e.Estimate || math.Abs(middle-*e.Estimate) > 0.2*(*e.ConfHigh-*e.ConfLow) {
				return nil, wrong("the limits %v and %v do not lie around %v as those of a normal interval; give `std_error`", *e.ConfLow, *e.ConfHigh, *e.Estimate)
			}
		}
		if !(se > 0) || math.IsInf(se, 0) || math.IsNaN(*e.Estimate) || math.IsInf(*e.Estimate, 0) {
			return nil, wrong("the standard error must be over 0 and the estimate a number, not %v and %v", se, *e.Estimate)
		}
		if e.StdError != nil && e.ConfLow != nil && e.ConfHigh != nil {
			if half := estimate.Quantile(level) * se; math.Abs((*e.ConfHigh-*e.ConfLow)/2-half) > 0.25*half {
				return nil, wrong("`std_error` %v and the limits %v and %v contradict each other", se, *e.ConfLow, *e.ConfHigh)
			}
		}
		row := Estimate{Tiltak: e.Tiltak, Group: orElse(e.Group, "alle"), Outcome: e.Outcome, Method: "published", Month: e.Month, Window: e.Window,
			Estimand: orElse(e.Estimand, "ATT"), Comparison: e.Comparison, LaterEntry: e.LaterEntry, Role: "primary",
			BandLow: math.NaN(), BandHigh: math.NaN(), FamilyLow: math.NaN(), FamilyHigh: math.NaN(), OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1, PAdjusted: math.NaN(), PPermutation: math.NaN(), MeanTreated: math.NaN(), MeanComparison: math.NaN(), ESS: math.NaN(),
			NStarts: -1, NStartsEligible: -1, NPersonsTreated: -1, NPersonsComparison: -1}
		x := estimate.Normal(*e.Estimate, se, 0.95)
		row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.PValue, row.StdErrorType = x.Estimate, x.StdError, x.ConfLow, x.ConfHigh, x.PValue, "published"
		if e.NStarts != nil {
			row.NStarts = *e.NStarts
		}
		k := key{row.Tiltak, row.Group, row.Outcome, row.Window, -1}
		if e.Month != nil {
			k.month = *e.Month
		}
		if first, twice := seen[k]; twice {
			return nil, wrong("is about the same tiltak, group, outcome and month as estimate %d", first)
		}
		seen[k] = n
		p.Estimates = append(p.Estimates, row)
	}
	return p, nil
}

func orElse(s, or string) string {
	if s == "" {
		return or
	}
	return s
}
