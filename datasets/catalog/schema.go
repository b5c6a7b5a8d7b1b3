package catalog

import "slices"

// schema is how the file of a table must look and how a user's rows are put over the embedded ones.
type schema struct {
	name, title string
	columns     []Column
	key         []string // no two rows have the same, or for dated tables none in overlapping periods
	series      []string // dated tables: a user's rows win over embedded rows of the same series on the days they cover
	dated       bool
}

func (s *schema) file() string { return s.name + ".csv" }

func (s *schema) column(name string) int {
	return slices.IndexFunc(s.columns, func(c Column) bool { return c.Name == name })
}

func (s *schema) names() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.Name
	}
	return names
}

// Columns that many tables share.
var (
	from = Column{Name: "gyldig_fra", Kind: Day, Empty: true, Help: "first day of validity; empty: as far back as needed"}
	to   = Column{Name: "gyldig_til", Kind: Day, Empty: true, Help: "last day of validity; empty: still valid"}

	source = []Column{
		{Name: "kilde", Kind: Text, Help: "the source, for people"},
		{Name: "bekreftet", Kind: Sure, Help: "ja, nei, or `unntatt` and the columns of the row that are not confirmed"},
		{Name: "merknad", Kind: Text, Empty: true, Help: "remark in bokmål; the file may leave the column out"},
		{Name: "merknad_en", Kind: Text, Empty: true, Help: "remark in English; the file may leave the column out"},
	}
)

func columns(c ...Column) []Column { return append(c, source...) }

// schemas lists the tables in the order in which they are read: later ones refer to earlier ones.
var schemas = []*schema{
	{
		name: "tiltak", title: "a tiltak, by its code in Nav's new systems", key: []string{"tiltakskode"},
		columns: columns(
			Column{Name: "tiltakskode", Help: "the code used everywhere in this program"},
			Column{Name: "navn_nb", Help: "name in bokmål"},
			Column{Name: "navn_en", Help: "name in English"},
			Column{Name: "familie", Help: "tiltak of one kind, for tables with few rows"},
			Column{Name: "trinn", Kind: Choice, Empty: true, Choices: []string{"A", "K", "F", "A+K", "K+F", "A+F", "A+K+F"}, Help: "steps: avklaring, kvalifisering, formidling"},
			Column{Name: "arena", Kind: Choice, Empty: true, Choices: []string{"ordinaer", "skjermet", "skjermet_og_ordinaer", "leverandor", "opplaering", "digital"}, Help: "where it takes place"},
			Column{Name: "form", Kind: Choice, Empty: true, Choices: []string{"gruppe", "individuell", "gruppe_og_individuell"}, Help: "group measure (procured) or created one by one"},
			Column{Name: "anskaffelse", Empty: true, Help: "how it is bought: anbud, forhandsgodkjent, egen_regi, arbeidsgiver, ordinaer_skoleplass, hjelpemiddelsentral"},
			Column{Name: "kapittel", Empty: true, Help: "chapter of tiltaksforskriften, or the regulation it has for itself"},
			Column{Name: "maks_varighet", Kind: Number, Empty: true, Help: "ceiling on its duration; empty: none or unknown. Finer rules stand in `varigheter`"},
			Column{Name: "maks_enhet", Kind: Choice, Empty: true, Choices: []string{"uker", "maneder"}, Help: "unit of maks_varighet"},
			Column{Name: "lonn_fra_tiltak", Kind: YesNo, Help: "wages earned in it are paid through the tiltak, wholly or in part, and are not ordinary work"},
			Column{Name: "opphav", Help: "the system its participations come from: TEAM_KOMET, TEAM_TILTAK, NAV, ARENA"},
			Column{Name: "prismodell", Help: "how it is paid: fast_sats_brukt_plass, avtalt_pris, andel_av_lonn …"},
			from, to,
		),
	},
	{
		name: "koder", title: "a code in an older file, and the tiltak it stands for", key: []string{"kode"},
		columns: columns(
			Column{Name: "kode", Help: "the code as files write it, mostly Arena's"},
			Column{Name: "tiltakskode", Empty: true, Help: "the code it becomes; empty: it keeps its own and stands for itself"},
			Column{Name: "forhold", Kind: Choice, Choices: []string{"en_til_en", "delt", "forloper", "sammenfall", "ingen"}, Help: "en_til_en; delt: one old code for several new; forloper: an earlier tiltak counted as the new one; sammenfall: same letters, two meanings; ingen"},
			Column{Name: "status", Kind: Choice, Choices: []string{"gjeldende", "utfases"}, Help: "whether the code is still given out"},
			Column{Name: "navn_nb", Help: "name in bokmål"},
			Column{Name: "familie", Help: "as in tiltak"},
			Column{Name: "lonn_fra_tiltak", Kind: YesNo, Help: "as in tiltak"},
		),
	},
	{
		name: "statuser", title: "a status of a participation, by the system it comes from", key: []string{"opphav", "status"},
		columns: columns(
			Column{Name: "opphav", Kind: Choice, Choices: []string{"ARENA", "TEAM_KOMET", "TEAM_TILTAK"}, Help: "the system"},
			Column{Name: "status", Help: "the status code"},
			Column{Name: "navn_nb", Help: "name in bokmål"},
			Column{Name: "navn_en", Help: "name in English"},
			Column{Name: "deltakelse", Kind: Choice, Choices: []string{"ja", "nei", "hvis_startet"}, Help: "whether the person took part; hvis_startet: only where the start is not after the reference date"},
			Column{Name: "fullfort", Kind: Choice, Choices: []string{"ja", "nei", "ukjent"}, Help: "whether the participation was completed"},
		),
	},
	{
		name: "grupper", title: "a target group: overlapping flags, measured before the month of start", key: []string{"gruppe"},
		columns: columns(
			Column{Name: "gruppe", Help: "the id that studies use"},
			Column{Name: "navn_nb", Help: "name in bokmål"},
			Column{Name: "navn_en", Help: "name in English"},
			Column{Name: "definisjon_nb", Help: "definition in bokmål; the month is the month of start"},
			Column{Name: "definisjon_en", Help: "definition in English"},
			Column{Name: "grense", Kind: Number, Empty: true, Help: "the limit in the definition, where it has one"},
			Column{Name: "enhet", Empty: true, Help: "unit of the limit"},
			Column{Name: "kan_males", Kind: YesNo, Help: "whether the register's tables can tell who belongs to it"},
		),
	},
	{
		name: "gruppedefinisjoner", title: "what makes somebody a member of a target group, and when that holds",
		key: []string{"gruppe"}, series: []string{"gruppe"}, dated: true,
		columns: columns(
			Column{Name: "gruppe", Help: "the id of the group, as in grupper"},
			Column{Name: "uttrykk", Help: "an expression over what is known before the month of start (docs/groups.md); limit is `grense` of grupper"},
			from, to,
		),
	},
	{
		name: "reformer", title: "a change of rules, from what month and for whom", key: []string{"reform"},
		columns: columns(
			Column{Name: "reform", Help: "the id that studies use (`reforms`)"},
			Column{Name: "navn_nb", Help: "name in bokmål"},
			Column{Name: "navn_en", Help: "name in English"},
			Column{Name: "gjelder_fra", Kind: Day, Help: "first day under the new rules; the first of a month"},
			Column{Name: "tiltakskoder", Empty: true, Help: "the tiltak whose rules changed, joined by |"},
			Column{Name: "gruppe", Empty: true, Help: "the target group that the rules are about, as in grupper; empty: those who start the tiltak"},
		),
	},
	{
		name: "varigheter", title: "the longest duration by the regulation, for whom and when",
		key: []string{"tiltakskode", "variant"}, series: []string{"tiltakskode", "variant"}, dated: true,
		columns: columns(
			Column{Name: "tiltakskode", Help: "the tiltak"},
			Column{Name: "variant", Help: "for whom or on what condition; alle: everybody"},
			Column{Name: "maks", Kind: Number, Help: "the longest duration"},
			Column{Name: "enhet", Kind: Choice, Choices: []string{"uker", "maneder"}, Help: "unit of maks"},
			from, to,
		),
	},
	{
		name: "satser", title: "a price of a tiltak in a period",
		key: []string{"tiltakskode", "enhet"}, series: []string{"tiltakskode"}, dated: true,
		columns: columns(
			Column{Name: "tiltakskode", Help: "the tiltak"},
			Column{Name: "enhet", Kind: Choice, Choices: []string{"maaned", "uke", "dag", "deltakelse", "maks"}, Help: "kroner per month of a place, per week, per weekday, or once per participation; maks: a ceiling and no price"},
			Column{Name: "kr", Kind: Number, Help: "kroner of the day, without VAT"},
			from, to,
		),
	},
	{
		name: "deltid", title: "a step of a part-time rule: the share of the rate that is paid from some percent up",
		key: []string{"tiltakskode", "fra_prosent"}, series: []string{"tiltakskode"}, dated: true,
		columns: columns(
			Column{Name: "tiltakskode", Help: "the tiltak"},
			Column{Name: "fra_prosent", Kind: Number, Help: "the step applies from this percent of full time"},
			Column{Name: "grensen_med", Kind: YesNo, Help: "ja: at exactly that percent too; nei: only above it"},
			Column{Name: "andel", Kind: Number, Help: "share of the rate that is paid, 0–1"},
			from, to,
		),
	},
	{
		name: "avkorting", title: "how a part of a month is counted",
		key: []string{"tiltakskode"}, series: []string{"tiltakskode"}, dated: true,
		columns: columns(
			Column{Name: "tiltakskode", Help: "the tiltak; *: all that have no rule of their own"},
			Column{Name: "grunnlag", Kind: Choice, Choices: []string{"kalenderdager", "ukedager"}, Help: "days of participation over days of the month, or Mondays to Fridays over those of the month"},
			Column{Name: "desimaler", Kind: Whole, Help: "decimals the fraction is rounded to, half up"},
			from, to,
		),
	},
	{
		name: "lonnstilskudd", title: "a step of a wage subsidy: the percent of the wage cost that is refunded from some month on",
		key: []string{"tiltakskode", "variant", "fra_maaned"}, series: []string{"tiltakskode", "variant"}, dated: true,
		columns: columns(
			Column{Name: "tiltakskode", Help: "the tiltak"},
			Column{Name: "variant", Help: "for whom; the first variant of a tiltak applies where nothing tells which"},
			Column{Name: "fra_maaned", Kind: Whole, Help: "the step applies from this month of the participation; 1 is the first"},
			Column{Name: "prosent", Kind: Number, Help: "percent of the wage cost that is refunded"},
			Column{Name: "tak_g", Kind: Number, Empty: true, Help: "ceiling on the wage cost, in G a year; empty: none known"},
			from, to,
		),
	},
	{
		name: "g", title: "the basic amount (grunnbeløp) of folketrygden", key: []string{"gyldig_fra"},
		columns: columns(
			Column{Name: "gyldig_fra", Kind: Day, Help: "the day from which it applies, 1 May"},
			Column{Name: "kr", Kind: Number, Help: "kroner a year"},
			Column{Name: "aarssnitt", Kind: Number, Help: "average of the calendar year: 4/12 of the old and 8/12 of the new"},
		),
	},
	{
		name: "kpi", title: "the consumer price index", key: []string{"aar"},
		columns: columns(
			Column{Name: "aar", Kind: Whole, Help: "year"},
			Column{Name: "indeks", Kind: Number, Help: "annual average, 2015 = 100 in the embedded table; any base will do"},
			Column{Name: "vekst_prosent", Kind: Number, Empty: true, Help: "growth from the year before, percent"},
		),
	},
	{
		name: "ytelser", title: "a rate of a benefit in a period",
		key: []string{"ytelse", "komponent"}, series: []string{"ytelse", "komponent"}, dated: true,
		columns: columns(
			Column{Name: "ytelse", Help: "the benefit"},
			Column{Name: "komponent", Help: "which of its rates"},
			Column{Name: "kr", Kind: Number, Help: "kroner of the day"},
			Column{Name: "enhet", Kind: Choice, Choices: []string{"dag", "maaned", "aar"}, Help: "per weekday, month or year"},
			from, to,
		),
	},
	{
		name: "lonnskostnad", title: "what an employer pays on top of the wage",
		key: []string{"komponent", "sone"}, series: []string{"komponent", "sone"}, dated: true,
		columns: columns(
			Column{Name: "komponent", Kind: Choice, Choices: []string{"feriepenger", "otp", "arbeidsgiveravgift"}, Help: "feriepenger of the wage; OTP of wage and feriepenger; arbeidsgiveravgift of all three"},
			Column{Name: "sone", Help: "zone of arbeidsgiveravgift; *: all"},
			Column{Name: "prosent", Kind: Number, Help: "percent"},
			from, to,
		),
	},
	{
		name: "parametre", title: "a parameter of cost-benefit analysis",
		key: []string{"parameter", "fra_aar"}, series: []string{"parameter"}, dated: true,
		columns: columns(
			Column{Name: "parameter", Kind: Choice, Choices: []string{DiscountRate, TaxCost, WageTaxShare, BenefitTaxShare, SubsidisedWorth}, Help: "which parameter; the embedded table has the first two"},
			Column{Name: "fra_aar", Kind: Number, Help: "applies from this year after the start on"},
			Column{Name: "verdi", Kind: Number, Help: "its value"},
			Column{Name: "enhet", Help: "unit of the value"},
			from, to,
		),
	},
}
