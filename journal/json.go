package journal

import (
	"bytes"
	"encoding/json"
	"io"
)

// JSON is a sink that writes one JSON object a line.
type JSON struct{ w io.Writer }

// NewJSON returns a sink that writes to w, one call of Write a line.
func NewJSON(w io.Writer) *JSON { return &JSON{w} }

// Write writes one event.
func (s *JSON) Write(e Event) error {
	line, err := encode(e.object()) // and not e, whose method's text would be read and written once more
	if err != nil {
		return err
	}
	_, err = s.w.Write(line)
	return err
}

// encode is json.Marshal with a newline at the end, and with <, > and & as they are: this is read by people and by grep,
// and never part of a page of HTML.
func encode(v any) ([]byte, error) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return line.Bytes(), err
}
