package journal

import (
	"encoding/json"
	"io"
)

// JSON is a sink that writes one JSON object a line.
type JSON struct{ w io.Writer }

// NewJSON returns a sink that writes to w, one call of Write a line.
func NewJSON(w io.Writer) *JSON { return &JSON{w} }

// Write writes one event.
func (s *JSON) Write(e Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = s.w.Write(append(line, '\n'))
	return err
}
