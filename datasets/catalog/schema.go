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
		{Name: "merknad", Kind: Text, Empty: true, Help: "remark"},
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
}
