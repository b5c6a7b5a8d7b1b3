package analysis

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// mostShare is the share of the participations of a tiltak from which a concern about prices stands beside its price.
const mostShare = 0.1

// priceWarnings are the concerns of a tally as warnings and as messages of a run. They hold no counts, which would tell
// the number of starts in a cell whose flow hides it.
func (r *runner) priceWarnings(tally *cost.Tally, others []fault.Warning) []fault.Warning {
	var out []fault.Warning
	for _, c := range tally.Concerns() {
		where, hvor := "in some participations", "i noen deltakelser"
		switch {
		case c.Share == 1:
			where, hvor = "in all participations", "i alle deltakelser"
		case c.Share >= 0.9:
			where, hvor = "in nearly all participations", "i nesten alle deltakelser"
		case c.Share >= 0.5:
			where, hvor = "in most participations", "i de fleste deltakelser"
		}
		out = append(out, fault.Warnf(c.Code, "%s, %s: %s", c.Tiltak, where, c.EN))
		nb, en := c.Tiltak, c.Tiltak
		if t, ok := r.cat.Tiltak(c.Tiltak); ok {
			nb, en = t.Name("nb"), t.Name("en")
		}
		r.messages = append(r.messages, results.Message{Code: c.Code, Tiltak: []string{c.Tiltak}, Most: c.Share >= mostShare,
			Text: results.Text{NB: fmt.Sprintf("%s, %s: %s.", nb, hvor, c.NB), EN: fmt.Sprintf("%s, %s: %s.", en, where, c.EN)}})
	}
	return append(out, others...)
}

// warningNB says in bokmål, without figures, what a warning of a register or a run says.
var warningNB = map[string]string{
	"assigned_late":               "Noen i tabell tildeling kan ikke følges hele horisonten og er utelatt.",
	"one_arm_strata":              "Noen lag i tabell tildeling har bare den ene armen og er utelatt.",
	"too_many_covariates":         "Det er for få kontorer i tabell tildeling til kjennetegnene og lagene: tallene mangler. Bruk grovere lag, eller ta med flere kontorer.",
	"few_clusters":                "Feilene summeres etter sted, og de som starter, er i svært få av dem: feilene er selv usikre, og intervallene vide.",
	"place_unknown":               "Stedet som feilene summeres etter, er ikke kjent for noen personer: de er ett sted sammen.",
	"large_cluster":               "Ett sted har over halvparten av dem som starter: det som er særegent ved det, kan ikke skilles fra virkningen.",
	"no_wages":                    "Registeret har ingen tabell inntekt: lønn er 0 hele veien, og utfall om lønn betyr ingenting.",
	"no_positions":                "Registeret har ingen tabell arbeidsforhold: stillinger er 0 hele veien, og utfall om arbeid betyr ingenting.",
	"months_isolated":             "Noen rader gjelder måneder langt fra alle andre og er utelatt.",
	"months_without_rows":         "Noen måneder i registeret har ingen rader; da er ingen i arbeid.",
	"break_2015":                  "Arbeid og lønn har et brudd i januar 2015, da a-ordningen avløste de eldre registrene; sammenlign ikke måneder på tvers av det.",
	"last_month_incomplete":       "Siste måned har langt færre rader enn måneden før; sett «cut» til siste måned med komplette data.",
	"table_not_used":              "En tabell i registeret er ikke brukt, fordi maaned har det samme.",
	"tiltak_unknown":              "En tiltakskode finnes ikke i katalogen og er beholdt som et eget tiltak.",
	"unknown_tiltak":              "En tiltakskode finnes ikke i katalogen: den har ingen sats, og lønn i den regnes som ordinært arbeid.",
	"status_unknown":              "En status finnes ikke i katalogen; en deltakelse med den regnes ikke som deltakelse, en registrering som registrert.",
	"kpi_ends":                    "Konsumprisindeksen slutter før data gjør det; senere lønn er regnet om med den siste verdien.",
	"kpi_unconfirmed":             "Konsumprisindeksen som fører beløp til prisåret, har ingen bekreftet kilde.",
	"cost_effect_leaves_out":      "Kostnad mot virkning regner ikke med deltakelser uten kjent pris; tabellen viser hvor stor del av månedene det gjelder.",
	"cost_effect_not_priced":      "Merkostnad er ikke gitt der noen deltar i tiltak uten kjent pris.",
	"parameter_unconfirmed":       "En parameter i nytte-kostnadsanalysen har ingen bekreftet kilde.",
	"payroll_outside_period":      "En sats for arbeidsgiveravgift, pensjon eller feriepenger gjelder en annen periode; den nærmeste er brukt.",
	"payroll_unconfirmed":         "En sats for feriepenger eller pensjon har ingen bekreftet kilde.",
	"benefits_not_priced":         "Ytelser er kjent som ja eller nei og ikke i kroner: budsjettsiden er ikke gitt, og samfunnssiden regner dem ikke med i det som skattefinansieres.",
	"benefit_rate_outside_period": "Satsen for en ytelse er ikke kjent for alle måneder; den nærmeste er brukt.",
	"benefit_rate_unconfirmed":    "Satsen for en ytelse har ingen bekreftet kilde.",
	"wage_index_ends":             "Konsumprisindeksen slutter før data gjør det; senere lønn og ytelser i nytte og kostnad er regnet om med den siste verdien.",
	"income_tax_not_counted":      "Skattesatsene på lønn og ytelser er ikke gitt: budsjettsiden er før den skatten som mangler.",
	"adjusts_for_little":          "En metode gjør gruppene like bare i noen få kjennetegn; resten av det som skiller dem, er med i tallene, som derfor må leses ved siden av andre metoder.",
	"outcome_value_absent":        "Minst ett utfall går etter en verdi som ingen rad i maaned har.",
	"undated_covariates":          "Utdanning og fylke har ingen dato og er brukt som om de gjaldt før hver start.",
	"under_half_analysed":         "Under halvparten av startene er med i minst ett tiltak og én gruppe.",
	"referral_undated":            "Noen deltakelser mangler henvist_dato; de regnes som henvist den dagen de starter.",
	"against_never":               "De det sammenlignes med, har aldri startet i tiltak; det vet man først etterpå. Tallene er for lave og er ingen virkninger.",
	"combination_last_part":       "Kostnader og tid i tiltak for en kombinasjon gjelder den delen som begynte sist.",
	"group_history_short":         "En målgruppe ser lenger tilbake enn data rekker: for de første startene teller den færre måneder.",
	"covariates_unknown":          "Ukjente verdier av kovariater er et nivå for seg; tabellen over balanse viser hvor mange det gjelder.",
	"undated_values":              "person_historikk sier ikke noe om dagen før start for noen rader; da er verdien uten dato i person brukt.",
}

// localise adds the warnings that have no message of their own yet, each text once.
func (r *runner) localise(warnings []fault.Warning) []results.Message {
	own := map[string]bool{}
	for _, m := range r.messages {
		own[m.Code] = true
	}
	out := r.messages
	seen := map[string]bool{}
	for _, w := range warnings {
		nb, ok := warningNB[w.Code]
		if own[w.Code] || seen[w.Code+nb] && ok {
			continue
		}
		seen[w.Code+nb] = true
		en := w.Message
		if !strings.HasSuffix(en, ".") {
			en += "."
		}
		out = append(out, results.Message{Code: w.Code, Text: results.Text{NB: nb, EN: strings.ToUpper(en[:1]) + en[1:]}})
	}
	return out
}

var rowCount = regexp.MustCompile(`\b([0-9]+) (rows?|participations?|persons?)\b`)

// withoutSmall replaces counts under the limit in warnings, as disclosure control does in tables.
func withoutSmall(warnings []fault.Warning, limit int) []fault.Warning {
	for i := range warnings {
		w := &warnings[i]
		w.Message = rowCount.ReplaceAllStringFunc(w.Message, func(s string) string {
			digits, what, _ := strings.Cut(s, " ")
			if n, err := strconv.Atoi(digits); err != nil || n == 0 || n >= limit {
				return s
			}
			return "a few " + strings.TrimSuffix(what, "s") + "s"
		})
	}
	return warnings
}

// ruleLabels names the rules of the register's ledger.
func ruleLabels() []results.Label {
	var out []results.Label
	for _, t := range register.RuleTexts {
		out = append(out, results.Label{ID: t.Rule, Text: results.Text{NB: t.NB, EN: t.EN}})
	}
	return out
}

// effortText names the effort groups.
var effortText = map[string]results.Text{
	"ukjent":             {NB: "ukjent", EN: "unknown"},
	"standard":           {NB: "standardinnsats", EN: "standard effort"},
	"situasjonsbestemt":  {NB: "situasjonsbestemt innsats", EN: "effort by situation"},
	"spesielt_tilpasset": {NB: "spesielt tilpasset innsats", EN: "specially adapted effort"},
	"gradert_varig":      {NB: "gradert varig tilpasset innsats", EN: "partial lasting adapted effort"},
	"varig":              {NB: "varig tilpasset innsats", EN: "lasting adapted effort"},
}

// covariateText puts the name of a covariate into words: no codes, and one month is not a span.
func covariateText(id, nb, en string) results.Text {
	if base, level, ok := strings.Cut(id, "="); ok && base == "innsatsgruppe" {
		if t, ok := effortText[level]; ok {
			return results.Text{NB: "Innsatsgruppe: " + t.NB, EN: "Innsatsgruppe: " + t.EN}
		}
	}
	nb = strings.Replace(nb, "andel måneder 1–1 før", "måneden før", 1)
	en = strings.Replace(en, "share of months 1–1 before", "the month before", 1)
	return results.Text{NB: nb, EN: en}
}
