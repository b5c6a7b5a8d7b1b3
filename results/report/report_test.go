package report

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
	"tiltakseffekt/results/internal/madeup"
)

// cases are the runs that reports are made of in these tests.
var cases = map[string][2]int{"one": {1, 1}, "usual": {6, 7}, "thirty": {1, 30}}

func render(t *testing.T, r *results.Run, tables *results.Tables, lang string) string {
	t.Helper()
	b, err := HTML(r, tables, lang)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestReports makes every case in both languages; EVALUATE_REPORTS names a folder that keeps them, to be looked at.
func TestReports(t *testing.T) {
	for name, size := range cases {
		r, tables := madeup.Make(size[0], size[1])
		for _, lang := range []string{"nb", "en"} {
			page := render(t, r, tables, lang)
			if name != "usual" && render(t, r, tables, lang) != page {
				t.Errorf("%s.%s: not the same twice", name, lang)
			}
			if dir := os.Getenv("EVALUATE_REPORTS"); dir != "" {
				if many, tables := thirtyTiltak(); name == "one" {
					if err := os.WriteFile(filepath.Join(dir, "tiltak."+lang+".html"), []byte(render(t, many, tables, lang)), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.WriteFile(filepath.Join(dir, name+"."+lang+".html"), []byte(page), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for _, bad := range []string{"ignifi", "NaN", "Inf", "%!", "ZgotmplZ", "<script src", "@import", "url("} {
				if i := strings.Index(page, bad); i >= 0 {
					t.Errorf("%s.%s has %q: …%s…", name, lang, bad, page[max(0, i-80):min(len(page), i+80)])
				}
			}
			for _, link := range regexp.MustCompile(`(?:https?:)?//[a-z0-9.]+`).FindAllString(strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, ""), -1) {
				t.Errorf("%s.%s points to %s", name, lang, link)
			}
			if !strings.Contains(page, `<html lang="`+lang+`">`) {
				t.Errorf("%s.%s does not name its language", name, lang)
			}
			t.Logf("%s.%s: %d KB", name, lang, len(page)/1024)
		}
	}
}

// thirtyTiltak is a run of thirty tiltak with long names in one group.
func thirtyTiltak() (*results.Run, *results.Tables) {
	r, tables := madeup.Make(6, 1)
	six := slices.Clone(r.Tiltak)
	r.Tiltak = nil
	all := *tables
	tables.Estimates, tables.Costs, tables.Durations, tables.Flow = nil, nil, nil, nil
	for i := range 30 {
		k := six[i%6]
		id := fmt.Sprintf("%s_%d", k.ID, i)
		r.Tiltak = append(r.Tiltak, results.Label{ID: id, Text: results.Text{NB: fmt.Sprintf("%s for ålesundsværinger og øvrige særlig utsatte, variant %d", k.Text.NB, i+1), EN: fmt.Sprintf("%s, variant %d", k.Text.EN, i+1)}})
		for _, e := range all.Estimates {
			if e.Tiltak == k.ID {
				e.Tiltak = id
				tables.Estimates = append(tables.Estimates, e)
			}
		}
		for _, c := range all.Costs {
			if c.Tiltak == k.ID {
				c.Tiltak = id
				tables.Costs = append(tables.Costs, c)
			}
		}
		for _, d := range all.Durations {
			if d.Tiltak == k.ID {
				d.Tiltak = id
				tables.Durations = append(tables.Durations, d)
			}
		}
	}
	return r, tables
}

// Where everything is hidden the first page says so once, and counts no intervals.
func TestAllHidden(t *testing.T) {
	r, tables := madeup.Make(1, 30)
	for lang, want := range map[string]string{"nb": "Alle 30 virkningene i tabellen er skjult", "en": "All 30 effects in the table are hidden"} {
		page := render(t, r, tables, lang)
		if !strings.Contains(page, want) || strings.Contains(page, "for 0 ") {
			t.Errorf("%s: the first page counts what is hidden", lang)
		}
	}
	if strings.Contains(render(t, r, tables, "nb"), "Ingen estimater å vise") {
		t.Error("a forest says that it is empty over rows that say why")
	}
}

func TestBothLanguagesHaveTheSameParts(t *testing.T) {
	r, tables := madeup.Make(3, 3)
	nb, en := render(t, r, tables, "nb"), render(t, r, tables, "en")
	for _, tag := range []string{"<h2", "<h3", "<h4", "<svg", "<table", "<tr", "<li", `class="limit"`, `class="tag"`, "<small"} {
		if a, b := strings.Count(nb, tag), strings.Count(en, tag); a != b || a == 0 {
			t.Errorf("%s: %d in bokmål, %d in English", tag, a, b)
		}
	}
	if i := strings.Index(en, "«"); i >= 0 {
		t.Errorf("the English report quotes as Norwegian does: …%s…", en[max(0, i-60):min(len(en), i+60)])
	}
	for _, norwegian := range []string{"måned", "deltaker", "intervall ", "ikke "} {
		text := regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|<pre>.*?</pre>|«[^»]*»|<[^>]*>`).ReplaceAllString(en, " ")
		if i := strings.Index(text, norwegian); i >= 0 {
			t.Errorf("the English report says %q: …%s…", norwegian, text[max(0, i-60):min(len(text), i+60)])
		}
	}
}

func TestWhomItIsAbout(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	if strings.Contains(render(t, r, tables, "nb"), "Hvem det gjelder") {
		t.Error("a run that does not say whom it is about is said to be about somebody")
	}
	r.Resolved = []byte(`{"population":{"age":[18,66],"eligible":"either"}}`)
	for lang, want := range map[string]string{"nb": "18 til 66 år, registrert som arbeidssøker eller med en ytelse", "en": "Aged 18 to 66, registered as job seekers or on a benefit"} {
		if !strings.Contains(render(t, r, tables, lang), want) {
			t.Errorf("%s: the report lacks %q", lang, want)
		}
	}
}

// Each figure of the page says what it shows where it is pointed at, and has a table; the file of a figure has neither.
func TestFiguresHaveTheirNumbers(t *testing.T) {
	r, tables := madeup.Make(2, 7)
	page := render(t, r, tables, "nb")
	if n, m := strings.Count(page, "<figure>"), len(regexp.MustCompile(`(?s)<figure>.*?</figure>`).FindAllString(page, -1)); n == 0 || n != m {
		t.Fatal(n, m)
	}
	for _, f := range regexp.MustCompile(`(?s)<figure>.*?</figure>`).FindAllString(page, -1) {
		title := regexp.MustCompile(`<title>(.*?)</title>`).FindString(f)
		if !strings.Contains(f, "<table>") {
			t.Errorf("%s has no table", title)
		}
		if !strings.Contains(f, "data-spots=") && !strings.Contains(f, "skjult") && !strings.Contains(f, "Ingen") {
			t.Errorf("%s says nothing where it is pointed at", title)
		}
	}
	e := newBuilder(r, tables, "nb").focusRow(r.Tiltak[0].ID, "alle")
	want := fmt.Sprintf("Alle: %s (%s til %s)", number.NB.Points(e.Estimate, 1), number.NB.Points(e.ConfLow, 1), number.NB.Points(e.ConfHigh, 1))
	if !strings.Contains(page, html.EscapeString(want)) {
		t.Errorf("no figure says %q", want)
	}
}

func TestFormats(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	page := render(t, r, tables, "nb")
	for _, want := range []string{"\u00a0%", "\u00a0kr", "\u2212", "prosentpoeng", "januar\u00a02018 til desember\u00a02021"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if m := regexp.MustCompile(`>-\d[^<]*<`).FindString(page); m != "" {
		t.Errorf("a hyphen for a minus: %s", m)
	}
}

// TestReadsTheFinishedRun makes the report from a run in memory and from its folder: the same bytes.
func TestReadsTheFinishedRun(t *testing.T) {
	r, tables := madeup.Make(2, 7)
	path, err := results.Write(t.TempDir(), r, tables, nil)
	if err != nil {
		t.Fatal(err)
	}
	run, loaded, err := results.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"nb", "en"} {
		a, b := render(t, r, tables, lang), render(t, run, loaded, lang)
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("%s: the folder gives another report than the run: …%s… and …%s…", lang, a[max(0, i-80):i+80], b[max(0, i-80):i+80])
			}
		}
	}
}

func TestNothingHiddenIsShown(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	var secret [][]byte
	month := 24
	for i := range tables.Estimates {
		e := &tables.Estimates[i]
		if *e.Month == month && e.Outcome == "stabilt_arbeid" {
			secret = append(secret, []byte(fmt.Sprint(e.Estimate)))
			e.OnesTreated, e.NPersonsTreated, e.NPersonsComparison = 2, 400, 400
		}
	}
	results.Suppress(tables, 5)
	files, err := Files(r, tables)
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range files {
		for _, s := range secret {
			if bytes.Contains(page, s) {
				t.Errorf("%s shows a hidden estimate", name)
			}
		}
	}
	if !bytes.Contains(files["report.nb.html"], []byte("skjult av hensyn til personvern")) {
		t.Error("the report does not say that its main figure is hidden")
	}
}

func TestAwkwardRuns(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	r.Title, r.Notes.Question, r.Notes.Limitations, r.Warnings = results.Text{}, results.Text{}, results.Text{}, nil
	render(t, r, tables, "nb")
	render(t, r, &results.Tables{}, "en")
	render(t, &results.Run{Schema: 1}, &results.Tables{}, "nb")
	r.Groups[0].Text = results.Text{NB: `<script>alert("x")</script> & "y"`}
	r.Title = results.Text{NB: "</title><script>alert(1)</script>"}
	page := render(t, r, tables, "nb")
	if strings.Contains(page, "<script>alert") {
		t.Error("a name is not escaped")
	}
}

func TestFindings(t *testing.T) {
	r, tables := madeup.Make(6, 7)
	b := newBuilder(r, tables, "nb")
	count := map[string]int{}
	for _, f := range b.findings {
		count[f.kind]++
		if f.text == "" || strings.HasSuffix(f.text, "..") {
			t.Errorf("finding %s says %q", f.kind, f.text)
		}
	}
	for _, kind := range []string{underHalf, imbalanceOther, placeboFails, constantBase, unpriced, hidden} {
		if count[kind] == 0 {
			t.Errorf("nothing is found of kind %s: %v", kind, count)
		}
	}
	if count[fewPersons] != 0 || count[lowESS] != 0 || count[imbalance] != 0 {
		t.Errorf("found what is not there: %v", count)
	}
	// A run with its own faults, one at a time.
	one, figures := madeup.Make(1, 1)
	for i := range figures.Estimates {
		e := &figures.Estimates[i]
		if *e.Month == 24 && e.Outcome == "stabilt_arbeid" {
			e.NPersonsTreated, e.ESS = 60, 20
			if e.Method == "did" {
				e.Estimate, e.ConfLow, e.ConfHigh = 0.9, 0.8, 1
			}
		}
	}
	for i := range figures.Overlap {
		if o := &figures.Overlap[i]; o.Arm == "comparison" && o.BinLow > 0.3 {
			o.Share = 0
		}
	}
	count = map[string]int{}
	for _, f := range newBuilder(one, figures, "nb").findings {
		count[f.kind]++
	}
	for _, kind := range []string{fewPersons, lowESS, disagree, noOverlap} {
		if count[kind] == 0 {
			t.Errorf("nothing is found of kind %s: %v", kind, count)
		}
	}
	if least, _ := b.leastAnalysed(); math.IsNaN(least) {
		t.Error("the share analysed is not known")
	}
}

// Windows are shown as sums with their interval, or with the reason, in both languages; a run without them has no such block.
func TestWindowsAreShown(t *testing.T) {
	run, tables := madeup.Make(1, 1)
	if strings.Contains(render(t, run, tables, "en"), "Effect over several months") {
		t.Error("a block of windows in a run without")
	}
	e := tables.Estimates[0]
	e.Month, e.Window, e.Estimate, e.ConfLow, e.ConfHigh, e.Reason = nil, "1-12", 0.4321, 0.1, 0.7654, ""
	hidden := e
	hidden.Window, hidden.Estimate, hidden.Reason = "1-6", math.NaN(), "no_follow_up"
	tables.Estimates = append(tables.Estimates, e, hidden)
	for lang, want := range map[string][]string{"en": {"Effect over several months", "+0.43 months", "+0.77 months"}, "nb": {"Virkning over flere måneder", "+0,43 md.", "+0,77 md."}} {
		page := html.UnescapeString(render(t, run, tables, lang))
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the report lacks %q", lang, w)
			}
		}
	}
}

func TestBasesAreShown(t *testing.T) {
	run, tables := madeup.Make(1, 1)
	i := slices.IndexFunc(tables.Estimates, func(e results.Estimate) bool { return e.Outcome == "arbeid" && *e.Month == 24 })
	e := tables.Estimates[i]
	e.Definition, e.Role, e.Estimate, e.ConfLow, e.ConfHigh = "base 3", "robustness", 0.1234, 0.05, 0.2
	tables.Estimates = append(tables.Estimates, e)
	for lang, want := range map[string][]string{"en": {"A base nearer the registration", "+12.3"}, "nb": {"Basis nærmere registreringen", "+12,3"}} {
		page := html.UnescapeString(render(t, run, tables, lang))
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the report lacks %q", lang, w)
			}
		}
	}
}
