package cli

import (
	"strings"
)

// values are the values of the tables in words, bokmål and English.
var values = map[string][2]string{
	"ja": {"ja", "yes"}, "nei": {"nei", "no"}, "ukjent": {"ukjent", "unknown"}, "hvis_startet": {"hvis startet", "if started"},
	"maaned": {"per måned", "per month"}, "uke": {"per uke", "per week"}, "dag": {"per dag", "per day"}, "aar": {"per år", "per year"},
	"deltakelse": {"per deltakelse", "per participation"}, "maks": {"høyst", "ceiling"},
	"uker": {"uker", "weeks"}, "maneder": {"måneder", "months"},
	"kalenderdager": {"kalenderdager", "calendar days"}, "ukedager": {"ukedager", "weekdays"},
	"ordinaer": {"ordinært arbeidsliv", "ordinary working life"}, "skjermet": {"skjermet virksomhet", "sheltered firm"},
	"skjermet_og_ordinaer": {"skjermet, så ordinært arbeidsliv", "sheltered, then ordinary working life"},
	"leverandor":           {"hos leverandør", "at the provider"}, "opplaering": {"opplæringssted", "place of education"}, "digital": {"digitalt", "digital"},
	"gruppe": {"gruppetiltak", "group measure"}, "individuell": {"individuelt", "individual"}, "gruppe_og_individuell": {"gruppe og individuelt", "group and individual"},
	"anbud": {"anbud", "by tender"}, "forhandsgodkjent": {"forhåndsgodkjent arrangør", "pre-approved provider"},
	"egen_regi": {"Navs egen regi", "Nav's own staff"}, "arbeidsgiver": {"avtale med arbeidsgiver", "agreement with the employer"},
	"ordinaer_skoleplass": {"ordinær skoleplass", "ordinary school place"}, "hjelpemiddelsentral": {"hjelpemiddelsentralen", "assistive technology centre"},
	"avtalt_pris": {"avtalt pris", "agreed price"}, "fast_sats_brukt_plass": {"fast sats per brukt plass", "fixed rate per used place"},
	"fast_sats_avtalt_plass": {"fast sats per avtalt plass", "fixed rate per agreed place"}, "fast_sats": {"fast sats", "fixed rate"},
	"faktisk_kostnad": {"faktisk kostnad", "actual cost"}, "nav_ansatte": {"Navs ansatte", "Nav's staff"}, "andel_av_lonn": {"andel av lønnskostnaden", "share of the wage cost"},
	"timer_ganger_lonn": {"timer × lønn", "hours × wage"}, "refusjon_med_tak": {"refusjon med tak", "refund with a ceiling"},
	"lonn_til_assistent": {"lønn til assistent", "wage of the assistant"}, "ingen": {"ingen betaling til arrangør", "no payment to a provider"},
	"avklaring": {"Avklaring", "Assessment"}, "oppfolging": {"Oppfølging", "Follow-up"}, "rehabilitering": {"Rehabilitering", "Rehabilitation"},
	"arbeidsforberedende": {"Arbeidsforberedende", "Work preparation"}, "vta": {"Varig tilrettelagt arbeid", "Permanently adapted work"},
	"familie opplaering": {"Opplæring", "Training and education"}, "arbeidstrening": {"Arbeidstrening", "Work practice"}, "mentor": {"Mentor", "Mentor"},
	"lonnstilskudd": {"Lønnstilskudd", "Wage subsidies"}, "tilrettelegging": {"Tilrettelegging", "Adaptation"},
}

// value is a value of a table in words; itself where it has none.
func (p *catalogPrinter) value(v string) string {
	if w, ok := values[v]; ok {
		return p.say(w[0], w[1])
	}
	return strings.ReplaceAll(v, "_", " ")
}

// tiltak writes each tiltak as a name with its code and the facts about it, by family.
func (p *catalogPrinter) tiltak(rows []row) {
	arena := map[string][]string{}
	codes, _ := p.catalog.Table("koder")
	for _, k := range codes.Rows {
		if k[1] != "" && (k[2] == "en_til_en" || k[2] == "delt") {
			arena[k[1]] = append(arena[k[1]], k[0])
		}
	}
	family := map[string][]row{}
	var families []string
	for _, r := range rows {
		f := r.text("familie")
		if family[f] == nil {
			families = append(families, f)
		}
		family[f] = append(family[f], r)
	}
	for i, f := range families {
		if i > 0 {
			p.WriteByte('\n')
		}
		name := p.value(f)
		if f == "opplaering" {
			name = p.value("familie opplaering")
		}
		p.title(name, name)
		for _, r := range family[f] {
			p.card(r, arena[r.text("tiltakskode")])
		}
	}
}

// card writes one tiltak.
func (p *catalogPrinter) card(r row, arena []string) {
	head := r.text("navn_" + p.lang)
	if head == "" {
		head = r.text("navn_nb")
	}
	p.WriteString(p.hanging("", head+" · "+r.text("tiltakskode")))
	var facts []string
	add := func(s string) {
		if s != "" {
			facts = append(facts, s)
		}
	}
	if len(arena) > 0 {
		add("Arena " + strings.Join(arena, ", "))
	}
	if s := r.text("trinn"); s != "" {
		add(p.say("trinn ", "step ") + r.sure("trinn", s))
	}
	add(r.sure("form", p.value(r.text("form"))))
	add(r.sure("anskaffelse", p.value(r.text("anskaffelse"))))
	add(r.sure("arena", p.value(r.text("arena"))))
	if s := r.number("maks_varighet"); s != "" {
		add(p.say("høyst ", "at most ") + s + " " + p.value(r.text("maks_enhet")))
	}
	if s := r.text("kapittel"); strings.HasPrefix(s, "FOR") {
		add(r.sure("kapittel", s))
	} else if s != "" {
		add(p.say("kapittel ", "chapter ") + r.sure("kapittel", s))
	}
	add(r.sure("prismodell", p.value(r.text("prismodell"))))
	if r.text("lonn_fra_tiltak") == "ja" {
		add(r.sure("lonn_fra_tiltak", p.say("lønnen er tiltakslønn", "its wages are not ordinary work")))
	}
	if when := r.when(); when != p.undated() {
		add(when)
	}
	add(r.source())
	p.facts(facts)
	if n := r.note(); n != "" {
		p.WriteString(indented(n, 4))
	}
}

// facts writes short facts one after another, broken between them.
func (p *catalogPrinter) facts(facts []string) {
	line := ""
	for i, f := range facts {
		if i < len(facts)-2 {
			f += " ·"
		}
		if line != "" && len([]rune(line))+1+len([]rune(f)) > pageWidth-4 {
			p.WriteString("    " + line + "\n")
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += f
	}
	p.WriteString("    " + line + "\n")
}

// groups writes each target group with its definition.
func (p *catalogPrinter) groups(rows []row) {
	for i, r := range rows {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.WriteString(p.hanging("", r.text("navn_"+p.lang)+" · "+r.text("gruppe")))
		definition, source := r.text("definisjon_"+p.lang), r.sure("definisjon_"+p.lang, r.source())
		if r.text("kan_males") == "nei" {
			definition += p.say(" (kan ikke måles i registeret)", " (cannot be told from the register)")
		}
		p.WriteString(indented(definition+" "+source, 4))
		if n := r.note(); n != "" {
			p.WriteString(indented(n, 4))
		}
	}
}
