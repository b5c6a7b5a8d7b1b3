package validity

// Variants are methods with options that a coverage experiment knows by a name of their own, as a study writes them.
var Variants = map[string]string{
	"nearest-3":             "name: nearest, ratio: 3",
	"nearest-closest":       "name: nearest, order: closest",
	"nearest-regression":    "name: nearest, adjust: regression",
	"nearest-replace":       "name: nearest, replace: true",
	"nearest-bias-adjusted": "name: nearest, replace: true, bias_adjust: true",
	"nearest-person":        "name: nearest, person_max: 1",
	"mahalanobis":           "name: nearest, distance: mahalanobis, covariates: [alder, kvinne, utdanning, arbeid_1, arbeid_13_24, lonn_13_24]",
	"radius-bias-adjusted":  "name: radius, bias_adjust: true",
	"kernel":                "name: radius, kernel: epanechnikov, radius: 0.2, bias_adjust: true",
	"ebal-squares":          "name: ebal, moments: 2",
	"ipw-trimmed":           "name: ipw, trim: 0.1",
	"matching-weights":      "name: ipw, estimand: atm",
}
