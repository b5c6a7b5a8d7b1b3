package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
	"tiltakseffekt/results/figure"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var styleCSS string

//go:embed script.js
var scriptJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// HTML is the report of a run in a language, "nb" or "en". The tables have been through results.Suppress, or come from
// results.Load. The same run gives the same bytes.
func HTML(r *results.Run, t *results.Tables, lang string) ([]byte, error) {
	l := number.NB
	if lang == "en" {
		l = number.EN
	}
	b := newBuilder(r, t, l)
	p, err := b.page()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out.Bytes(), nil
}

// Files are report.nb.html and report.en.html of a run folder.
func Files(r *results.Run, t *results.Tables) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, lang := range []string{"nb", "en"} {
		html, err := HTML(r, t, lang)
		if err != nil {
			return nil, err
		}
		files["report."+lang+".html"] = html
	}
	return files, nil
}

// builder makes the parts of a page from a run.
type builder struct {
	run   *results.Run
	t     *results.Tables
	set   *figure.Set
	focus results.Focus
	l     number.Lang

	flow     map[cell][]*results.Flow
	placebo  map[cell][]*results.Placebo
	diag     map[cell][]*results.Diagnostic
	findings []finding
}

// cell is a tiltak in a group.
type cell struct{ tiltak, group string }

func newBuilder(r *results.Run, t *results.Tables, l number.Lang) *builder {
	b := &builder{run: r, t: t, set: figure.NewSet(r, t), focus: r.Focus(), l: l,
		flow: map[cell][]*results.Flow{}, placebo: map[cell][]*results.Placebo{}, diag: map[cell][]*results.Diagnostic{}}
	for i := range t.Flow {
		f := &t.Flow[i]
		b.flow[cell{f.Tiltak, f.Group}] = append(b.flow[cell{f.Tiltak, f.Group}], f)
	}
	for i := range t.Placebo {
		p := &t.Placebo[i]
		b.placebo[cell{p.Tiltak, p.Group}] = append(b.placebo[cell{p.Tiltak, p.Group}], p)
	}
	for i := range t.Diagnostics {
		d := &t.Diagnostics[i]
		b.diag[cell{d.Tiltak, d.Group}] = append(b.diag[cell{d.Tiltak, d.Group}], d)
	}
	b.findings = b.find()
	return b
}

// figureWidth is the width of figures in centimetres: on a screen of 390 pixels, where they are 360 wide, their smallest
// letters are then over 10 pixels high.
const figureWidth = 10.2

// say picks one of our own texts by language.
func (b *builder) say(nb, en string) string {
	if b.l == number.EN {
		return en
	}
	return nb
}

func (b *builder) sayf(nb, en string, args ...any) string { return fmt.Sprintf(b.say(nb, en), args...) }

func (b *builder) lang() string { return string(b.l) }

func (b *builder) tiltak(id string) string  { return results.Name(b.run.Tiltak, id, b.lang()) }
func (b *builder) group(id string) string   { return results.Name(b.run.Groups, id, b.lang()) }
func (b *builder) outcome(id string) string { return results.Name(b.run.Outcomes, id, b.lang()) }
func (b *builder) method(id string) string  { return results.Name(b.run.Methods, id, b.lang()) }

// lower makes the first letter small, for the middle of a sentence, unless the second is a capital too (AFT).
func lower(s string) string {
	r := []rune(s)
	if len(r) > 1 && strings.ToUpper(string(r[1])) == string(r[1]) && strings.ToLower(string(r[1])) != string(r[1]) || len(r) == 0 {
		return s
	}
	return strings.ToLower(string(r[0])) + string(r[1:])
}

func capital(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

// effect writes an estimate in the unit of its outcome: "+3,2" percentage points or "+1 234 kr".
func (b *builder) effect(outcome string, v float64) string {
	if b.set.Money(outcome) {
		return b.l.SignedKroner(v)
	}
	return b.l.Points(v, 1)
}

// level writes a mean: "45,2 %" or "12 345 kr".
func (b *builder) level(outcome string, v float64) string {
	if b.set.Money(outcome) {
		return b.l.Kroner(v)
	}
	return b.l.Percent(v, 1)
}

func (b *builder) interval(outcome string, low, high float64) string {
	return b.l.Range(b.effect(outcome, low), b.effect(outcome, high))
}

// id makes an anchor of names: letters, digits and hyphens alone.
func id(parts ...string) string {
	var s strings.Builder
	for i, p := range parts {
		if i > 0 {
			s.WriteByte('-')
		}
		for _, c := range p {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' {
				s.WriteRune(c)
			} else {
				fmt.Fprintf(&s, ".%x", c)
			}
		}
	}
	return s.String()
}
