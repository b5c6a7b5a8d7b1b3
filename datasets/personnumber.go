package datasets

import "strings"

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

// elevenDigits reads a text of exactly 11 digits, perhaps with a space, a dash or a full stop behind the date.
func elevenDigits(s string) (int64, bool) {
	switch {
	case len(s) == 12 && (s[6] == ' ' || s[6] == '-' || s[6] == '.'):
		s = s[:6] + s[7:]
	case len(s) == 13 && s[6:8] == "\u00a0":
		s = s[:6] + s[8:]
	}
	return digits(s, 11)
}

// keyDigits reads a key in which there are exactly 11 digits, whatever stands around or between them: a prefix, spaces, the .0 of a number
// that was written as a decimal. Of keys that happen to have 11 digits no more are numbers of persons than of random numbers.
func keyDigits(s string) (n int64, ok bool) {
	s = strings.TrimSuffix(s, ".0")
	count := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			if count++; count > 11 {
				return 0, false
			}
			n = 10*n + int64(s[i]-'0')
		}
	}
	return n, count == 11
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

func findNumberOfPerson(s string) bool {
	for i := 0; i+11 <= len(s); i++ {
		if !isDigit(s[i]) {
			continue
		}
		for _, width := range []int{11, 12, 13} {
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
