package results

import "encoding/json"

// Focus is the figure a reader is led to first.
type Focus struct {
	Outcome string
	Month   int
	Method  string
}

// Focus is the outcome, month and method of the study's family of hypotheses; where the study names none, the first
// outcome, the first method, and month 24 or the horizon if that is shorter.
func (r *Run) Focus() Focus {
	f := Focus{Month: min(24, r.Horizon)}
	if len(r.Outcomes) > 0 {
		f.Outcome = r.Outcomes[0].ID
	}
	if len(r.Methods) > 0 {
		f.Method = r.Methods[0].ID
	}
	var study struct {
		Inference struct {
			Family struct {
				Outcome string `json:"outcome"`
				Month   int    `json:"month"`
				Method  string `json:"method"`
			} `json:"family"`
		} `json:"inference"`
	}
	if json.Unmarshal(r.Resolved, &study) == nil {
		if o := study.Inference.Family.Outcome; known(r.Outcomes, o) {
			f.Outcome = o
		}
		if m := study.Inference.Family.Month; m > 0 && m <= r.Horizon {
			f.Month = m
		}
		if m := study.Inference.Family.Method; known(r.Methods, m) {
			f.Method = m
		}
	}
	return f
}

func known(labels []Label, id string) bool {
	for _, l := range labels {
		if l.ID == id {
			return true
		}
	}
	return false
}

// Money tells whether an outcome is measured in kroner: its kind in the study is earnings. Every other outcome is a
// share.
func (r *Run) Money(outcome string) bool {
	var study struct {
		Outcomes []struct {
			ID   string `json:"id"`
			Kind string `json:"kind"`
		} `json:"outcomes"`
	}
	_ = json.Unmarshal(r.Resolved, &study)
	for _, o := range study.Outcomes {
		if o.ID == outcome {
			return o.Kind == "earnings"
		}
	}
	return false
}

// Name is the text of a label in a language; the id itself where it has none.
func Name(labels []Label, id, lang string) string {
	for _, l := range labels {
		if l.ID == id {
			if t := l.Text.In(lang); t != "" {
				return t
			}
		}
	}
	return id
}

// Own tells whether an estimate is one of the study's own, by month: no placebo, no rival sample, definition or method, no
// part of a group and no window.
func (e *Estimate) Own() bool {
	return e.Month != nil && e.Role != "placebo" && e.Role != "robustness" && e.SubsetVar == "" && (e.Sample == "" || e.Sample == "main") && (e.Definition == "" || e.Definition == "main")
}

// Note is the note of a label in a language, or "".
func Note(labels []Label, id, lang string) string {
	for _, l := range labels {
		if l.ID == id {
			return l.Note.In(lang)
		}
	}
	return ""
}
