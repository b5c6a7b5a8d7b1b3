package datasets

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

// Direct identifiers are refused by three rules (CONTRACT.md): by the name of a column; in a column of keys where over
// 5 % of the distinct values are national identity numbers; in any other text column where one value holds a national
// identity number, an e-mail address or a telephone number. Columns that the mapping drops are exempt.

// Organisation numbers belong in columns of keys (arbeidsgiver_id, arrangor_id). Another column of which most distinct
// values are organisation numbers is refused too.

// maxShare is the share of the distinct values of a key column that may look like national identity numbers. Of random
// numbers of 11 digits 0.2 % do.
const maxShare = 0.05

// The national identity numbers as integers, which have lost a leading zero.
const (
	lowestNumber  = 1_01_00_0000_0 // 01 01 00 00000
	highestNumber = 99_999_999_999
)

// directNames are names of columns that hold direct identifiers, without case, accents and separators.
var directNames = map[string]bool{
	"fnr": true, "dnr": true, "dnummer": true, "fodselsnummer": true, "fodselsnr": true, "fnummer": true, "personnummer": true,
	"personnr": true, "pnr": true, "personident": true, "personidentifikator": true, "norskident": true, "ident": true, "aktorid": true,
	"folkeregisterident": true, "ssn": true, "nationalid": true, "nationalidentitynumber": true,
	"navn": true, "fornavn": true, "etternavn": true, "mellomnavn": true, "fulltnavn": true, "fullname": true, "firstname": true,
	"lastname": true, "surname": true, "personnavn": true, "deltakernavn": true, "brukernavn": true, "username": true, "navident": true,
	"epost": true, "epostadresse": true, "email": true, "emailaddress": true, "mail": true, "mailadresse": true,
	"telefon": true, "telefonnummer": true, "telefonnr": true, "tlf": true, "tlfnr": true, "mobil": true, "mobilnummer": true,
	"mobilnr": true, "mobiltelefon": true, "phone": true, "phonenumber": true, "telephone": true,
	"adresse": true, "gateadresse": true, "bostedsadresse": true, "postadresse": true, "streetaddress": true, "address": true,
	"kontonummer": true, "kontonr": true, "bankkonto": true,
}

// lastWords are words that mark a direct identifier at the end of a longer name, as in bruker_fnr.
var lastWords = map[string]bool{
	"fnr": true, "dnr": true, "fodselsnummer": true, "personnummer": true, "personident": true, "fornavn": true, "etternavn": true,
	"epost": true, "email": true, "telefon": true, "telefonnummer": true, "tlf": true, "mobilnummer": true, "phone": true,
}

// namesOfPersons are the words before "navn" with which it is the name of a person; a place or a tiltak has a name too.
var namesOfPersons = map[string]bool{
	"person": true, "deltaker": true, "bruker": true, "soker": true, "arbeidssoker": true, "kontakt": true, "kontaktperson": true,
	"ansatt": true, "veileder": true, "saksbehandler": true,
}

// words parts a name at separators and where a capital follows a small letter, in small letters without accents.
func words(name string) []string {
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	small := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			small = false
			continue
		case unicode.IsUpper(r) && small:
			flush()
		}
		small = unicode.IsLower(r)
		switch r = unicode.ToLower(r); r {
		case 'ø', 'ö':
			r = 'o'
		case 'å', 'ä':
			r = 'a'
		case 'æ':
			r = 'e'
		}
		b.WriteRune(r)
	}
	flush()
	return out
}

// isDirectName tells whether a column of that name holds a direct identifier.
func isDirectName(name string) bool {
	w := words(name)
	if len(w) == 0 {
		return false
	}
	if directNames[strings.Join(w, "")] || lastWords[w[len(w)-1]] {
		return true
	}
	if len(w) > 1 {
		last, before := w[len(w)-1], w[len(w)-2]
		if lastWords[before+last] || (last == "post" && before == "e") || (last == "mail" && before == "e") {
			return true
		}
		return (last == "navn" || last == "name") && namesOfPersons[before]
	}
	return false
}

// isIDName tells whether a column is one of keys by its name: `id`, `person_id`, `personId`.
func isIDName(name string) bool {
	w := words(name)
	return len(w) > 0 && w[len(w)-1] == "id"
}

func checkName(path, original, name string) error {
	for _, n := range []string{original, name} {
		if isDirectName(n) {
			return fault.Dataf("identifier", path, original,
				"column `%s` is a direct identifier by its name: drop it in the mapping, or leave it out of the file", original)
		}
	}
	return nil
}

// guard searches a column for direct identifiers.
type guard struct {
	path string
	name string
	id   bool
	mu   sync.Mutex
	all  sketch // distinct values of a key column, and which of them are numbers of persons
}

func newGuard(path string, c *sourceColumn) *guard {
	return &guard{path: path, name: c.name, id: c.id}
}

// concerns tells whether a column of that kind is searched.
func (g *guard) concerns(kind vector.Kind) bool { return kind == vector.String || kind == vector.Int64 }

// numbers is the range of integers that the search is for.
func (g *guard) numbers() (low, high int64) {
	if g.id {
		return lowestNumber, highestNumber
	}
	return lowestOrganisation, highestOrganisation
}

// outside tells whether no integer is one that the search is for.
func (g *guard) outside(values []int64) bool {
	low, high := g.numbers()
	for _, n := range values {
		if n >= low && n <= high {
			return false
		}
	}
	return true
}

// inspect searches a part of the column.
func (g *guard) inspect(p part, v vector.Values) error {
	switch {
	case !g.concerns(v.Kind):
		return nil
	case v.Kind == vector.Int64:
		if !g.id && g.outside(v.Ints) { // an amount or a count: no need to know how many there are
			return nil
		}
		s := g.begin()
		before, any := int64(0), false
		for i, n := range v.Ints {
			if any && n == before || v.Null != nil && v.Null[i] {
				continue
			}
			before, any = n, true
			if g.id {
				s.add(mix(uint64(n)), n >= lowestNumber && n <= highestNumber && isNumberOfPerson(n))
			} else {
				s.add(mix(uint64(n)), isOrganisation(n))
			}
		}
		g.merge(&s)
	case g.id:
		s := g.begin()
		for code, text := range v.Levels {
			if text == "" {
				continue
			}
			n, ok := elevenDigits(text)
			s.add(hash(text), ok && isNumberOfPerson(n))
			if findEmail(text) {
				return g.refuse(p, v, uint32(code), "an e-mail address")
			}
		}
		g.merge(&s)
	default:
		s := g.begin()
		for code, text := range v.Levels {
			if text == "" {
				continue
			}
			if what := findIdentifier(text); what != "" {
				return g.refuse(p, v, uint32(code), what)
			}
			n, ok := digits(text, 9)
			s.add(hash(text), ok && isOrganisation(n))
		}
		g.merge(&s)
	}
	return nil
}

// begin is an empty sketch of a part, which need not keep what the others have found too large.
func (g *guard) begin() sketch {
	g.mu.Lock()
	defer g.mu.Unlock()
	return sketch{limit: g.all.limit}
}

func (g *guard) merge(s *sketch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all.merge(s)
}

// refuse names the first row with the text of a code, where rows are known. The text itself is not repeated: messages
// end in logs.
func (g *guard) refuse(p part, v vector.Values, code uint32, what string) error {
	e := fault.Dataf("identifier", p.file, g.name, "column `%s` holds %s", g.name, what)
	if v.Rows == p.rows {
		if i := slices.Index(v.Codes, code); i >= 0 {
			e = e.At(p.first + int64(i) + 1)
			e.Message += " (first in data row " + itoa(e.Row) + ")"
		}
	}
	e.Message += ": drop the column in the mapping, or remove it from the file"
	return e
}

// conclude judges the share of national identity numbers in a key column, and of organisation numbers in another.
func (g *guard) conclude() error {
	distinct, numbers := g.all.count()
	share := float64(numbers) / float64(max(distinct, 1))
	switch {
	case g.id && share > maxShare:
		return fault.Dataf("identifier", g.path, g.name,
			"column `%s` holds national identity numbers (%.3g %% of its distinct values): replace them by random keys, or drop the column in the mapping", g.name, 100*share)
	case !g.id && share > 0.5 && numbers >= 10: // of random numbers that begin with 8 or 9, 9 % are
		return fault.Dataf("identifier", g.path, g.name,
			"column `%s` holds organisation numbers (%.3g %% of its distinct values): call it `arbeidsgiver_id` or `arrangor_id`, or drop it in the mapping", g.name, 100*share)
	}
	return nil
}

// digits reads a text of exactly n digits.
func digits(s string, n int) (v int64, ok bool) {
	if len(s) != n {
		return 0, false
	}
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		v = 10*v + int64(d)
	}
	return v, true
}

// elevenDigits reads a text of exactly 11 digits, perhaps with a space behind the date.
func elevenDigits(s string) (int64, bool) {
	if len(s) == 12 && s[6] == ' ' {
		s = s[:6] + s[7:]
	}
	return digits(s, 11)
}

const (
	lowestOrganisation  = 800_000_000
	highestOrganisation = 999_999_999
)

// isOrganisation tells whether a number is a Norwegian organisation number: nine digits that begin with 8 or 9, the last
// a check digit modulo 11.
//
// Source: Brønnøysundregistrene, "Organisasjonsnummeret".
func isOrganisation(n int64) bool {
	if n < lowestOrganisation || n > highestOrganisation {
		return false
	}
	sum, rest := int64(0), n/10
	for _, weight := range [...]int64{2, 3, 4, 5, 6, 7, 2, 3} {
		sum += weight * (rest % 10)
		rest /= 10
	}
	return (11-sum%11)%11 == n%10
}

// isNumberOfPerson tells whether 11 digits are a national identity number: fødselsnummer, D-number (day + 40), or a
// synthetic one of either (month + 40 or + 80), with a date that exists and both check digits.
//
// Source: Skatteetaten, "Fødselsnummer, D-nummer" and "Tenor testdata"; forskrift til folkeregisterloven §2-2-1.
func isNumberOfPerson(n int64) bool {
	var d [11]int
	for i := 10; i >= 0; i-- {
		d[i] = int(n % 10)
		n /= 10
	}
	day, month, year := 10*d[0]+d[1], 10*d[2]+d[3], 10*d[4]+d[5]
	if day > 40 {
		day -= 40
	}
	switch {
	case month > 80:
		month -= 80
	case month > 40:
		month -= 40
	}
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	if day > 28 {
		days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
		if month == 2 && year%4 == 0 { // 00 is 2000 for those whose number says so
			days = 29
		}
		if day > days {
			return false
		}
	}
	digit := func(weights ...int) int {
		sum := 0
		for i, w := range weights {
			sum += w * d[i]
		}
		return (11 - sum%11) % 11
	}
	return digit(3, 7, 6, 1, 8, 9, 4, 5, 2) == d[9] && digit(5, 4, 3, 2, 7, 6, 5, 4, 3, 2) == d[10]
}

// findIdentifier tells what direct identifier a text holds, anywhere in it; "" where it holds none.
func findIdentifier(s string) string {
	switch {
	case findNumberOfPerson(s):
		return "a national identity number"
	case findEmail(s):
		return "an e-mail address"
	case findPhone(s):
		return "a telephone number"
	}
	return ""
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// alone tells whether s[from:to] is not part of a longer number or word.
func alone(s string, from, to int) bool {
	inside := func(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 || c == '_' }
	return (from == 0 || !inside(s[from-1])) && (to == len(s) || !inside(s[to]))
}

func findNumberOfPerson(s string) bool {
	for i := 0; i+11 <= len(s); i++ {
		if !isDigit(s[i]) {
			continue
		}
		for _, width := range []int{11, 12} {
			if i+width > len(s) || !alone(s, i, i+width) {
				continue
			}
			if n, ok := elevenDigits(s[i : i+width]); ok && isNumberOfPerson(n) {
				return true
			}
		}
		for i+1 < len(s) && isDigit(s[i+1]) {
			i++
		}
	}
	return false
}

// findEmail looks for name@domain.top.
func findEmail(s string) bool {
	part := func(c byte) bool {
		return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 || strings.IndexByte("._%+-", c) >= 0
	}
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return false
		}
		at := from + i
		from = at + 1
		if at == 0 || !part(s[at-1]) {
			continue
		}
		end := at + 1
		for end < len(s) && part(s[end]) {
			end++
		}
		domain := strings.TrimRight(s[at+1:end], ".-_%+")
		dot := strings.LastIndexByte(domain, '.')
		if dot < 1 || len(domain)-dot-1 < 2 {
			continue
		}
		letters := true
		for _, c := range []byte(domain[dot+1:]) {
			letters = letters && (c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80)
		}
		if letters {
			return true
		}
	}
}

// findPhone looks for a telephone number: +47 or 0047 and eight digits, however they are spaced; eight digits spaced as
// people space them, 912 34 567 or 22 12 34 56; and eight digits in one that begin as mobile numbers do, with 4 or 9,
// and are no date. Other numbers of eight digits are codes or dates (yyyymmdd).
func findPhone(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '+' && !isDigit(c) || i > 0 && (isDigit(s[i-1]) || s[i-1] == '+' || !alone(s, i, len(s))) {
			continue
		}
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, "+47"):
			if end, n := spacedDigits(rest[3:], nil); n == 8 && alone(rest, 0, 3+end) {
				return true
			}
			continue
		case strings.HasPrefix(rest, "0047"):
			if end, n := spacedDigits(rest[4:], nil); n == 8 && alone(rest, 0, 4+end) {
				return true
			}
			continue
		case c == '+':
			if _, n := spacedDigits(rest[1:], nil); n >= 9 && n <= 15 {
				return true
			}
			continue
		}
		if c < '2' {
			continue
		}
		var groups []int
		end, n := spacedDigits(rest, &groups)
		if n != 8 || !alone(rest, 0, end) {
			continue
		}
		switch {
		case slices.Equal(groups, []int{3, 2, 3}), slices.Equal(groups, []int{2, 2, 2, 2}):
			return true
		case len(groups) == 1 && (c == '4' || c == '9') && rest[:8] != "99991231" && !joined(s, i, i+8):
			return true
		}
	}
	return false
}

// joined tells whether a number is part of a code or a decimal by what stands beside it: 46012345-225, 0.91234567.
func joined(s string, from, to int) bool {
	if from > 0 && strings.IndexByte("-/.,#", s[from-1]) >= 0 {
		return true
	}
	return to < len(s) && (strings.IndexByte("-/#", s[to]) >= 0 || to+1 < len(s) && strings.IndexByte(".,", s[to]) >= 0 && isDigit(s[to+1]))
}

// spacedDigits reads digits with single spaces between them: where they end, how many there are, and in what groups.
func spacedDigits(s string, groups *[]int) (end, digits int) {
	run := 0
	note := func() {
		if groups != nil && run > 0 {
			*groups = append(*groups, run)
		}
		run = 0
	}
	for i := 0; i < len(s); i++ {
		switch {
		case isDigit(s[i]):
			digits++
			run++
			end = i + 1
		case s[i] == ' ' && i+1 < len(s) && isDigit(s[i+1]):
			note()
		default:
			note()
			return end, digits
		}
	}
	note()
	return end, digits
}
