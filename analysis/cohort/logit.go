package cohort

import (
	"errors"

	"tiltakseffekt/internal/regression"
)

// fitLogit is a logit that is penalised (Firth 1993) where a column separates.
func fitLogit(x [][]float64, y, w []float64, names []string, workers int) (*regression.Fit, error) {
	opt := regression.LogitOptions{Names: names, Workers: workers}
	fit, err := regression.Logit(x, y, w, opt)
	var separated *regression.SeparationError
	if errors.As(err, &separated) {
		opt.Penalised = true
		fit, err = regression.Logit(x, y, w, opt)
	}
	return fit, err
}
