package register

import (
	"slices"
	"strings"
	"unicode"
)

// otherNames are what agencies call our tables and columns, without case, accents and separators. They are looked at in a Draft alone, where
// every guess is shown: a register is never read by them.
var (
	namesOfTables = map[string][]string{
		"person":            {"personer", "befolkning", "demografi", "demog", "bosatte", "individ", "individer", "faste"},
		"deltakelse":        {"tiltak", "deltakelser", "deltaker", "tiltaksdeltakelse", "tiltaksdeltakere", "deltagelse", "programmes"},
		"arbeidssoker":      {"arbeidssokere", "registreringer", "registrerte", "registrering", "ledige", "arbsok", "arbeidsledige", "ledighet", "arbsokperioder"},
		"maaned":            {"ansettelser", "arbeid", "ameld", "amelding", "jobb", "jobber", "lonn", "sysselsetting", "sysselsatte", "maaneder", "maanedlig", "arblonn"},
		"arbeidsforhold":    {"arbforhold", "ansettelsesforhold"},
		"inntekt":           {"inntekter", "lonnsutbetalinger"},
		"ytelse":            {"ytelser", "trygd", "stonad", "stonader"},
		"deltakelsesmengde": {"deltidsendringer"},
		"person_historikk":  {"personhistorikk", "historikk", "bosted", "flyttinger"},
		"omrade_maaned":     {"omrade", "arbeidsmarked", "kommuneledighet", "ledighet"},
		"enhet":             {"enheter", "kontor", "kontorer"},
		"person_kobling":    {"kobling", "koblinger"},
	}
	namesOfColumns = map[string][]string{
		"person_id":      {"lopenr", "lnr", "lopenummer", "pid", "personlopenr", "personnokkel", "id", "idnr", "nokkel", "wid"},
		"fodselsaar":     {"faar", "fodselsar", "fodt", "fodtaar", "fodear", "fodeaar", "aarfodt", "foedselsaar"},
		"kjonn":          {"kj", "kjoenn", "sex", "gender"},
		"landgruppe":     {"verdensdel", "landbakgrunn", "fodeland", "opprinnelse", "invkat", "innvandringskategori", "landkategori", "verdensregion", "innvandringsbakgrunn", "innvandrerbakgrunn"},
		"utdanning":      {"nus", "nusniva", "nus1", "nus2000", "utdniva", "utdanningsniva", "hoyesteutdanning", "bu", "utdnus"},
		"innvandret_aar": {"innv", "innvandringsaar", "ankomstaar", "innvandringsar", "invaar", "botidfra"},
		"fylke":          {"fylkenr", "fylkesnr", "fylkesnummer"},
		"kommune":        {"kommnr", "kommunenr", "kommunenummer"},
		"nav_enhet":      {"enhetnr", "enhetsnr", "navkontor", "kontornr", "kontor", "lokalkontor", "enhet"},
		"dod_dato":       {"dod", "dodsdato", "doddato", "dodsdag"},
		"utvandret_dato": {"utv", "utvandret", "utvandringsdato", "utflyttet", "utflyttingsdato", "emigrert"},
		"vekt":           {"utvalgsvekt", "weight"},
		"deltakelse_id":  {"deltakerid", "tiltaksid", "tiltaksdeltakelseid", "id", "lopenrtiltak", "deltagelseid", "radid", "sakid"},
		"tiltakskode":    {"tiltak", "tiltakstype", "tiltakkode", "tiltakstypekode", "tiltaksnavn"},
		"status":         {"deltakerstatus", "statuskode", "hovedgruppe", "arbsokstatus", "arbeidssokerstatus", "ledighetsstatus", "regstatus", "deltstatus"},
		"start_dato":     {"fom", "fradato", "fra", "start", "startdato", "datofra", "fraogmed", "inndato"},
		"slutt_dato":     {"tom", "tildato", "til", "slutt", "sluttdato", "datotil", "tilogmed", "stopp", "stoppdato", "utdato"},
		"fra":            {"fom", "fradato", "start", "startdato", "datofra", "fraogmed", "regfra", "inndato"},
		"til":            {"tom", "tildato", "slutt", "sluttdato", "datotil", "tilogmed", "regtil", "stopp", "stoppdato", "utdato"},
		"deltidsprosent": {"prosent", "deltid", "omfang", "tiltaksprosent"},
		"henvist_dato":   {"henvist", "henvistdato", "henvisningsdato"}, "vedtak_dato": {"vedtak", "vedtaksdato"},
		"status_aarsak": {"aarsak", "arsak", "statusaarsak", "sluttaarsak"}, "opphav": {"kilde", "system"}, "innhold": {"innholdskode"},
		"arrangor_id": {"arrangor", "arrangornr", "leverandor"}, "arbeidsgiver_id": {"orgnr", "orgnummer", "bedrift", "bedriftnr", "virksomhet", "virksomhetsnr", "arbgiver", "arbeidsgiver"},
		"lonnstilskudd_prosent": {"tilskudd", "tilskuddsprosent"}, "kostnad": {"kostnader", "utbetalt"}, "registrert": {"registrertdato"}, "endret": {"endretdato"},
		"innsatsgruppe":    {"innsats", "innsatsgr", "innsatsbehov", "servicegruppe"},
		"maaned":           {"mnd", "aarmnd", "periode", "kalendermaaned", "aarmaaned", "yyyymm", "armnd", "maned", "maanednr", "statmnd", "ym"},
		"stillingsprosent": {"stilling", "stillpst", "stillingsandel", "stillingspst", "arbeidstidsprosent", "stillprosent"},
		"lonn":             {"brutto", "bruttolonn", "kontantlonn", "lonnsinntekt", "loenn", "avlonning", "manedslonn", "maanedslonn"}, "belop": {"sum", "kroner", "utbetalt"},
		"tiltakslonn": {"tiltlonn", "ltslonn", "lonnstilskuddslonn"}, "sektor": {"sektorkode"}, "naring": {"naeringskode", "naring1", "nace", "naringskode"}, "ansettelsesform": {"ansform"},
		"dagpenger": {"dp"}, "aap": {"arbeidsavklaringspenger"}, "ufore": {"ufo", "ufor", "uforetrygd", "uforetrygdet"}, "sosialhjelp": {"sos", "sosial", "soshjelp", "oksosialhjelp"},
		"tiltakspenger": {"tp", "tiltpenger"}, "utdanning_igang": {"utd", "igangutd", "igang", "student", "underutdanning", "iutdanning"}, "ledighet": {"ledighetsrate", "ledigprosent"}, "ytelse": {"stonad", "stonadstype", "typestonad", "ytelsestype", "typeytelse"}, "gjelder_id": {"nylopenr", "gjelder"},
	}
)

// plain is a name in small letters without accents and separators; aa and oe, as å and ø are written where they cannot be, are a and o.
func plain(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r == 'ø' || r == 'ö':
			b.WriteByte('o')
		case r == 'å' || r == 'ä':
			b.WriteByte('a')
		case r == 'æ':
			b.WriteString("ae")
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("aa", "a", "oe", "o").Replace(b.String())
}

// likeness is how well a foreign name fits ours: 3 the same but for letters and separators, 2 a name that others give it, 1 one of these at the
// beginning or the end of a longer name, or as a word of it; 0 not.
func likeness(foreign, ours string, others []string) int {
	f := plain(foreign)
	if f == plain(ours) {
		return 3
	}
	if slices.ContainsFunc(others, func(other string) bool { return plain(other) == f }) {
		return 2
	}
	words := strings.FieldsFunc(foreign, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i := range words {
		words[i] = plain(words[i])
	}
	for _, name := range append([]string{ours}, others...) {
		word := plain(name)
		if len(name) >= 3 && slices.Contains(words, word) {
			return 1
		}
		if len(name) >= 4 && (strings.HasPrefix(f, word) || strings.HasSuffix(f, word)) {
			return 1
		}
	}
	return 0
}

// guessedCode is our word for a value of a column that holds codes; "" where none comes to mind, and known where the value needs none.
func (d *drafter) guessedCode(column, value string) (guess string, known bool) {
	v := plain(value)
	begins := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(v, w) })
	}
	switch column {
	case "kjonn":
		_, known = sexes[strings.ToLower(value)]
	case "landgruppe":
		if _, known = origins[strings.ToLower(value)]; known {
			break
		}
		switch {
		case begins("nor"):
			guess = "norge"
		case begins("eu", "eos", "ees", "eea"):
			guess = "eos"
		case begins("tredje", "utenfor", "ikkeeos", "asia", "afrika", "ovrig", "resten"):
			guess = "utenfor_eos"
		}
	case "arbeidssoker.status":
		if _, known = statuses[strings.ToLower(value)]; known {
			break
		}
		switch {
		case begins("hled", "helt", "ledig", "arbeidsledig"):
			guess = "ledig"
		case begins("delv"):
			guess = "delvis_ledig"
		case begins("neds", "yrkeshem"):
			guess = "nedsatt_arbeidsevne"
		}
	case "ytelse":
		if _, known = benefitOf(value); known {
			break
		}
		switch {
		case begins("dagp"):
			guess = "DP"
		case begins("arbeidsavkl"):
			guess = "AAP"
		case begins("ufor"):
			guess = "UFO"
		case begins("tiltakspeng"):
			guess = "TP"
		case strings.Contains(v, "sosialhjelp"):
			guess = "SOSIALHJELP"
		}
	case "innsatsgruppe":
		if _, known = efforts[strings.ToLower(value)]; known {
			break
		}
		for name := range efforts {
			if plain(name) == v {
				guess = name
			}
		}
	case "tiltakskode":
		if _, known = d.catalog.Resolve(value); known {
			break
		}
		for _, code := range d.catalog.Codes() {
			name := d.catalog.Name(code, "nb")
			if short := plain(name); short == v || plain(code) == v || strings.HasSuffix(name, "("+strings.ToUpper(value)+")") {
				guess = code
			}
		}
	case "deltakelse.status":
		_, known = d.catalog.Status("", value)
	}
	return guess, known
}
