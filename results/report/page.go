package report

import (
	"encoding/json"
	"html/template"
	"strings"

	"tiltakseffekt/results/checklist"
)

// page is everything the template shows.
type page struct {
	Lang, Title, Question string
	Skip                  string
	Style                 template.CSS
	Script                template.JS
	Facts                 []fact
	Contents              []link
	ContentsTitle         string
	Answer                answer
	EvidenceTitle         string
	EvidenceText          []string
	Tiltak                []tiltakPart
	Chains                *chainPart
	Reforms, Experiment   *block
	RegisterTitle         string
	Register              *table
	Limits                limits
	Repeat                repeat
}

type fact struct{ Name, Value string }

type link struct {
	To, Text string
	Sub      []link
}

// repeat is what makes the run repeatable.
type repeat struct {
	Title, Text string
	Facts       []fact
	Plan        *planned
	Inputs      *table
	ListTitle   string
	ListText    string
	Lists       []*table // TARGET and STROBE
	StudyTitle  string
	Study       string
}

func (b *builder) page() (*page, error) {
	r := b.run
	p := &page{
		Lang: b.lang(), Title: r.Title.In(b.lang()), Question: r.Notes.Question.In(b.lang()), Skip: b.say("Til innholdet", "Skip to the content"),
		Style: template.CSS(styleCSS), Script: template.JS(scriptJS), //nolint:gosec // embedded in the program
		ContentsTitle: b.say("Innhold", "Contents"),
		EvidenceTitle: b.say("Grunnlaget", "The evidence"),
		EvidenceText:  b.method1(),
		RegisterTitle: b.say("Hva som ble gjort med registerdataene", "What was done to the register data"),
	}
	if p.Title == "" {
		p.Title = r.Study
	}
	p.Facts = append(b.population(), []fact{
		{b.say("Starter i tiltak", "Starts in tiltak"), b.l.Range(b.l.Month(r.From), b.l.Month(r.To))},
		{b.say("Fulgt til og med", "Followed until"), b.l.Month(r.Cut)},
		{b.say("Studie og kjøring", "Study and run"), r.Study + " " + r.RunID},
	}...)
	p.Contents = []link{{To: "answer", Text: b.say("Svaret kort", "The short answer")}, {To: "evidence", Text: p.EvidenceTitle}, {To: "limits", Text: b.say("Begrensninger", "Limitations")}, {To: "repeat", Text: b.say("Slik gjentas kjøringen", "How to repeat it")}}
	var err error
	if p.Answer, err = b.answer(); err != nil {
		return nil, err
	}
	for _, k := range r.Tiltak {
		part, err := b.tiltakPart(k.ID)
		if err != nil {
			return nil, err
		}
		p.Tiltak = append(p.Tiltak, part)
		p.Contents[1].Sub = append(p.Contents[1].Sub, link{To: part.ID, Text: part.Name})
	}
	if p.Chains, err = b.chains(); err != nil {
		return nil, err
	}
	if p.Chains != nil {
		p.Contents[1].Sub = append(p.Contents[1].Sub, link{To: "chains", Text: p.Chains.Title})
	}
	if p.Reforms = b.reforms(); p.Reforms != nil {
		p.Contents[1].Sub = append(p.Contents[1].Sub, link{To: "reforms", Text: p.Reforms.Title})
	}
	if p.Experiment = b.experiment(); p.Experiment != nil {
		p.Contents[1].Sub = append(p.Contents[1].Sub, link{To: "experiment", Text: p.Experiment.Title})
	}
	p.Register = b.ledger()
	p.Limits = b.limits()
	p.Repeat = b.repeat()
	return p, nil
}

// population is for whom the figures hold, as the study chose it; nothing where the run does not say.
func (b *builder) population() []fact {
	var study struct {
		Population struct {
			Age      []int  `json:"age"`
			Eligible string `json:"eligible"`
		} `json:"population"`
	}
	if json.Unmarshal(b.run.Resolved, &study) != nil || len(study.Population.Age) != 2 {
		return nil
	}
	who := map[string]string{
		"registered": b.say("registrert som arbeidssøker", "registered as job seekers"),
		"benefit":    b.say("med en ytelse", "on a benefit"),
		"either":     b.say("registrert som arbeidssøker eller med en ytelse", "registered as job seekers or on a benefit"),
	}[study.Population.Eligible]
	age := b.sayf("%d til %d år", "aged %d to %d", study.Population.Age[0], study.Population.Age[1])
	if who != "" {
		age += ", " + who
	}
	return []fact{{b.say("Hvem det gjelder", "Who it is about"), capital(age)}}
}

// method1 says in plain words who is compared with whom and how.
func (b *builder) method1() []string {
	r := b.run
	var out []string
	base := b.whom() + b.later()
	out = append(out, base)
	var names []string
	for _, m := range r.Methods {
		n := m.Text.In(b.lang())
		if n == "" {
			n = m.ID
		}
		if note := m.Note.In(b.lang()); note != "" {
			n += " (" + note + ")"
		}
		names = append(names, lower(n))
	}
	if len(names) > 0 {
		out = append(out, b.sayf("Gruppene gjøres like i det som er målt før start, på følgende måter: %s. Der metodene spriker, er svaret mindre sikkert enn intervallene viser.",
			"The arms are made alike in what was measured before the start, in these ways: %s. Where the methods disagree, the answer is less certain than the intervals show.", strings.Join(names, "; ")))
	}
	for _, o := range r.Outcomes {
		if note := o.Note.In(b.lang()); note != "" {
			out = append(out, b.sayf("«%s»: %s.", "“%s”: %s.", o.Text.In(b.lang()), note))
		}
	}
	return out
}

func (b *builder) repeat() repeat {
	r := b.run
	p := repeat{
		Title: b.say("Slik gjentas kjøringen", "How to repeat it"),
		Text: b.say("Kjøringens nummer er regnet ut av studien, innholdet i alle inndata og programmet. Samme spørsmål til samme data gir samme nummer og samme tall.",
			"The number of the run is computed from the study, the content of every input and the program. The same question to the same data gives the same number and the same figures."),
		Facts: []fact{
			{b.say("Kjøring", "Run"), r.RunID}, {b.say("Studie", "Study"), r.Study}, {b.say("Program", "Program"), r.Version},
			{b.say("Plattform", "Platform"), r.Platform}, {b.say("Frø for tilfeldige tall", "Seed"), b.seed()},
			{b.say("Personverngrense", "Disclosure limit"), b.sayf("%d personer", "%d persons", r.MinCell) + b.rounding()},
		},
		StudyTitle: b.say("Hele studien, med alle valg utfylt", "The whole study, with every choice filled in"),
		Study:      indent(r.Resolved),
	}
	p.Plan = b.plan()
	p.ListTitle = b.say("Til artikkelen: TARGET og STROBE", "For the paper: TARGET and STROBE")
	p.ListText = b.say("Punktene i to retningslinjer for rapportering, med det kjøringen vet. Numrene er retningslinjenes egne, ordene er våre.", "The items of two reporting guidelines, with what the run knows. The numbers are those of the guidelines, the words our own.")
	for _, guideline := range []string{"TARGET", "STROBE"} {
		t := b.table(checklist.Source(guideline), b.say("Punkt", "Item"), b.say("Hva", "What"), b.say("Svar", "Answer"))
		t.Stack, t.Wide = true, true
		for _, i := range checklist.Items(r, b.t, b.l) {
			if i.Guideline != guideline {
				continue
			}
			answer := textCell(i.Answer)
			if i.Answer == "" {
				answer = tableCell{Raw: checklist.Ask(b.l), Tags: []string{checklist.Ask(b.l)}}
			}
			t.add(textCell(i.Number), textCell(i.Topic), answer)
		}
		p.Lists = append(p.Lists, t)
	}
	p.Inputs = b.table(b.say("Inndata", "Inputs"), b.say("Fil", "File"), b.say("Rader", "Rows"), b.say("Byte", "Bytes"), "SHA-256")
	for _, in := range r.Inputs {
		c := textCell(in.SHA256)
		p.Inputs.add(textCell(in.Name), b.countCell(int(in.Rows)), b.countCell(int(in.Bytes)), c)
	}
	return p
}

// ledger is the flow of the register: rows dropped or changed on reading.
func (b *builder) ledger() *table {
	t := b.table(b.say("Rader som ble utelatt eller endret da registeret ble lest", "Rows dropped or changed when the register was read"),
		b.say("Tabell", "Table"), b.say("Regel", "Rule"), b.say("Hva som ble gjort", "What was done"), b.say("Rader", "Rows"), b.say("Personer", "Persons"))
	for _, f := range b.flow[cell{}] {
		t.add(textCell(f.Table), textCell(b.registerRule(f.Rule)), textCell(b.action(f.Action)), b.countCell(f.Rows), b.countCell(f.Persons))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// rounding says to what counts are rounded, where they are.
func (b *builder) rounding() string {
	if b.run.Round == 0 {
		return ""
	}
	return b.sayf("; antall avrundet til nærmeste %d", "; counts rounded to the nearest %d", b.run.Round)
}
