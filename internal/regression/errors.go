package regression

import (
	"fmt"
	"strings"

	"tiltakseffekt/internal/fault"
)

// SeparationError says that the likelihood has no maximum: some combination of the named columns predicts the response
// without error in part of the rows (Albert and Anderson 1984, Biometrika 71:1). It unwraps to a *fault.Error with the
// code "separation" and exit status 3.
type SeparationError struct {
	Columns []int    // indices into the design (0 is the first column, not the intercept), ascending
	Names   []string // their names, as given in the options
}

// Error names the columns and a remedy.
func (e *SeparationError) Error() string { return e.fault().Error() }

// Unwrap is the same message as a fault.
func (e *SeparationError) Unwrap() error { return e.fault() }

func (e *SeparationError) fault() *fault.Error {
	quoted := make([]string, len(e.Names))
	for i, n := range e.Names {
		quoted[i] = "`" + n + "`"
	}
	column := ""
	if len(e.Names) == 1 {
		column = e.Names[0]
	}
	return fault.Dataf("separation", "", column,
		"the score has no finite fit because %s separates the groups; drop or merge it, match exactly on it, or ask for the penalised logit",
		strings.Join(quoted, ", "))
}

func notFinite(what string, row int) error {
	return fault.Dataf("not_finite", "", strings.Trim(what, "`"), "%s has a value that is missing or not finite in row %d; fill it or drop the row", what, row+1).At(int64(row + 1))
}

func emptyDesign(format string, args ...any) error {
	return fault.Dataf("too_few_rows", "", "", "%s", fmt.Sprintf(format, args...))
}
