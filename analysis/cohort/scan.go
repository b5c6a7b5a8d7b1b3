package cohort

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tiltakseffekt/internal/fault"
)

type token uint8

const (
	tokenEnd token = iota
	tokenNumber
	tokenText
	tokenName
	tokenSign
)

type parser struct {
	text  string
	limit float64
	out   *Expression
	err   error

	typed map[string]bool // columns of the user's whose type is settled

	pos   int // of what comes after the token
	at    int // of the token
	token token
	word  string
	num   float64
}

// fail keeps the first complaint; the position is in bytes and is told in characters.
func (p *parser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = fault.Usagef("bad_expression", "at character %d of `%s`: %s", utf8.RuneCountInString(p.text[:min(at, len(p.text))])+1, shortened(p.text), fmt.Sprintf(format, args...))
	}
	p.token = tokenEnd
	p.pos = len(p.text)
}

func shortened(text string) string {
	if r := []rune(text); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return text
}

// signs are the operators, longest first.
var signs = []string{"<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ","}

func (p *parser) next() {
	if p.err != nil {
		return
	}
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !unicode.IsSpace(r) {
			break
		}
		p.pos += n
	}
	p.at, p.word = p.pos, ""
	if p.pos >= len(p.text) {
		p.token, p.word = tokenEnd, "the end"
		return
	}
	rest := p.text[p.pos:]
	c, size := utf8.DecodeRuneInString(rest)
	switch {
	case c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		n := 0
		for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.') {
			n++
		}
		v, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			p.fail(p.at, "`%s` is not a number", rest[:n])
			return
		}
		if next, _ := utf8.DecodeRuneInString(rest[n:]); n < len(rest) && (unicode.IsLetter(next) || next == '_') {
			p.fail(p.at+n, "a letter stands right after a number; write texts in quotes, as \"0301\"")
			return
		}
		p.token, p.word, p.num, p.pos = tokenNumber, rest[:n], v, p.pos+n
	case c == '"' || c == '\'':
		end := strings.IndexRune(rest[1:], c)
		if end < 0 {
			p.fail(p.at, "the text that begins here has no end; close it with %c", c)
			return
		}
		p.token, p.word, p.pos = tokenText, rest[1:1+end], p.pos+end+2
	case unicode.IsLetter(c) || c == '_':
		n := 0
		for n < len(rest) {
			r, k := utf8.DecodeRuneInString(rest[n:])
			if !(unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.') {
				break
			}
			n += k
		}
		p.token, p.word, p.pos = tokenName, rest[:n], p.pos+n
	default:
		for _, s := range signs {
			if strings.HasPrefix(rest, s) {
				p.token, p.word, p.pos = tokenSign, s, p.pos+len(s)
				return
			}
		}
		switch c {
		case '=':
			p.fail(p.at, "`=` compares nothing; write `==`")
		case '&':
			p.fail(p.at, "write `and`, not `&`")
		case '|':
			p.fail(p.at, "write `or`, not `|`")
		case '!':
			p.fail(p.at, "write `not`, not `!`")
		default:
			p.fail(p.at, "`%s` means nothing here", rest[:size])
		}
	}
}

// is tells whether the token is a sign or a word of the language.
func (p *parser) is(words ...string) bool {
	if p.token != tokenSign && p.token != tokenName {
		return false
	}
	for _, w := range words {
		if p.word == w {
			return true
		}
	}
	return false
}
