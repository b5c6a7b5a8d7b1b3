// Package fault holds the typed errors of the tool and the exit status each of them leads to.
//
// Every error a person can cause is one sentence that names the file, the column, the number of rows concerned
// and one remedy. Only cmd/evaluate turns an error into text or an exit status; all other rooms return them.
package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Status is the exit status of the program.
type Status int

// The exit statuses of CONTRACT.md.
const (
	OK          Status = 0
	Internal    Status = 1   // a failure of the program or the machine
	Usage       Status = 2   // wrong flags or study file
	Data        Status = 3   // data refused
	Differs     Status = 4   // a check ran and found differences or something identifying
	Interrupted Status = 130 // SIGINT
	Terminated  Status = 143 // SIGTERM
)

// Error is a failure with what its reader needs in order to mend it. The zero values of File, Column and Row mean
// that they do not apply; Row counts from 1, as a person counts data rows (a header is not a row).
type Error struct {
	Status  Status
	Code    string // snake_case, stable: scripts test it
	File    string
	Column  string
	Row     int64
	Message string // one sentence without the file name in front; lower case; names flag or column in backquotes
	Err     error  // the cause, if there is one
}

// Error returns "file: message", or the message alone where no file is concerned.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Usagef is an error of flags or of the study file (status 2). Code is a stable snake_case word.
func Usagef(code, format string, args ...any) *Error {
	return &Error{Status: Usage, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Dataf is a refusal of data (status 3). File and column may be empty.
func Dataf(code, file, column, format string, args ...any) *Error {
	return &Error{Status: Data, Code: code, File: file, Column: column, Message: fmt.Sprintf(format, args...)}
}

// Differsf is the finding of a check (status 4).
func Differsf(code, format string, args ...any) *Error {
	return &Error{Status: Differs, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap is an internal failure (status 1) with its cause.
func Wrap(code string, err error, format string, args ...any) *Error {
	return &Error{Status: Internal, Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// At returns the same error with a data row (counted from 1) to look at.
func (e *Error) At(row int64) *Error { e.Row = row; return e }

// In returns the same error with the file it concerns, unless it names one already.
func (e *Error) In(file string) *Error {
	if e.File == "" {
		e.File = file
	}
	return e
}

// StatusOf is the exit status an error leads to: its own where it is an *Error, 130 where the context was
// cancelled, otherwise 1. A nil error is 0.
func StatusOf(err error) Status {
	if err == nil {
		return OK
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	if errors.Is(err, context.Canceled) {
		return Interrupted
	}
	return Internal
}

// CodeOf is the stable code of an error, "internal" where it has none.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Code != "" {
		return e.Code
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return "internal"
}

// Suggest returns " (did you mean `x`?)" where one of the allowed words is close to the given one (edit distance
// at most 2 and under half its length), otherwise "".
func Suggest(word string, allowed []string) string {
	best, bestDistance := "", 3
	for _, a := range allowed {
		if d := editDistance(strings.ToLower(word), strings.ToLower(a)); d < bestDistance {
			best, bestDistance = a, d
		}
	}
	if best == "" || 2*bestDistance > len([]rune(word)) {
		return ""
	}
	return fmt.Sprintf(" (did you mean `%s`?)", best)
}

// editDistance is the Levenshtein distance in runes, with two rows.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}

// Warning is something a reader must know that does not stop the work: it names the column, the count and what was
// done about it. Code is a stable snake_case word. Warnings are values on results, printed on stderr and in reports.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Warnf is a Warning with a formatted message.
func Warnf(code, format string, args ...any) Warning {
	return Warning{Code: code, Message: fmt.Sprintf(format, args...)}
}
