package datasets

// Identifies tells what direct identifier a text holds, anywhere in it: a national identity number, an e-mail address or a
// telephone number; "" where it holds none. It is the rule by which text columns are refused.
func Identifies(text string) string { return findIdentifier(text) }

// IsNationalNumber tells whether a text is 11 digits that make a fødselsnummer or D-number, real or synthetic: an existing
// date and both check digits. Of random numbers of 11 digits about 0.2 % are.
func IsNationalNumber(text string) bool {
	n, ok := elevenDigits(text)
	return ok && isNumberOfPerson(n)
}

// NamesIdentifier tells whether a column is a direct identifier by its name, such as fnr or NAVN: it is refused unless the mapping drops it.
func NamesIdentifier(column string) bool { return isDirectName(column) }
