// Package checklist fills in the items of two reporting guidelines from a finished run, where the run knows the answer, and
// leaves the rest to the researcher by name:
//
//   - TARGET, for observational studies that emulate a target trial: 21 items. Cashin AG, Hansford HJ, Hernán MA, et al.,
//     JAMA 2025;334(12):1084–1093, doi:10.1001/jama.2025.13350.
//   - STROBE, for observational studies: 22 items. von Elm E, Altman DG, Egger M, et al., PLoS Medicine 2007;4(10):e296,
//     doi:10.1371/journal.pmed.0040296.
//
// The items keep the numbers of the statements and are named in our own words: the statements themselves are what a journal
// asks for. An answer is written from the run and its tables after disclosure control alone.
package checklist

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// Item is an item of a guideline. Answer is "" where the run cannot know it: it is to be filled in by the researcher.
type Item struct {
	Guideline string // TARGET or STROBE
	Number    string // in the statement, such as 6a
	Topic     string
	Answer    string
}

// Source cites a guideline.
func Source(guideline string) string {
	if guideline == "TARGET" {
		return "TARGET 2025, doi:10.1001/jama.2025.13350"
	}
	return "STROBE 2007, doi:10.1371/journal.pmed.0040296"
}

// Ask is what stands where the run has no answer.
func Ask(l number.Lang) string {
	if l == number.EN {
		return "To be filled in by the researcher."
	}
	return "Fylles ut av forskeren."
}

// Items are the items of both guidelines, TARGET first, with what the run knows of each.
func Items(r *results.Run, t *results.Tables, l number.Lang) []Item {
	w := &writer{r: r, t: t, l: l}
	_ = json.Unmarshal(r.Resolved, &w.study) // what is not there is not said
	answers := w.answers()
	var out []Item
	for _, k := range known {
		topic := k.nb
		if l == number.EN {
			topic = k.en
		}
		var said []string
		for _, key := range strings.Fields(k.from) {
			if a := answers[key]; a != "" {
				said = append(said, a)
			}
		}
		out = append(out, Item{k.guideline, k.number, topic, strings.Join(said, " ")})
	}
	return out
}

type writer struct {
	r     *results.Run
	t     *results.Tables
	l     number.Lang
	study struct {
		Population struct {
			Age      []int          `json:"age"`
			Eligible string         `json:"eligible"`
			Washout  map[string]int `json:"washout"`
		} `json:"population"`
		Exits     map[string]string `json:"exits"`
		Inference struct {
			Multiplicity string `json:"multiplicity"`
		} `json:"inference"`
	}
}

func (w *writer) say(nb, en string, args ...any) string {
	if w.l == number.EN {
		nb = en
	}
	return fmt.Sprintf(nb, args...)
}

func (w *writer) names(labels []results.Label, notes bool) string {
	var out []string
	for _, k := range labels {
		s := results.Name(labels, k.ID, string(w.l))
		if n := k.Note.In(string(w.l)); notes && n != "" {
			s += " (" + n + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// sentence ends a text with a full stop; nothing stays nothing.
func sentence(s string) string {
	if s = strings.TrimSpace(s); s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") {
		return s
	}
	return s + "."
}

func (w *writer) answers() map[string]string {
	r := w.r
	a := map[string]string{
		"question": sentence(r.Notes.Question.In(string(w.l))),
		"caveats":  sentence(strings.ReplaceAll(r.Notes.Limitations.In(string(w.l)), "\n", " ")),
		"design": w.say("Observasjonsstudie som etterligner en rekke forsøk, ett for hver måned fra %s til %s: å starte i tiltaket den måneden mot %s.",
			"Observational study that emulates a sequence of trials, one for each month from %s to %s: starting the tiltak in that month against %s.", w.l.Month(r.From), w.l.Month(r.To), w.against()),
		"strategies": w.say("Tiltak: %s. Sammenlignet med: %s. %s", "Tiltak: %s. Compared with: %s. %s", w.names(r.Tiltak, false), w.against(), w.later()),
		"assignment": w.say("I forsøket: loddtrekning i måneden, kjent for deltakeren.", "In the trial: by lot in the month, known to the participant."),
		"emulated": w.say("Tildelingen regnes som tilfeldig blant dem som er like i kalendermåned, varighet og %d målte kjennetegn.",
			"Assignment is taken as random among those alike in calendar month, elapsed duration and %d measured covariates.", len(r.Covariates)),
		"follow":    w.say("Fra måneden da starten kunne skje, %d måneder fram; data er fullstendige til og med %s.", "From the month in which the start could happen, %d months on; data are complete to the end of %s.", r.Horizon, w.l.Month(r.Cut)),
		"exits":     w.exits(),
		"outcomes":  w.say("Utfall: %s.", "Outcomes: %s.", w.names(r.Outcomes, true)),
		"contrast":  w.say("Forskjell i gjennomsnitt (prosentpoeng eller kroner) for dem som startet, for hver måned etter start.", "Difference in means (percentage points or NOK) for those who started, for each month after the start."),
		"assume":    w.say("Ingen umålt forskjell mellom gruppene når kalendermåned, varighet og de målte kjennetegnene er tatt hensyn til (forskjell-i-forskjell: like utviklinger i stedet); overlapp; ett slags tiltak; ingen virkning på andre.", "No unmeasured difference between the arms given calendar month, elapsed duration and the covariates measured (difference-in-differences: parallel developments instead); overlap; one version of each tiltak; no effect on others."),
		"variables": w.variables(),
		"methods":   w.say("Metoder: %s. Intervaller på %s.%s", "Methods: %s. Intervals of %s.%s", w.names(r.Methods, true), w.l.Percent(r.Level, 0), w.multiplicity()),
		"missing":   w.missing(),
		"eligible":  w.eligible(),
		"groups":    w.say("Grupper: %s.", "Groups: %s.", w.names(r.Groups, true)),
		"sources":   w.sources(),
		"share":     w.say("Program: evaluate %s. Kjøring %s. Hele studien, tabellene og SHA-256 for alle inndata ligger i kjøringen.", "Program: evaluate %s. Run %s. The whole study, the tables and the SHA-256 of every input are in the run.", r.Version, r.RunID),
		"hidden":    w.say("Tall som bygger på under %d personer, eller som kunne avslørt slike, er skjult.", "Figures on fewer than %d persons, or that could reveal such, are hidden.", r.MinCell) + w.rounding(),
		"flow":      w.flow(),
		"baseline":  w.rows("balance", len(w.t.Balance)),
		"checks":    w.checks(),
		"estimates": w.estimates(),
		"levels":    w.levels(),
		"bias":      w.say("Prøvd med: %s", "Tested by: %s", w.checks()),
		"tests":     w.say("Begrensningene i rapporten er skrevet av kjøringens egne tall.", "The limitations in the report are written from the run's own figures."),
	}
	if p := r.Plan; p != nil {
		a["plan"] = w.say("Kjøringen ble holdt mot en plan (SHA-256 %s): %s tall er planlagt, %s utforskende. Hvor og når planen ble registrert, fylles ut av forskeren.",
			"The run was held against a plan (SHA-256 %s): %s figures are planned, %s exploratory. Where and when the plan was registered is for the researcher to fill in.", p.SHA256, w.l.Count(p.Planned), w.l.Count(p.Exploratory))
	}
	if len(r.Inputs) == 0 {
		a["sources"] = ""
	}
	if w.checks() == "" {
		a["bias"] = ""
	}
	return a
}

func (w *writer) against() string {
	switch w.r.Comparison {
	case "not-now":
		return w.say("ikke å starte i noe tiltak den måneden", "starting no tiltak in that month")
	case "never":
		return w.say("dem som aldri starter i noe tiltak (betinget på framtiden)", "those who never start any tiltak (conditions on the future)")
	}
	if len(w.r.Others) > 0 {
		return w.say("å starte i %s", "starting %s", w.names(w.r.Others, false))
	}
	return w.r.Comparison
}

func (w *writer) later() string {
	if k, l := w.r.WaitUntil, w.r.StartBy; w.r.LaterEntry == "censor" && l > 0 {
		return w.say("De i sammenligningen som starter før måned %d av perioden, eller som fortsatt er registrert og ikke starter i tiltaket innen måned %d, går ut, med vekter for dem som gjør det.", "Those of the comparison who start before month %d of the spell leave, and so do those still registered who do not start the tiltak by month %d, with weights for those who do.", k, l)
	}
	if w.r.LaterEntry == "censor" && w.r.WaitUntil > 0 {
		return w.say("De i sammenligningen som starter før måned %d av perioden, går ut da, med vekter for dem som venter; fra da av kommer tiltak som det blir.", "Those of the comparison who start before month %d of the spell leave then, with weights for those who wait; from then on tiltak come as they do.", w.r.WaitUntil)
	}
	if w.r.LaterEntry == "censor" {
		return w.say("De i sammenligningen som starter senere, går ut da, med vekter for dem som blir.", "Those of the comparison who start later leave then, with weights for those who stay.")
	}
	return w.say("Senere tiltak får komme i begge grupper.", "Later tiltak may follow in both arms.")
}

func (w *writer) eligible() string {
	p := w.study.Population
	if len(p.Age) != 2 {
		return ""
	}
	who := map[string]string{
		"registered": w.say("registrert som arbeidssøker", "registered as job seekers"), "benefit": w.say("med en ytelse", "on a benefit"),
		"either": w.say("registrert som arbeidssøker eller med en ytelse", "registered as job seekers or on a benefit"),
	}[p.Eligible]
	s := w.say("%d til %d år i måneden, %s", "Aged %d to %d in the month, %s", p.Age[0], p.Age[1], who)
	if n := p.Washout["any"]; n > 0 {
		s += w.say(", uten noe tiltak de siste %d månedene", ", without any tiltak in the last %d months", n)
	}
	if n := p.Washout["same"]; n > 0 {
		s += w.say(", uten samme tiltak de siste %d månedene", ", without the same tiltak in the last %d months", n)
	}
	return s + "."
}

func (w *writer) exits() string {
	e := w.study.Exits
	var out []string
	for _, k := range []struct{ key, value, nb, en string }{
		{"death", "zero", "død teller som uten arbeid", "death counts as no work"}, {"death", "censor", "død er sensurert, med vekter", "death is censored, with weights"},
		{"emigration", "censor", "utvandring er sensurert, med vekter", "emigration is censored, with weights"}, {"emigration", "zero", "utvandring teller som uten arbeid", "emigration counts as no work"},
		{"age67", "ineligible", "ingen fyller 67 år i oppfølgingen", "nobody turns 67 in the follow-up"},
	} {
		if e[k.key] == k.value {
			out = append(out, w.say(k.nb, k.en))
		}
	}
	if len(out) == 0 {
		return ""
	}
	s := strings.Join(out, "; ") + "."
	return strings.ToUpper(s[:1]) + s[1:]
}

func (w *writer) variables() string {
	if len(w.r.Covariates) == 0 {
		return ""
	}
	return w.say("%d kjennetegn, alle målt før starten; de står med navn i run.json og i tabellen balance.", "%d covariates, all measured before the start; they are named in run.json and in table balance.", len(w.r.Covariates))
}

func (w *writer) multiplicity() string {
	switch w.study.Inference.Multiplicity {
	case "holm":
		return w.say(" p-verdier justert med Holm over en oppgitt familie.", " p-values adjusted by Holm over a stated family.")
	case "bh":
		return w.say(" p-verdier justert med Benjamini og Hochberg over en oppgitt familie.", " p-values adjusted by Benjamini and Hochberg over a stated family.")
	case "simultaneous":
		return w.say(" Felles intervaller over en oppgitt familie.", " Simultaneous intervals over a stated family.")
	}
	return ""
}

// missing is what the run warned of about unknown values; nothing where it warned of nothing.
func (w *writer) missing() string {
	for _, warning := range w.r.Warnings {
		if warning.Code == "covariates_unknown" {
			return w.say("Ukjente verdier av kjennetegn har et nivå for seg.", "Unknown values of covariates have a level of their own.") + " (" + warning.Message + ")"
		}
	}
	return ""
}

func (w *writer) sources() string {
	var names []string
	for _, in := range w.r.Inputs {
		if in.Rows < 0 { // a mapping or a catalogue
			names = append(names, in.Name)
			continue
		}
		names = append(names, w.say("%s (%s rader)", "%s (%s rows)", in.Name, w.l.Count(int(in.Rows))))
	}
	return w.say("Registerdata i: %s. Koblingen av tabellene og alle rader som ble utelatt eller endret, står i tabellen flow.", "Register data in: %s. How the tables were linked, and every row dropped or changed, is in table flow.", strings.Join(names, "; "))
}

// first is the group that the guidelines are answered for.
func (w *writer) first() string {
	if len(w.r.Groups) == 0 {
		return ""
	}
	return w.r.Groups[0].ID
}

func (w *writer) flow() string {
	var out []string
	for _, k := range w.r.Tiltak {
		starts, analysed := -1, -1
		for _, f := range w.t.Flow {
			if f.Tiltak != k.ID || f.Group != w.first() {
				continue
			}
			switch f.Action {
			case "start":
				starts = f.Rows
			case "analysed":
				analysed = f.Rows
			}
		}
		if starts >= 0 || analysed >= 0 {
			out = append(out, w.say("%s: %s starter, %s analysert", "%s: %s starts, %s analysed", results.Name(w.r.Tiltak, k.ID, string(w.l)), w.l.Count(starts), w.l.Count(analysed)))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return strings.Join(out, "; ") + w.say(". Hvert trinn og hver gruppe: tabellen flow.", ". Every step and group: table flow.")
}

func (w *writer) rows(table string, n int) string {
	if n == 0 {
		return ""
	}
	return w.say("Tabellen %s, %s rader.", "Table %s, %s rows.", table, w.l.Count(n))
}

func (w *writer) checks() string {
	var out []string
	for _, c := range []struct {
		name string
		n    int
	}{{"placebo", len(w.t.Placebo)}, {"pre_effects", len(w.t.PreEffects)}, {"sensitivity", len(w.t.Sensitivity)}, {"robustness", len(w.t.Robustness)}} {
		if c.n > 0 {
			out = append(out, c.name)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return w.say("Tabellene %s; spredningen over metoder står i estimates.", "Tables %s; the spread over methods is in estimates.", strings.Join(out, ", "))
}

// estimates are the effects that the report leads with, tiltak by tiltak in the first group.
func (w *writer) estimates() string {
	f, out := w.r.Focus(), []string(nil)
	for i := range w.t.Estimates {
		e := &w.t.Estimates[i]
		if !e.Own() || e.Group != w.first() || e.Outcome != f.Outcome || e.Method != f.Method || *e.Month != f.Month || math.IsNaN(e.Estimate) {
			continue
		}
		write := func(v float64) string { return w.l.Points(v, 1) }
		if w.r.Money(e.Outcome) {
			write = w.l.SignedKroner
		}
		out = append(out, results.Name(w.r.Tiltak, e.Tiltak, string(w.l))+": "+write(e.Estimate)+" ("+w.l.Range(write(e.ConfLow), write(e.ConfHigh))+")")
	}
	if len(out) == 0 {
		return ""
	}
	return w.say("%s etter %d måneder, %s: %s. Alle: tabellen estimates.", "%s after %d months, %s: %s. All: table estimates.", results.Name(w.r.Outcomes, f.Outcome, string(w.l)), f.Month, results.Name(w.r.Methods, f.Method, string(w.l)), strings.Join(out, "; "))
}

func (w *writer) levels() string {
	if len(w.t.Estimates) == 0 {
		return ""
	}
	return w.say("mean_treated og mean_comparison i tabellen estimates, for hvert utfall og hver måned.", "mean_treated and mean_comparison in table estimates, for each outcome and month.")
}

// rounding says to what counts are rounded, where they are.
func (w *writer) rounding() string {
	if w.r.Round == 0 {
		return ""
	}
	return w.say(" Antall er avrundet til nærmeste %d, og andeler og beløp deretter.", " Counts are rounded to the nearest %d, and shares and amounts accordingly.", w.r.Round)
}
