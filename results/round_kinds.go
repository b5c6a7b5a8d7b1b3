package results

// kind says what a number in a table is, as far as rounding on the way out goes (see Round).
type kind int

const (
	fixed   kind = iota // says what the row is, or counts no persons: months, bins, specifications, draws, degrees of freedom
	count               // of persons or of their rows
	level               // a share of persons where it lies between 0 and 1, and otherwise the mean of an amount
	lowest              // the limits of a share, rounded outwards
	highest             //
	effect              // an estimate with a standard error in the same row, its error and its limits
	figure              // any other figure
	pvalue              // and other statistics of a test
)

// kinds are all numbers of all tables; TestRoundKnowsEveryColumn holds it against the tables.
var kinds = map[string]map[string]kind{
	"estimates": {"month": fixed, "estimate": effect, "std_error": effect, "conf_low": effect, "conf_high": effect, "band_low": effect, "band_high": effect,
		"p_value": pvalue, "p_permutation": pvalue, "p_adjusted": pvalue, "mean_treated": level, "mean_comparison": level, "n_starts": count, "n_starts_eligible": count,
		"n_persons_treated": count, "n_persons_comparison": count, "ess": count, "family_low": effect, "family_high": effect},
	"balance": {"mean_treated": level, "mean_comparison": level, "smd": figure, "variance_ratio": figure, "ecdf_mean": figure, "ecdf_max": figure},
	"overlap": {"bin_low": fixed, "bin_high": fixed, "share": level},
	"flow":    {"step": fixed, "rows": count, "persons": count},
	"composition": {"mean_starts": level, "sd_starts": figure, "mean_eligible": level, "n_starts": count,
		"n_persons": count},
	"robustness": {"month": fixed, "n_specifications": fixed, "n_estimated": fixed, "median": figure, "low": figure, "high": figure, "share_same_sign": fixed,
		"share_significant": fixed, "p_median": fixed, "p_share_significant": fixed, "p_max": fixed, "variance_sample": figure, "variance_definition": figure,
		"variance_covariates": figure, "variance_month": figure, "variance_method": figure, "variance_combinations": figure, "sampling_noise": figure},
	"heterogeneity": {"month": fixed, "estimate": effect, "std_error": effect, "conf_low": effect, "conf_high": effect, "statistic": pvalue, "df": fixed,
		"p_value": pvalue, "p_adjusted": pvalue, "n_values": fixed},
	"portfolio": {"month": fixed, "estimate": effect, "std_error": effect, "conf_low": effect, "conf_high": effect, "p_value": pvalue, "margin": fixed,
		"p_equivalence": pvalue, "p_equivalence_adjusted": pvalue, "common_support": level, "starts": count, "cost_per_participation": figure, "cost_total": figure,
		"price_year": fixed},
	"placebo":     {"estimate": effect, "std_error": effect, "conf_low": effect, "conf_high": effect, "statistic": pvalue, "df": fixed, "p_value": pvalue},
	"pre_effects": {"event_month": fixed, "estimate": effect, "std_error": effect, "conf_low": effect, "conf_high": effect},
	"reforms": {"months": fixed, "month": fixed, "estimate": effect, "std_error": effect, "conf_low": effect, "conf_high": effect, "p_value": pvalue,
		"n_persons_eligible_after": count, "n_persons_eligible_before": count, "n_persons_others_after": count, "n_persons_others_before": count},
	"experiment": {"month": fixed, "estimate": effect, "std_error": effect, "df": fixed, "conf_low": effect, "conf_high": effect, "p_value": pvalue, "p_randomisation": pvalue, "p_wild": pvalue,
		"first_stage_f": pvalue, "n_offices": fixed, "n_persons_offered": count, "n_persons_others": count},
	"sensitivity": {"month": fixed, "value": figure, "bound": figure, "estimate": effect, "std_error": effect, "conf_low": effect, "conf_high": effect},
	"durations": {"time": fixed, "n_risk": count, "n_event": count, "n_censor": count, "estimate": level, "std_error": figure, "conf_low": lowest,
		"conf_high": highest},
	"duration_shares": {"months": fixed, "n_starts": count, "estimate": level, "std_error": figure, "conf_low": lowest, "conf_high": highest},
	"costs":           {"year": fixed, "bin_low": fixed, "bin_high": fixed, "value": figure, "price_year": fixed},
	"cost_effect": {"month": fixed, "value": fixed, "estimate": effect, "std_error": effect, "conf_low": effect, "conf_high": effect, "share": figure,
		"mean_treated": level, "mean_comparison": level, "price_year": fixed, "draws": fixed},
	"descriptive":    {"month": fixed, "share_treated": level, "share_comparison": level, "difference": figure},
	"diagnostics":    {"value": fixed},
	"transitions":    {"n": count, "persons": count, "share": level, "mean_gap_days": figure},
	"chains":         {"links": fixed, "n": count, "persons": count, "share": level, "n_followed": count, "mean_months": figure, "mean_months_in_tiltak": figure, "work_share": level, "reentry_share": level, "mean_months_to_reentry": figure},
	"chain_states":   {"month": fixed, "n": count, "persons": count, "share": level},
	"chain_measures": {"n": count, "persons": count, "mean": figure, "sd": figure, "p25": figure, "p50": figure, "p75": figure},
	"chain_types":    {"type": fixed, "n": count, "persons": count, "share": level, "mean_months": figure},
}

// countDiagnostics are the diagnostics that count rows, beside those whose name begins with n_.
var countDiagnostics = []string{"no_counterpart", "treated_alone_in_stratum", "trimmed", "clipped", "ess_comparison"}
