package deployer_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tutorialText is the document that tells the tutorial; tutorialHosts are its machines beside web1.
const tutorialText = "doc/tutorial.md"

var tutorialHosts = []string{"staging1", "production1"}

// newReaderOf makes the reader of a document. That of the tutorial has its trees, and hosts that are ready for them.
func newReaderOf(t *testing.T, document string) *reader {
	t.Helper()
	if document != tutorialText {
		return newReader(t)
	}
	r := newReader(t, tutorialHosts...)
	r.site = newDjango(t)
	r.site.install(r.work)
	if err := os.CopyFS(filepath.Join(r.work, "websystem"), os.DirFS("testdata/trees/websystem")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(r.work, "websystem/deploy"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, slug := range append([]string{"web1"}, tutorialHosts...) {
		r.site.host(r.at[slug])
	}
	// A server that was started may not listen yet.
	r.file(".curlrc", "retry = 60\nretry-delay = 1\nretry-connrefused\n")
	r.site.sh("/usr/bin/python3 -m venv " + filepath.Join(r.at["web1"], ".virtualenvs/project-env"))
	return r
}

// TestTutorialShowsTrees wants every piece of a tree in the tutorial to be one of the trees that the tests run.
func TestTutorialShowsTrees(t *testing.T) {
	t.Parallel()
	trees := map[string]string{}
	for _, pattern := range []string{"testdata/trees/tutorial*/*", "testdata/trees/websystem/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			trees[file] = string(text)
		}
	}
	shown := map[string]bool{}
	for _, b := range readDocument(t, tutorialText).blocks {
		if !slices.Contains([]string{"python", "go"}, b.words[0]) {
			continue
		}
		found := false
		for file, text := range trees {
			if strings.Contains(text, b.text()) {
				found, shown[file] = true, true
			}
		}
		if !found {
			t.Errorf("%s:%d: no tree has this piece", tutorialText, b.at)
		}
	}
	for file := range trees {
		if !shown[file] && filepath.Base(file) != "our_nodes.star" {
			t.Errorf("%s shows nothing of %s", tutorialText, file)
		}
	}
}
