package keycask

// Guards against a middleware that lets in whom it shouldn't, tells a stranger why, takes a broken vault for a bad key,
// or reads a secret where servers log it. Over real HTTP.

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a guarded handler that answers with the owner of the key, on the loopback.
func server(t *testing.T, vault *Vault, opts ...MiddlewareOption) *httptest.Server {
	t.Helper()
	owner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, ok := FromContext(r.Context())
		if !ok {
			t.Error("let in without a key")
			return
		}
		_, _ = io.WriteString(w, key.Owner)
	})
	started := httptest.NewServer(Middleware(vault, opts...)(owner))
	t.Cleanup(started.Close)
	return started
}

// get is the answer to a request with headers: name, value, name, value...
func get(t *testing.T, url string, headers ...string) (*http.Response, string) {
	t.Helper()
	request := must(http.NewRequest(http.MethodGet, url, nil))(t)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response := must(http.DefaultClient.Do(request))(t)
	defer response.Body.Close()
	return response, string(must(io.ReadAll(response.Body))(t))
}

func TestMiddlewareLetsGoodKeysIn(t *testing.T) {
	vault := newVault(t)
	secret := issue(t, vault).Secret.Expose()
	guarded := server(t, vault, RequirePrefix("acme_live"), RequireScope("reports:read"))
	for _, headers := range [][]string{
		{"Authorization", "Bearer " + secret}, {"Authorization", "bearer  " + secret}, {"X-API-Key", secret},
		{"x-api-key", secret, "Authorization", "Basic YWxpY2U6c2VjcmV0"},
	} {
		response, body := get(t, guarded.URL, headers...)
		equal(t, "status", response.StatusCode, 200)
		equal(t, "owner", body, "acct_42")
		equal(t, "no Sunset", response.Header.Get("Sunset")+response.Header.Get("Deprecation"), "")
	}
	checked(t, vault.Flush())
	for use, err := range vault.Uses(UseFilter{}) {
		checked(t, err)
		equal(t, "client", use.ClientIP, "127.0.0.1")
	}
}

func TestMiddlewareTellsStrangersOneThing(t *testing.T) {
	vault := newVault(t)
	revoked, disabled, secret := issue(t, vault), issue(t, vault), issue(t, vault).Secret.Expose()
	must(vault.Revoke(revoked.Key.ID, Revocation{}, actor))(t)
	must(vault.Disable(disabled.Key.ID, actor))(t)
	var lock sync.Mutex
	var told []error
	tell := OnReject(func(_ *http.Request, err error) {
		lock.Lock()
		defer lock.Unlock()
		told = append(told, err)
	})
	guarded := server(t, vault, tell)
	for _, headers := range [][]string{
		{}, {"Authorization", "Bearer"}, {"Authorization", "Bearer x"}, {"Authorization", "Basic " + secret},
		{"Authorization", secret}, {"X-API-Key", ""}, {"X-API-Key", secret + "x"}, {"Cookie", "X-API-Key=" + secret},
		{"Authorization", "Bearer " + revoked.Secret.Expose()}, {"Authorization", "Bearer " + disabled.Secret.Expose()},
		{"Authorization", "Bearer x", "X-API-Key", secret},
	} {
		response, body := get(t, guarded.URL+"?api_key="+secret+"&access_token="+secret, headers...)
		equal(t, strings.Join(headers, ": "), response.StatusCode, 401)
		equal(t, "challenge", response.Header.Get("WWW-Authenticate"), `Bearer error="invalid_token"`)
		equal(t, "body", body, "{\"error\":\"invalid_token\"}\n")
		equal(t, "cached", response.Header.Get("Cache-Control"), "no-store")
	}
	equal(t, "told", len(told), 11)
	equal(t, "no key", told[0], ErrNoCredentials)
	equal(t, "revoked", *refusal(t, told[8]), RejectedError{Revoked, revoked.Key.ID, "", 401})
}

func TestMiddlewareAnswers403And503(t *testing.T) {
	vault := newVault(t)
	secret := issue(t, vault).Secret.Expose()
	for _, demand := range []MiddlewareOption{RequireScope("reports:write"), RequirePrefix("acme_test")} {
		response, body := get(t, server(t, vault, demand).URL, "Authorization", "Bearer "+secret)
		equal(t, "status", response.StatusCode, 403)
		equal(t, "challenge", response.Header.Get("WWW-Authenticate"), `Bearer error="insufficient_scope"`)
		equal(t, "body", body, "{\"error\":\"insufficient_scope\"}\n")
	}
	guarded := server(t, vault)
	checked(t, vault.Close())
	for _, presented := range []string{secret, "x"} {
		response, body := get(t, guarded.URL, "Authorization", "Bearer "+presented)
		equal(t, "status", response.StatusCode, 503)
		equal(t, "challenge", response.Header.Get("WWW-Authenticate"), "")
		equal(t, "body", body, "{\"error\":\"unavailable\"}\n")
	}
}

func TestMiddlewareTellsClientsOfASupersededKey(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	before := time.Now().Unix()
	successor := must(vault.Rotate(issued.Key.ID, Planned(time.Hour), actor))(t)
	guarded := server(t, vault)
	response, _ := get(t, guarded.URL, "Authorization", "Bearer "+issued.Secret.Expose())
	equal(t, "status", response.StatusCode, 200)
	until := must(vault.Key(issued.Key.ID))(t).GraceUntil
	equal(t, "Sunset", must(http.ParseTime(response.Header.Get("Sunset")))(t), until.Truncate(time.Second))
	since, dated := strings.CutPrefix(response.Header.Get("Deprecation"), "@")
	equal(t, "a structured date", dated, true)
	at := must(strconv.ParseInt(since, 10, 64))(t)
	equal(t, "Deprecation "+since, at >= before-1 && at <= time.Now().Unix(), true)
	response, _ = get(t, guarded.URL, "Authorization", "Bearer "+successor.Secret.Expose())
	equal(t, "the successor", response.Header.Get("Sunset")+response.Header.Get("Deprecation"), "")
	equal(t, "no id", bornAt("key_UPPERCASE0000")+bornAt("")+bornAt("key_"), -3)
}

func TestMiddlewareIsToldOfTheClient(t *testing.T) {
	vault := newVault(t)
	secret := issue(t, vault).Secret.Expose()
	header := func(name string) func(*http.Request) string {
		return func(r *http.Request) string { return r.Header.Get(name) }
	}
	guarded := server(t, vault, ClientIPFrom(header("X-Real-IP")), RequestIDFrom(header("X-Request-ID")))
	for _, client := range [][2]string{
		{"192.0.2.7", "req-1"}, {"[2001:db8::1]:99", ""}, {"nonsense", strings.Repeat("x", 129)}, {"::ffff:192.0.2.8", "ok"},
	} {
		response, _ := get(t, guarded.URL, "X-API-Key", secret, "X-Real-IP", client[0], "X-Request-ID", client[1])
		equal(t, client[0], response.StatusCode, 200)
	}
	checked(t, vault.Flush())
	var told []string
	for use, err := range vault.Uses(UseFilter{}) {
		checked(t, err)
		told = append(told, use.ClientIP+"/"+use.RequestID)
	}
	equal(t, "uses", strings.Join(told, " "), "192.0.2.7/req-1 2001:db8::1/ / 192.0.2.8/ok")
}

func TestARevokedKeyIsOutAtTheNextRequest(t *testing.T) {
	vault := newVault(t)
	guarded := server(t, vault)
	for range 20 {
		issued := issue(t, vault)
		response, _ := get(t, guarded.URL, "X-API-Key", issued.Secret.Expose())
		equal(t, "before", response.StatusCode, 200)
		must(vault.Revoke(issued.Key.ID, Revocation{}, actor))(t)
		response, _ = get(t, guarded.URL, "X-API-Key", issued.Secret.Expose())
		equal(t, "after", response.StatusCode, 401)
	}
	if _, ok := FromContext(t.Context()); ok || errors.Is(ErrNoCredentials, ErrRejected) {
		t.Fatal("a key out of nowhere")
	}
}
