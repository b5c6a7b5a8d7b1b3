package datasets

import (
	"strings"
	"unicode"
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
