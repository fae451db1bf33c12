package script

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	elsewhere  = regexp.MustCompile(`(?m)^([\d ]+): (.*)$`)
	rowNumbers = regexp.MustCompile(`(?m)^=== ([\d and]+): `)
	digits     = regexp.MustCompile(`\d+`)
	testName   = regexp.MustCompile(`(?:([\w/]+)\.)?(Test\w+)`)
	transcript = regexp.MustCompile(`[\w-]+\.txt`)
)

// TestForerunnerIsWhole wants every number of the lists to have a row, or to say where else it is tested, and these tests
// to be there.
func TestForerunnerIsWhole(t *testing.T) {
	for file, last := range map[string]int{"1.20-contradictions.txt": 16, "3-weaknesses.txt": 34} {
		text, err := os.ReadFile(filepath.Join("testdata/forerunner", file))
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(text), "\n=== ")
		var told []string
		for _, m := range rowNumbers.FindAllStringSubmatch(string(text), -1) {
			told = append(told, digits.FindAllString(m[1], -1)...)
		}
		for _, m := range elsewhere.FindAllStringSubmatch(head, -1) {
			told = append(told, digits.FindAllString(m[1], -1)...)
			checkElsewhere(t, m[2])
		}
		for n := range last {
			if !slices.Contains(told, strconv.Itoa(n+1)) {
				t.Errorf("%s does not tell of %d", file, n+1)
			}
		}
	}
}

// checkElsewhere looks for the tests and transcripts that a line names.
func checkElsewhere(t *testing.T, line string) {
	for _, m := range testName.FindAllStringSubmatch(line, -1) {
		if !isTest(t, m[1], m[2]) {
			t.Errorf("there is no %s", m[0])
		}
	}
	for _, name := range transcript.FindAllString(line, -1) {
		if _, err := os.Stat(filepath.Join("../testdata/script", name)); err != nil {
			t.Error(err)
		}
	}
}

// isTest reports whether a package has a test of that name.
func isTest(t *testing.T, pkg, name string) bool {
	files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "\nfunc "+name+"(t *testing.T)")
	})
}
