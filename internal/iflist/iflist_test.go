package iflist

import (
	"fmt"
	"strings"
	"testing"
)

// What the commands of different systems print of one machine.
var networks = map[string]struct{ text, want string }{
	"ip -j": {
		`[{"ifname":"lo","flags":["LOOPBACK","UP"],"link_type":"loopback","address":"00:00:00:00:00:00","addr_info":[{"local":"127.0.0.1","prefixlen":8},
			{"local":"::1","prefixlen":128}]},{},{"ifname":"eth0","flags":["BROADCAST","UP"],"link_type":"ether","address":"02:00:00:00:00:01",
			"addr_info":[{"local":"10.0.0.2","prefixlen":24},{"local":"10.0.0.3","prefixlen":32}]},{"ifname":"eth1","flags":[],"addr_info":[]}]`,
		"lo up loopback  [127.0.0.1/8 ::1/128]; eth0 up 02:00:00:00:00:01 [10.0.0.2/24 10.0.0.3/32]; eth1  []",
	},
	"ip": {
		`1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
12: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc pfifo_fast state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0
       valid_lft forever preferred_lft forever
    inet6 fe80::fc:ff:fe00:1/64 scope link
13: tun0: <POINTOPOINT,NOARP> mtu 1500 qdisc noop state DOWN group default
    inet 10.8.0.2 peer 10.8.0.1/32 scope global tun0
`,
		"lo up loopback  [127.0.0.1/8]; eth0 up 02:00:00:00:00:01 [10.0.0.2/24 fe80::fc:ff:fe00:1/64]; tun0  [10.8.0.2/32]",
	},
	"ifconfig of today": {
		`eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400
        inet 10.0.0.2  netmask 255.255.255.0  broadcast 10.0.0.255
        inet6 fe80::fc:ff:fe00:1  prefixlen 64  scopeid 0x20<link>
        ether 02:00:00:00:00:01  txqueuelen 1000  (Ethernet)
        RX packets 3614  bytes 43895753 (41.8 MiB)

lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        loop  txqueuelen 1000  (Local Loopback)
`,
		"eth0 up 02:00:00:00:00:01 [10.0.0.2/24 fe80::fc:ff:fe00:1/64]; lo up loopback  [127.0.0.1/8]",
	},
	"ifconfig of old, and of busybox": {
		`eth0      Link encap:Ethernet  HWaddr 02:00:00:00:00:01
          inet addr:10.0.0.2  Bcast:10.0.0.255  Mask:255.255.255.0
          inet6 addr: fe80::fc:ff:fe00:1/64 Scope:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
          Interrupt:17

eth0:1    Link encap:Ethernet  HWaddr 02:00:00:00:00:01
          inet addr:10.0.0.3  Bcast:10.0.0.255  Mask:255.255.255.255

lo        Link encap:Local Loopback
          inet addr:127.0.0.1  Mask:255.0.0.0
          UP LOOPBACK RUNNING  MTU:65536  Metric:1
`,
		"eth0 up 02:00:00:00:00:01 [10.0.0.2/24 fe80::fc:ff:fe00:1/64]; eth0:1 02:00:00:00:00:01 [10.0.0.3/32]; lo up loopback  [127.0.0.1/8]",
	},
	"ifconfig of BSD": {
		"lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384\n\tinet 127.0.0.1 netmask 0xff000000\n\tinet6 fe80::1%lo0 prefixlen 64 scopeid 0x1\n" +
			"en0: flags=8863<UP,BROADCAST,SMART,RUNNING> mtu 1500\n\toptions=400<CHANNEL_IO>\n\tether 02:00:00:00:00:01\n" +
			"\tinet 10.0.0.2 netmask 0xffffff00 broadcast 10.0.0.255\n\tmedia: autoselect\n\tstatus: active\n",
		"lo0 up loopback  [127.0.0.1/8 fe80::1/64]; en0 up 02:00:00:00:00:01 [10.0.0.2/24]",
	},
	"nothing": {"", ""},
}

func describe(all []Interface) string {
	var parts []string
	for _, i := range all {
		part := i.Name
		if i.Up {
			part += " up"
		}
		if i.Loopback {
			part += " loopback"
		}
		parts = append(parts, fmt.Sprintf("%s %s %v", part, i.Hardware, i.Addresses))
	}
	return strings.Join(parts, "; ")
}

func TestParse(t *testing.T) {
	for name, tt := range networks {
		got, err := Parse(tt.text)
		if err != nil || describe(got) != tt.want {
			t.Errorf("%s: got %s, error %v, want %s", name, describe(got), err, tt.want)
		}
	}
	for _, text := range []string{"[{", " inet 10.0.0.1", "\tx"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
