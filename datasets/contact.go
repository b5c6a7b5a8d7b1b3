package datasets

import (
	"slices"
	"strings"
)

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
