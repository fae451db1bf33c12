package lineedit

import prompt "github.com/elk-language/go-prompt"

// writer takes what go-prompt draws and drops it. When there is all of it, it is time to draw the line.
type writer struct{ line *line }

var _ prompt.Writer = writer{}

// These implement prompt.Writer.
func (w writer) Flush() error                                                       { w.line.draw(); return nil }
func (writer) Write(text []byte) (int, error)                                       { return len(text), nil }
func (writer) WriteString(text string) (int, error)                                 { return len(text), nil }
func (writer) WriteRaw([]byte)                                                      {}
func (writer) WriteRawString(string)                                                {}
func (writer) EraseScreen()                                                         {}
func (writer) EraseUp()                                                             {}
func (writer) EraseDown()                                                           {}
func (writer) EraseStartOfLine()                                                    {}
func (writer) EraseEndOfLine()                                                      {}
func (writer) EraseLine()                                                           {}
func (writer) ShowCursor()                                                          {}
func (writer) HideCursor()                                                          {}
func (writer) CursorGoTo(int, int)                                                  {}
func (writer) CursorUp(int)                                                         {}
func (writer) CursorDown(int)                                                       {}
func (writer) CursorForward(int)                                                    {}
func (writer) CursorBackward(int)                                                   {}
func (writer) AskForCPR()                                                           {}
func (writer) SaveCursor()                                                          {}
func (writer) UnSaveCursor()                                                        {}
func (writer) ScrollDown()                                                          {}
func (writer) ScrollUp()                                                            {}
func (writer) SetTitle(string)                                                      {}
func (writer) ClearTitle()                                                          {}
func (writer) SetColor(prompt.Color, prompt.Color, bool)                            {}
func (writer) SetDisplayAttributes(_, _ prompt.Color, _ ...prompt.DisplayAttribute) {}
