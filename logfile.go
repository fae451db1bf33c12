package deployer

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// logFile is the file of --log. Its first error is told once, at the end of the run.
type logFile struct {
	file *os.File
	err  error
}

func openLog(name string) (*logFile, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--log: %w", err), ""}
	}
	return &logFile{file: f}, nil
}

// Write implements io.Writer.
func (l *logFile) Write(b []byte) (int, error) {
	n, err := l.file.Write(b)
	if l.err == nil {
		l.err = err
	}
	return n, err
}

// close returns why the file does not hold everything.
func (l *logFile) close() error {
	err := l.file.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // a pipe or a device, which has nothing to flush
	}
	for _, err := range []error{l.err, err, l.file.Close()} {
		if err != nil {
			return fmt.Errorf("the log is incomplete: %w", err)
		}
	}
	return nil
}
