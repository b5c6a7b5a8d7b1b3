package datasets

// Fingerprint says what a file was when it was read.
type Fingerprint struct {
	Name   string `json:"name"` // relative to the folder that was opened, with forward slashes
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"` // −1 where not counted
}
