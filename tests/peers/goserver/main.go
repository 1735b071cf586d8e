// Goserver is a server on golang.org/x/crypto/ssh and gliderlabs/ssh that
// runs commands with sh. It prints "port N" when it listens on port N.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

var (
	hostKey    = flag.String("hostkey", "", "private key `file` of the host")
	turncoat   = flag.String("turncoat", "", "private key `file` used from the second key exchange on")
	authorized = flag.String("authorized", "", "public keys `file`")
	password   = flag.String("password", "", "the password of everybody")
	methods    = flag.String("methods", "publickey,password", "login methods")
	questions  = flag.String("questions", "Password: ", "what keyboard-interactive asks, separated by |; a leading + shows the answer")
	answers    = flag.String("answers", "", "the right answers, separated by |; by default the password")
	rekey      = flag.Uint64("rekey", 0, "bytes after which keys change")
	ciphers    = flag.String("ciphers", "", "ciphers, separated by commas")
	kex        = flag.String("kex", "", "key exchanges, separated by commas")
	macs       = flag.String("macs", "", "MACs, separated by commas")
	banner     = flag.String("banner", "", "text shown before login")
)

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func has(method string) bool {
	for _, m := range list(*methods) {
		if m == method {
			return true
		}
	}
	return false
}

func readSigner(file string) gossh.Signer {
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := gossh.ParsePrivateKey(text)
	if err != nil {
		log.Fatal(err)
	}
	return signer
}

// isAuthorized reads the file each time, as other servers do.
func isAuthorized(_ ssh.Context, key ssh.PublicKey) bool {
	file, err := os.Open(*authorized)
	if err != nil {
		return false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		known, _, _, _, err := ssh.ParseAuthorizedKey(lines.Bytes())
		if err == nil && ssh.KeysEqual(known, key) {
			return true
		}
	}
	return false
}

func challenge(_ ssh.Context, ask gossh.KeyboardInteractiveChallenge) bool {
	texts := strings.Split(*questions, "|")
	right := strings.Split(*answers, "|")
	if *answers == "" {
		right = []string{*password}
	}
	echos := make([]bool, len(texts))
	for i, text := range texts {
		echos[i] = strings.HasPrefix(text, "+")
		texts[i] = strings.TrimPrefix(text, "+")
	}
	got, err := ask("", "Please answer.", texts, echos)
	if err != nil || len(got) != len(right) {
		return false
	}
	for i := range right {
		if got[i] != right[i] {
			return false
		}
	}
	return true
}

func config(ssh.Context) *gossh.ServerConfig {
	c := &gossh.ServerConfig{}
	c.RekeyThreshold = *rekey
	c.Ciphers = list(*ciphers)
	c.KeyExchanges = list(*kex)
	c.MACs = list(*macs)
	if *banner != "" {
		c.BannerCallback = func(gossh.ConnMetadata) string {
			return *banner
		}
	}
	return c
}

func newServer() *ssh.Server {
	s := &ssh.Server{
		Handler:              serve,
		ServerConfigCallback: config,
		HostSigners:          []ssh.Signer{newHost()},
		SubsystemHandlers:    subsystems,
	}
	forwarding(s)
	if has("publickey") {
		s.PublicKeyHandler = isAuthorized
	}
	if has("password") {
		s.PasswordHandler = func(_ ssh.Context, got string) bool {
			return got == *password
		}
	}
	if has("keyboard-interactive") {
		s.KeyboardInteractiveHandler = challenge
	}
	return s
}

func main() {
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(newServer().Serve(listener))
}
