package register

// RuleText says in words what a rule of the ledger found and what was done.
type RuleText struct {
	Rule   string
	Quirk  int // number of the quirk in domain.md §7 that it meets; 0 none
	NB, EN string
}

// RuleTexts are the rules of the ledger, in words that hold for every table that has the rule. A rule whose parameter
// changes what it does says so.
var RuleTexts = []RuleText{
	{"person_id_missing", 0, "Raden mangler person og er utelatt", "The row has no person and is left out"},
	{"person_unknown", 0, "Personen finnes ikke i tabellen person; raden er utelatt", "The person is not in the table person; the row is left out"},
	{"office_unknown", 0, "Ingen i registeret bor ved kontoret; raden er utelatt", "Nobody of the register lives under the office; the row is left out"},
	{"joined_ids", 11, "Personen har hatt flere nøkler; radene er samlet på den gjeldende", "The person has had several ids; their rows count as those of the current one"},
	{"person_alone", 0, "Personen har ingen rader i de andre tabellene", "The person has no rows in the other tables"},
	{"birth_year_missing", 0, "Fødselsår mangler", "The year of birth is missing"},
	{"birth_year_impossible", 1, "Fødselsåret er umulig og regnes som ukjent", "The year of birth is impossible and counts as unknown"},
	{"sex_unknown", 0, "Kjønn er ukjent", "The sex is unknown"},
	{"origin_unknown", 0, "Landgruppe er ukjent", "The group of countries is unknown"},
	{"education_missing", 0, "Utdanning er ukjent", "Education is unknown"},
	{"education_impossible", 0, "Utdanningsnivået finnes ikke og regnes som ukjent", "The level of education does not exist and counts as unknown"},
	{"county_reformed", 10, "Fylkeskoden er ført over til en inndeling som holder over reformene", "The county code is carried over to a division that holds across the reforms"},
	{"death_date_impossible", 1, "Dødsdatoen er umulig og regnes som ukjent", "The date of death is impossible and counts as unknown"},
	{"emigration_date_impossible", 1, "Utvandringsdatoen er umulig og regnes som ukjent", "The date of emigration is impossible and counts as unknown"},
	{"emigration_after_death", 14, "Utvandring etter død er sett bort fra", "Emigration after death is disregarded"},
	{"registered_after_as_of", 7, "Raden ble registrert etter skjæringsdatoen og er utelatt", "The row was registered after the as-of date and is left out"},
	{"version_after_as_of", 7, "Versjonen er nyere enn skjæringsdatoen; en eldre er brukt", "The version is newer than the as-of date; an older one is used"},
	{"changed_after_as_of", 7, "Raden ble endret etter skjæringsdatoen, og hva den sa før, er ikke kjent", "The row was changed after the as-of date, and what it said before is not known"},
	{"entered_after_as_of", 7, "Endringen ble ført etter skjæringsdatoen og er utelatt", "The change was entered after the as-of date and is left out"},
	{"superseded", 7, "En senere versjon er brukt i stedet", "A later version is used instead"},
	{"tiltak_recoded", 8, "Tiltakskoden er ført over til den gjeldende", "The tiltak code is carried over to the current one"},
	{"tiltak_unknown", 8, "Tiltakskoden er ikke i katalogen; den er beholdt som et eget tiltak", "The tiltak code is not in the catalogue; it is kept as a tiltak of its own"},
	{"status_unknown", 2, "Statusen er ukjent; en deltakelse regnes ikke som deltakelse, en registrering som registrert", "The status is unknown; a participation counts as none, a registration as registered"},
	{"not_participation", 2, "Statusen betyr ikke deltakelse; raden er beholdt som henvisning", "The status is no participation; the row is kept as a referral"},
	{"share_converted", 6, "Andelen (0–1) er ganget med 100 til prosent", "The share (0–1) is multiplied by 100 and is a percent"},
	{"start_missing", 1, "Startdato mangler; raden er utelatt", "The start is missing; the row is left out"},
	{"start_impossible", 1, "Startdatoen er umulig; raden er utelatt", "The start is impossible; the row is left out"},
	{"start_after_cut", 1, "Start etter siste måned med komplette data; raden er utelatt", "The start is after the last month with complete data; the row is left out"},
	{"end_impossible", 1, "Sluttdatoen er umulig og regnes som åpen", "The end is impossible and counts as open"},
	{"end_before_start", 1, "Slutt før start; raden er utelatt", "The end is before the start; the row is left out"},
	{"start_after_death", 14, "Start etter død; raden er utelatt", "The start is after death; the row is left out"},
	{"end_after_death", 14, "Slutten er satt til dødsdagen", "The end is set to the day of death"},
	{"open_past_maximum", 1, "Åpen deltakelse som har vart lenger enn regelverket tillater", "Open participation that has lasted longer than the rules allow"},
	{"open_past_maximum_ended", 1, "Åpen deltakelse er avsluttet på siste dag regelverket tillater", "Open participation is ended on the last day that the rules allow"},
	{"one_day", 13, "Deltakelse på én dag", "Participation of one day"},
	{"part_time_missing", 6, "Deltidsprosent mangler", "The part-time percentage is missing"},
	{"part_time_assumed", 6, "Deltidsprosenten er ukjent og regnes som den studien sier", "The part-time percentage is unknown and counts as the study says"},
	{"part_time_impossible", 6, "Deltidsprosenten er umulig og regnes som ukjent", "The part-time percentage is impossible and counts as unknown"},
	{"duplicate", 3, "Samme person, tiltak og datoer som en annen rad; raden er utelatt", "The person, tiltak and dates of another row; the row is left out"},
	{"overlap_same_tiltak", 4, "Overlapper en deltakelse i samme tiltak og er slått sammen med den", "Overlaps a participation in the same tiltak and is joined with it"},
	{"adjoining_same_tiltak", 5, "Følger rett på en deltakelse i samme tiltak og er slått sammen med den", "Follows at once upon a participation in the same tiltak and is joined with it"},
	{"between_month_ends", 15, "Deltakelse som ikke varer over noe månedsskifte; statistikk over månedsslutt ser den ikke", "Participation that lasts over no end of a month; snapshots at month's end do not see it"},
	{"between_month_ends_dropped", 15, "Deltakelse som ikke varer over noe månedsskifte, er utelatt", "Participation that lasts over no end of a month is left out"},
	{"too_short", 13, "Deltakelsen er kortere enn studien krever og er utelatt", "The participation is shorter than the study asks for and is left out"},
	{"participation_unknown", 0, "Gjelder ingen deltakelse; raden er utelatt", "Concerns no participation; the row is left out"},
	{"percent_impossible", 6, "Prosenten er umulig og regnes som ukjent", "The percentage is impossible and counts as unknown"},
	{"from_missing", 1, "Fra-dato mangler; raden er utelatt", "The first day is missing; the row is left out"},
	{"from_impossible", 1, "Fra-datoen er umulig; raden er utelatt", "The first day is impossible; the row is left out"},
	{"from_after_cut", 1, "Begynner etter siste måned med komplette data; raden er utelatt", "Begins after the last month with complete data; the row is left out"},
	{"to_impossible", 1, "Til-datoen er umulig og regnes som åpen", "The last day is impossible and counts as open"},
	{"to_before_from", 1, "Slutter før den begynner; raden er utelatt", "Ends before it begins; the row is left out"},
	{"from_after_death", 14, "Begynner etter død; raden er utelatt", "Begins after death; the row is left out"},
	{"to_after_death", 14, "Slutten er satt til dødsdagen", "The last day is set to the day of death"},
	{"effort_unknown", 0, "Innsatsgruppen er ukjent", "The effort group is unknown"},
	{"joined", 4, "Overlapper eller følger rett på en registrering med samme status og er slått sammen med den", "Overlaps or adjoins a registration of the same status and is joined with it"},
	{"month_missing", 1, "Måned mangler; raden er utelatt", "The month is missing; the row is left out"},
	{"month_impossible", 1, "Måneden er umulig; raden er utelatt", "The month is impossible; the row is left out"},
	{"month_before_first", 9, "Måneden er før den første som er bedt om; raden er utelatt", "The month is before the first one asked for; the row is left out"},
	{"month_after_cut", 0, "Måneden er etter siste måned med komplette data; raden er utelatt", "The month is after the last one with complete data; the row is left out"},
	{"month_after_death", 14, "Måneden er etter død; raden er utelatt", "The month is after death; the row is left out"},
	{"month_after_emigration", 14, "Måneden er etter utvandring", "The month is after emigration"},
	{"position_missing", 0, "Stillingsprosent mangler og regnes som 0", "The position is missing and counts as 0"},
	{"position_negative", 0, "Stillingsprosenten er negativ og regnes som 0", "The position is negative and counts as 0"},
	{"position_too_large", 0, "Stillingsprosenten er satt ned til den største som kan lagres, 655,35", "The position is lowered to the largest that can be stored, 655.35"},
	{"wage_missing", 0, "Lønn mangler og regnes som 0", "The wage is missing and counts as 0"},
	{"wage_negative", 7, "Lønnen er negativ, en korreksjon, og inngår i månedens sum", "The wage is negative, a correction, and enters the sum of the month"},
	{"wage_too_large", 0, "Lønnen er satt ned til den største som kan lagres, 21 millioner kroner", "The wage is lowered to the largest that can be stored, 21 million kroner"},
	{"wage_sum_negative", 7, "Månedens lønnssum er negativ og regnes som 0", "The sum of wages of the month is negative and counts as 0"},
	{"income_not_wage", 0, "Utbetalingen er ikke lønn; raden er utelatt", "The payment is no wage; the row is left out"},
	{"tiltak_wage_marked", 12, "Lønnen er merket som tiltakslønn og regnes ikke som ordinært arbeid", "The wage is marked as paid through a tiltak and is no ordinary work"},
	{"tiltak_wage_amount", 12, "En del av lønnen er tiltakslønn; bare resten regnes som ordinært arbeid", "Some of the wage is paid through a tiltak; only the rest is ordinary work"},
	{"tiltak_wage_overlap", 12, "Arbeid samtidig med et tiltak som gir lønn regnes ikke som ordinært arbeid", "Work during a tiltak that pays wages is no ordinary work"},
	{"benefit_not_used", 0, "Ytelsen inngår ikke i panelet; raden er utelatt", "The benefit does not enter the panel; the row is left out"},
	{"outside_the_panel", 0, "Perioden ligger utenfor panelet; raden er utelatt", "The period lies outside the panel; the row is left out"},
	{"place_or_month_missing", 0, "Sted eller måned mangler; raden er utelatt", "The place or the month is missing; the row is left out"},
	{"other_type", 16, "Verdier i kolonner av en annen type enn sin egen (datoer som tall eller tekst); de er lest likt", "Values in columns of another type than their own (dates as numbers or texts); they are read alike"},
}

// TextOf is the text of a rule; ok is false for an unknown one.
func TextOf(rule string) (text RuleText, ok bool) {
	for _, t := range RuleTexts {
		if t.Rule == rule {
			return t, true
		}
	}
	return RuleText{}, false
}
