package report

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// ruleWords names the rules of table flow for people; a rule that is not here is shown with its own name.
var ruleWords = map[string][2]string{
	"starts":                {"starter i registeret", "starts in the register"},
	"dead_or_emigrated":     {"død eller utvandret", "dead or emigrated"},
	"not_in_risk_set":       {"ikke registrert som arbeidssøker ved start", "not registered as a jobseeker at the start"},
	"outside_elapsed":       {"utenfor månedene i forløpet som studien gjelder", "outside the months of the episode that the study is about"},
	"outside_age":           {"utenfor aldersgrensene", "outside the age limits"},
	"67_before_horizon":     {"fyller 67 år før oppfølgingen er over", "turns 67 before the follow-up ends"},
	"washout_any":           {"nylig i et annet tiltak", "recently in another tiltak"},
	"washout_same":          {"nylig i samme tiltak", "recently in the same tiltak"},
	"not_after_link":        {"har ikke det første leddet som studien krever", "without the first link that the study asks for"},
	"second_start_in_month": {"annen start i samme måned", "second start in the same month"},
	"no_full_follow_up":     {"kan ikke følges til slutten", "cannot be followed to the end"},
	"analysed":              {"med i analysen", "analysed"},
}

func (b *builder) rule(rule string) string { return Rule(rule, b.l) }

// Rule names a rule of table flow in words, as the report does.
func Rule(rule string, l number.Lang) string {
	if w, ok := ruleWords[rule]; ok {
		if l == number.EN {
			return w[1]
		}
		return w[0]
	}
	return strings.ReplaceAll(rule, "_", " ")
}

// registerRule names a rule of the register's ledger: the run says in words what it found.
func (b *builder) registerRule(rule string) string {
	if text := results.Name(b.run.Rules, rule, b.lang()); text != rule {
		return text
	}
	return b.rule(rule)
}

func (b *builder) action(action string) string {
	switch action {
	case "start":
		return b.say("utgangspunkt", "beginning")
	case "dropped":
		return b.say("utelatt", "dropped")
	case "changed":
		return b.say("endret", "changed")
	case "kept":
		return b.say("beholdt", "kept")
	case "analysed":
		return b.say("med i analysen", "analysed")
	}
	return action
}

// diagnosticWords names diagnostics for people.
var diagnosticWords = map[string][2]string{
	"iterations":               {"runder før modellen var ferdig", "rounds until the model was done"},
	"converged":                {"modellen kom i mål (1 = ja)", "the model converged (1 = yes)"},
	"caliper":                  {"største tillatte avstand i et par", "largest distance allowed in a pair"},
	"cells":                    {"sett eller celler med begge grupper", "sets or cells with both arms"},
	"folds":                    {"antall deler i kryssberegningen", "folds of the cross-fitting"},
	"clipped":                  {"rader med tilbøyelighet nær grensen, satt til grensen", "rows with a score near the end, taken as the limit"},
	"share_kept":               {"andel av deltakerne som fikk en partner", "share of the treated who were matched"},
	"joint_balance_p_before":   {"p-verdi, alle kjennetegn under ett, før", "p-value, all covariates jointly, before"},
	"joint_balance_p":          {"p-verdi, alle kjennetegn under ett, etter", "p-value, all covariates jointly, after"},
	"max_abs_smd_squares":      {"største forskjell i kvadrater (standardavvik)", "largest difference of squares (standard deviations)"},
	"max_abs_smd_products":     {"største forskjell i produkter av to kjennetegn (standardavvik)", "largest difference of products of two covariates (standard deviations)"},
	"max_abs_smd_months":       {"største forskjell i arbeid og lønn måned for måned før start (standardavvik)", "largest difference of work and wage month by month before the start (standard deviations)"},
	"max_abs_smd":              {"største gjenværende forskjell (standardavvik)", "largest difference left (standard deviations)"},
	"imbalance":                {"største gjenværende forskjell i det som ble balansert", "largest difference left in what was balanced"},
	"not_balanced":             {"kjennetegn som ikke lot seg balansere", "covariates that could not be balanced"},
	"constant_base":            {"utfallet er likt for alle i utgangsperioden (1 = ja)", "the outcome is the same for all in the base period (1 = yes)"},
	"base_known":               {"andel av deltakerne med kjent utgangsnivå", "share of the treated with a known level before"},
	"trimmed":                  {"sammenligningsrader uten vekt, nesten sikre på å starte", "comparison rows without weight, nearly sure to start"},
	"no_counterpart":           {"sammenligningsrader uten motstykke", "comparison rows without a counterpart"},
	"treated_alone_in_stratum": {"deltakere uten noen å sammenlignes med i samme måned og varighet", "treated rows with nobody to compare in the same month and duration"},
	"ess_comparison":           {"sammenligningens effektive antall", "effective number of the comparison"},
	"ess":                      {"sammenligningens effektive antall", "effective number of the comparison"},
	"max_weight_share":         {"største vekts andel av alle", "share of the largest weight"},
	"largest_weight_share":     {"største vekts andel av alle", "share of the largest weight"},
	"score_iterations":         {"runder før sannsynligheten for å starte var beregnet", "rounds until the probability of starting was fitted"},
	"score_columns_dropped":    {"kjennetegn uten variasjon eller gitt av andre, utelatt", "covariates constant or given by others, left out"},
	"score_penalised":          {"gruppene skiller seg helt i noe; straffet modell (1 = ja)", "the arms separate in something; penalised model (1 = yes)"},
	"failed":                   {"metoden kunne ikke brukes", "the method could not be used"},
}

func (b *builder) diagnostic(name string) string {
	if w, ok := diagnosticWords[name]; ok {
		return b.say(w[0], w[1])
	}
	if covariate, ok := strings.CutPrefix(name, "dropped_smd_"); ok {
		return b.sayf("de utelatte minus de andre, i standardavvik: %s", "those dropped less the others, in standard deviations: %s", lower(b.set.CovariateName(covariate, b.l)))
	}
	return strings.ReplaceAll(name, "_", " ")
}

func (b *builder) seed() string { return strconv.FormatUint(b.run.Seed, 10) }

// indent lays JSON out over lines in its canonical order.
func indent(raw []byte) string {
	canonical, err := results.Canonical(json.RawMessage(raw))
	var out bytes.Buffer
	if err != nil || json.Indent(&out, canonical, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}
