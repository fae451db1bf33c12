package deployer

import (
	"errors"
	"fmt"
	"io"

	"deployer/journal"
	"deployer/report"
)

// maxReported is how many bytes of what a host prints on a stream are in a report.
const maxReported = 16 << 10

// reports are the files of --junit and --summary, which are written at the end of a run, whatever that is. It is a
// journal.Sink: the files are made while it has the last event, so that an action that was left behind changes nothing.
type reports struct {
	run    *report.Collector
	files  []reportFile
	ended  bool
	failed error // of writing them
}

// reportFile is one of them.
type reportFile struct {
	option  string
	file    *report.File
	content func(io.Writer) error
}

// openReports finds out whether the files of the options can be written.
func openReports(o runOptions) (*reports, error) {
	r := &reports{run: report.NewCollector(report.Options{Limit: maxReported})}
	for _, one := range []struct {
		option, name string
		content      func(io.Writer) error
	}{{"--junit", o.junit, r.run.JUnit}, {"--summary", o.summary, r.run.Summary}} {
		if one.name == "" {
			continue
		}
		file, err := report.NewFile(one.name)
		if err != nil {
			return nil, &usageError{fmt.Errorf("%s: %w", one.option, err), ""}
		}
		r.files = append(r.files, reportFile{one.option, file, one.content})
	}
	return r, nil
}

// Write implements journal.Sink.
func (r *reports) Write(e journal.Event) error {
	if r.ended {
		return nil
	}
	err := r.run.Write(e)
	if r.ended = e.Kind == journal.RunEnd; r.ended {
		r.failed = r.writeFiles()
	}
	return err
}

func (r *reports) writeFiles() error {
	var errs []error
	for _, f := range r.files {
		if err := f.file.Write(f.content); err != nil {
			errs = append(errs, fmt.Errorf("%s was not written: %w", f.option, err))
		}
	}
	return errors.Join(errs...)
}

// close returns why the files were not written. A nil r has none.
func (r *reports) close() error {
	if r == nil {
		return nil
	}
	return errors.Join(r.failed, r.run.Close())
}
