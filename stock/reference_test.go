package stock_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"deployer/nodes"
	"deployer/stock"
)

// madeFromHere is the line of the document after which it is made from the source.
const madeFromHere = "<!-- Made from the source from here on: DEPLOYER_UPDATE=1 go test ./stock -run TestReference -->\n"

// TestReference compares the reference in doc/stock.md with the nodes, or writes it if DEPLOYER_UPDATE is set.
func TestReference(t *testing.T) {
	const file = "../doc/stock.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, got, found := strings.Cut(string(text), madeFromHere)
	if !found {
		t.Fatalf("%s has no line %s", file, madeFromHere)
	}
	want := reference(t)
	switch {
	case got == want:
	case os.Getenv("DEPLOYER_UPDATE") == "":
		t.Errorf("%s is not what the source says: DEPLOYER_UPDATE=1 go test ./stock -run TestReference", file)
	default:
		if err := os.WriteFile(file, []byte(head+madeFromHere+want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func reference(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, f := range stock.Files() {
		for _, n := range f.Nodes {
			made, err := nodes.TemplateOf(n)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "\n### %s of %s\n\n%s\n", made.Name, f.Name, made.Documentation())
			writeAttributes(&b, made)
			writeActions(&b, made)
		}
	}
	return b.String()
}

func writeAttributes(b *strings.Builder, t *nodes.Template) {
	head := "\n| attribute | value | meaning |\n|---|---|---|\n"
	for _, m := range t.Members() {
		value, doc := "", m.Doc
		switch {
		case m.Required != nil:
			value = "string, required"
		case m.Property != nil:
			value, doc = "property", m.Property.Documentation()
		case m.Action == nil && m.Child == nil:
			value = map[string]string{"string": "string", "bool": "bool", "[]string": "list of strings"}[fmt.Sprintf("%T", m.Constant)]
		default:
			continue
		}
		fmt.Fprintf(b, "%s| `%s` | %s | %s |\n", head, m.Name, value, cell(doc))
		head = ""
	}
}

func writeActions(b *strings.Builder, t *nodes.Template) {
	b.WriteString("\n| action | meaning |\n|---|---|\n")
	if a := t.Default; a != nil {
		fmt.Fprintf(b, "| `.`, the node itself | %s |\n", cell(a.Documentation()))
	}
	for _, m := range t.Members() {
		if m.Action == nil || nodes.IsPrivate(m.Name) {
			continue
		}
		name := "`" + nodes.Usage(m.Action) + "`"
		for _, alias := range m.Action.Aliases {
			name += ", `" + alias + "`"
		}
		fmt.Fprintf(b, "| %s | %s |\n", name, cell(m.Action.Documentation()))
	}
}

// cell is a text in a row of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
