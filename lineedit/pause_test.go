package lineedit

import "time"

// pause is longer than go-prompt takes from a key to its drawing.
func pause() { time.Sleep(60 * time.Millisecond) }
