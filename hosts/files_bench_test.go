package hosts

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"deployer/internal/ratio"
	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
)

// The sizes of what the benchmarks of files copy.
const (
	largeSize  = 512 << 20
	smallSize  = 4 << 10
	smallFiles = 2000
)

// copyBed is a host to copy to and from, which is this machine, and all programs that can do so. Each copy is a process
// of its own, which logs in anew.
type copyBed struct {
	*testing.B
	dir              string // in memory, if the system has such files: disks are too noisy
	program          string // internal/bench/copy
	library          string // internal/bench/library
	deployer, tree   string // the program, and a tree with the host
	port             int
	user, key, known string
}

func newCopyBed(b *testing.B) *copyBed {
	b.Helper()
	bed := &copyBed{B: b}
	bed.dir = bed.inMemory()
	bed.program, bed.deployer = filepath.Join(bed.dir, "copy"), filepath.Join(bed.dir, "deployer")
	bed.library = filepath.Join(bed.dir, "library")
	for program, source := range map[string]string{
		bed.program: "deployer/internal/bench/copy", bed.library: "deployer/internal/bench/library",
		bed.deployer: "deployer/cmd/deployer",
	} {
		if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
			b.Fatalf("go build: %v: %s", err, out)
		}
	}
	return bed
}

// inMemory returns a directory that does without a disk, or any other.
func (bed *copyBed) inMemory() string {
	dir, err := os.MkdirTemp("/dev/shm", "deployer-bench-")
	if err != nil {
		return bed.TempDir()
	}
	bed.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			bed.Error(err)
		}
	})
	return dir
}

// onOpenSSH is a bed where the host is a real sshd.
func onOpenSSH(b *testing.B) *copyBed {
	b.Helper()
	bed := newCopyBed(b)
	sshd := sshdtest.Start(b, sshdtest.Options{Config: []string{"SetEnv HOME=" + b.TempDir()}})
	bed.port, bed.user, bed.key, bed.known = sshd.Port, sshd.User, sshd.ClientKeyFile, sshd.KnownHostsFile
	tree := fmt.Sprintf(`root = node(hosts = [ssh_host("bench", address = "127.0.0.1", port = %d, username = %q,
    key_filename = %q, known_hosts = %q, config_filename = "none")])
`, bed.port, bed.user, bed.key, bed.known)
	bed.tree = filepath.Join(bed.dir, "tree.star")
	if err := os.WriteFile(bed.tree, []byte(tree), 0o600); err != nil {
		b.Fatal(err)
	}
	return bed
}

// farAway is a bed where the host is this process, and every round trip takes longer.
func farAway(b *testing.B, roundTrip time.Duration) *copyBed {
	b.Helper()
	bed := newCopyBed(b)
	bed.user, bed.key, bed.known = "far", filepath.Join(bed.dir, "key"), filepath.Join(bed.dir, "known_hosts")
	key, err := sshserver.NewKeyFile(bed.key)
	if err != nil {
		b.Fatal(err)
	}
	server, err := sshserver.Start(sshserver.Options{
		AuthorizedKeys: []sshserver.PublicKey{key}, Home: bed.dir, Faults: sshserver.Faults{Latency: roundTrip / 2},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.Close(); err != nil {
			b.Error(err)
		}
	})
	bed.port = server.Port()
	if err := os.WriteFile(bed.known, []byte(server.KnownHosts()), 0o600); err != nil {
		b.Fatal(err)
	}
	return bed
}

// large makes a file.
func (bed *copyBed) large(size int) (path string) {
	path = filepath.Join(bed.dir, "large")
	if err := os.WriteFile(path, noise(size, 1), 0o644); err != nil {
		bed.Fatal(err)
	}
	return path
}

// small makes a directory of small files, each with another content.
func (bed *copyBed) small(files int) (path string) {
	path = filepath.Join(bed.dir, "small")
	if err := os.Mkdir(path, 0o755); err != nil {
		bed.Fatal(err)
	}
	data := noise(files*smallSize, 2)
	for i := range files {
		name := filepath.Join(path, fmt.Sprintf("file%04d", i))
		if err := os.WriteFile(name, data[i*smallSize:(i+1)*smallSize], 0o644); err != nil {
			bed.Fatal(err)
		}
	}
	return path
}

// job is something to copy, and what to expect of it.
type job struct {
	bed      *copyBed
	put      bool
	from, to string
	tree     bool
	peak     int // memory that deployer had at most, in MB
}

func (bed *copyBed) job(put bool, from string) *job {
	info, err := os.Stat(from)
	if err != nil {
		bed.Fatal(err)
	}
	return &job{bed: bed, put: put, from: from, to: filepath.Join(bed.dir, "to", filepath.Base(from)), tree: info.IsDir()}
}

func (j *job) direction() string {
	if j.put {
		return "put"
	}
	return "get"
}

// clear removes what was copied before.
func (j *job) clear() error {
	dir := filepath.Dir(j.to)
	return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755))
}

// complete checks that all has been copied, as far as that costs no time.
func (j *job) complete() error {
	if !j.tree {
		return sameSize(j.from, j.to)
	}
	want, err := os.ReadDir(j.from)
	if err != nil {
		return err
	}
	got, err := os.ReadDir(j.to)
	if err == nil && len(got) != len(want) {
		err = fmt.Errorf("%d of %d files were copied", len(got), len(want))
	}
	if err != nil {
		return err
	}
	name := want[len(want)-1].Name()
	return sameSize(filepath.Join(j.from, name), filepath.Join(j.to, name))
}

func sameSize(from, to string) error {
	var sizes [2]int64
	for i, name := range []string{from, to} {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		sizes[i] = info.Size()
	}
	if sizes[0] != sizes[1] {
		return fmt.Errorf("%d of %d bytes were copied", sizes[1], sizes[0])
	}
	return nil
}

// deployer copies with the secure-copy shell of this program.
func (j *job) deployer() ratio.Way {
	return ratio.Way{Name: "deployer", Prepare: j.clear, Check: j.complete, Do: func() error {
		line := []string{j.bed.deployer, j.bed.tree, "scp", "bench", "--", j.direction()}
		if j.tree {
			line = append(line, "-r")
		}
		_, err := outputOf(append(line, j.from, j.to)...)
		return err
	}}
}

// copy runs internal/bench/copy, which connects first, and returns how long it says that the rest took.
func (j *job) copy() (time.Duration, error) {
	bed := j.bed
	out, err := outputOf(bed.program, strconv.Itoa(bed.port), bed.user, bed.key, bed.known, j.direction(), j.from, j.to)
	if err != nil {
		return 0, err
	}
	var seconds float64
	var peak int
	if _, err := fmt.Sscan(out, &seconds, &peak); err != nil {
		return 0, fmt.Errorf("%q: %w", out, err)
	}
	j.peak = max(j.peak, peak)
	return time.Duration(seconds * float64(time.Second)), nil
}

// outputOf runs a program and returns what it prints.
func outputOf(line ...string) (string, error) {
	cmd := exec.Command(line[0], line[1:]...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, errs.Bytes())
	}
	return string(out), err
}

// peers copy with every other program that is installed.
func (j *job) peers() []ratio.Way {
	var ways []ratio.Way
	for _, p := range []struct {
		name, program string
		line          func() []string
	}{
		{"sftp", "sftp", j.sftp}, {"scp", "scp", j.scp}, {"tar", "tar", j.tar}, {"lftp", "lftp", j.lftp},
		{"rclone", "rclone", j.rclone}, {"library", j.bed.library, j.library},
	} {
		if _, err := exec.LookPath(p.program); err != nil {
			j.bed.Logf("%s is not installed", p.program)
			continue
		}
		ways = append(ways, ratio.Way{Name: p.name, Prepare: j.clear, Check: j.complete, Do: func() error {
			_, err := outputOf(p.line()...)
			return err
		}})
	}
	return ways
}

// login is how the programs of OpenSSH log in, all but the port.
func (j *job) login(program ...string) []string {
	return append(program, "-F", "none", "-o", "BatchMode=yes", "-o", "UserKnownHostsFile="+j.bed.known, "-i", j.bed.key)
}

func (j *job) port() string { return strconv.Itoa(j.bed.port) }

func (j *job) host() string { return j.bed.user + "@127.0.0.1" }

// sftp is OpenSSH's, with its defaults.
func (j *job) sftp() []string {
	batch := fmt.Sprintf("%s -r %s %s\n", j.direction(), j.from, j.to)
	if !j.tree {
		batch = fmt.Sprintf("%s %s %s\n", j.direction(), j.from, j.to)
	}
	line := append(j.login("sftp", "-b", "-"), "-P", j.port(), j.host())
	return []string{"sh", "-c", fmt.Sprintf("printf %%s '%s' | %s", batch, strings.Join(line, " "))}
}

func (j *job) scp() []string {
	line := append(j.login("scp", "-q", "-r"), "-P", j.port())
	if j.put {
		return append(line, j.from, j.host()+":"+j.to)
	}
	return append(line, j.host()+":"+j.from, j.to)
}

// tar is a pipe from tar to tar, over ssh.
func (j *job) tar() []string {
	pack := fmt.Sprintf("tar -C %s -cf - %s", filepath.Dir(j.from), filepath.Base(j.from))
	unpack := fmt.Sprintf("tar -C %s -xf -", filepath.Dir(j.to))
	ssh := strings.Join(append(j.login("ssh"), "-p", j.port(), j.host()), " ")
	if j.put {
		return []string{"sh", "-c", fmt.Sprintf("%s | %s %s", pack, ssh, unpack)}
	}
	return []string{"sh", "-c", fmt.Sprintf("%s %s | %s", ssh, pack, unpack)}
}

// stream is no copy, but what OpenSSH can carry: a file that nobody keeps, with the cipher that deployer uses.
func (j *job) stream() ratio.Way {
	ssh := strings.Join(append(j.login("ssh", "-c", "aes128-gcm@openssh.com"), "-p", j.port(), j.host()), " ")
	line := fmt.Sprintf("%s cat %s > /dev/null", ssh, j.from)
	if j.put {
		line = fmt.Sprintf("%s 'cat > /dev/null' < %s", ssh, j.from)
	}
	return ratio.Way{Name: "stream", Do: func() error {
		_, err := outputOf("sh", "-c", line)
		return err
	}}
}

// lftp copies eight files at once: without that it is the slowest.
func (j *job) lftp() []string {
	command := "put " + j.from + " -o " + j.to
	switch {
	case j.tree && j.put:
		command = "mirror -R -P 8 " + j.from + " " + j.to
	case j.tree:
		command = "mirror -P 8 " + j.from + " " + j.to
	case !j.put:
		command = "get " + j.from + " -o " + j.to
	}
	connect := strings.Join(j.login("ssh", "-a", "-x"), " ")
	return []string{"lftp", "--norc", "-c", fmt.Sprintf("set sftp:connect-program '%s'; open -p %d sftp://%s:@127.0.0.1; %s",
		connect, j.bed.port, j.bed.user, command)}
}

// library copies with the usual SFTP library of Go, which does less: see there.
func (j *job) library() []string {
	return []string{j.bed.library, j.port(), j.bed.user, j.bed.key, j.bed.known, j.direction(), j.from, j.to}
}

func (j *job) rclone() []string {
	there := fmt.Sprintf(":sftp,host=127.0.0.1,port=%d,user=%s,key_file='%s',known_hosts_file='%s',shell_type=none:",
		j.bed.port, j.bed.user, j.bed.key, j.bed.known)
	command, from, to := "copyto", j.from, j.to
	if j.put {
		to = there + to
	} else {
		from = there + from
	}
	return []string{"env", "RCLONE_CONFIG=/dev/null", "rclone", "-q", command, from, to}
}

// BenchmarkCopyLarge copies a file of 512 MB. To put it at least 1.3 times and to get it at least 1.6 times as fast as
// OpenSSH's sftp is the mark: 0.77 and 0.62 of its time.
func BenchmarkCopyLarge(b *testing.B) {
	bed := onOpenSSH(b)
	bed.compare(bed.large(largeSize))
}

// BenchmarkCopySmall copies 2,000 files of 4 KB. A sixth of the time of OpenSSH's sftp, and that of a tar pipe, is the
// mark.
func BenchmarkCopySmall(b *testing.B) {
	bed := onOpenSSH(b)
	bed.compare(bed.small(smallFiles))
}

// compare copies something both ways.
func (bed *copyBed) compare(from string) {
	for _, put := range []bool{true, false} {
		j := bed.job(put, from)
		bed.Run(j.direction(), func(b *testing.B) {
			ways := j.peers()
			if !j.tree {
				ways = append(ways, j.stream())
			}
			ratio.Compare(b, 1, j.deployer(), ways...)
		})
	}
}

// BenchmarkCopyFarAway copies over a connection with 50 ms of round trip, once it is open: a file of 128 MB, which shall
// make at least 30 MB/s, and 200 files of 4 KB in under a second.
func BenchmarkCopyFarAway(b *testing.B) {
	const size = 128 << 20
	bed := farAway(b, 50*time.Millisecond)
	for _, from := range []string{bed.large(size), bed.small(200)} {
		for _, put := range []bool{true, false} {
			j := bed.job(put, from)
			b.Run(j.direction()+"-"+filepath.Base(from), func(b *testing.B) {
				var took time.Duration
				for b.Loop() {
					if err := j.clear(); err != nil {
						b.Fatal(err)
					}
					once, err := j.copy()
					if err == nil {
						err = j.complete()
					}
					if err != nil {
						b.Fatal(err)
					}
					took += once
				}
				b.ReportMetric(0, "ns/op") // with the login
				b.ReportMetric(took.Seconds()/float64(b.N), "s")
				if !j.tree {
					b.ReportMetric(size/1e6*float64(b.N)/took.Seconds(), "MB/s")
				}
				b.ReportMetric(float64(j.peak), "MB-peak")
			})
		}
	}
}
