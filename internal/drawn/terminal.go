package drawn

// Terminal is a filter that makes lines of text of what was printed on a terminal. The zero value is ready.
type Terminal struct {
	sequences Sequences
	redraws   Redraws
}

// Pass returns the lines that are complete after the next part, which are valid until the next call.
func (t *Terminal) Pass(part []byte) []byte { return Text(t.redraws.Pass(t.sequences.Pass(part))) }

// Rest returns the last line, which has no end.
func (t *Terminal) Rest() []byte {
	t.sequences = Sequences{}
	return Text(t.redraws.Rest())
}
