package scpshell

import (
	"testing"

	"deployer/hosts"
)

// Owners have names where the machine knows them, the first of several, and numbers otherwise.
func TestOwners(t *testing.T) {
	t.Parallel()
	there := owners{
		accountNames("root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n\nbad\n+::::\nodd name:x:7:7::/:\nx:y:many:0:\nlast:x:1000:"),
		accountNames("wheel:x:0:root\nstaff:x:50:"),
	}
	for _, tt := range []struct {
		uid, gid    int
		short, full string
	}{
		{0, 0, "root:wheel", "user root (0), group wheel (0)"},
		{1000, 50, "last:staff", "user last (1000), group staff (50)"},
		{7, 1000, "'odd name':1000", "user 'odd name' (7), group 1000"},
		{61199, 50, "61199:staff", "user 61199, group staff (50)"},
	} {
		f := &hosts.FileInfo{UID: tt.uid, GID: tt.gid}
		if short, full := there.short(f), there.full(f); short != tt.short || full != tt.full {
			t.Errorf("%d:%d is %q, %q, want %q, %q", tt.uid, tt.gid, short, full, tt.short, tt.full)
		}
	}
	if got := (owners{}).short(&hosts.FileInfo{UID: 1, GID: 2}); got != "1:2" {
		t.Errorf("without names: %q", got)
	}
}
