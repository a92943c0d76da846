package keycask

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// MiddlewareOption says what [Middleware] demands ([RequireScope], [RequirePrefix]), how it knows the client
// ([ClientIPFrom], [RequestIDFrom]), and whom it tells of what it turned away ([OnReject]).
type MiddlewareOption interface{ middlewareOption() }

type middlewareFunc func(*middleware)

func (middlewareFunc) middlewareOption() {}

type middleware struct {
	vault     *Vault
	demands   []VerifyOption
	clientIP  func(*http.Request) string
	requestID func(*http.Request) string
	onReject  func(*http.Request, error)
	next      http.Handler
}

// ClientIPFrom has the client's address found by a function: behind a proxy, RemoteAddr is the proxy's. What is no
// address is left out of the log of uses.
func ClientIPFrom(find func(*http.Request) string) MiddlewareOption {
	return middlewareFunc(func(m *middleware) { m.clientIP = find })
}

// RequestIDFrom has the request's id found by a function, for the log of uses. An empty one is none; one that the vault
// refuses (over 128 bytes, or with control characters) is left out.
func RequestIDFrom(find func(*http.Request) string) MiddlewareOption {
	return middlewareFunc(func(m *middleware) { m.requestID = find })
}

// OnReject has a function told of every request that isn't let in, before it is answered: the error is a
// [*RejectedError], [ErrNoCredentials], or what kept the vault from answering. It is where to log the reason and the
// key's id, which the client is never told.
func OnReject(tell func(*http.Request, error)) MiddlewareOption {
	return middlewareFunc(func(m *middleware) { m.onReject = tell })
}

// ErrNoCredentials is what [OnReject] is told of a request that presents no key.
var ErrNoCredentials = errors.New("keycask: the request presents no key")

type contextKey struct{}

// FromContext returns the key that [Middleware] let a request in with.
func FromContext(ctx context.Context) (*Key, bool) {
	key, ok := ctx.Value(contextKey{}).(*Key)
	return key, ok
}

// Middleware lets a request reach the next handler only with a key that the vault accepts, as `Authorization: Bearer`
// or as `X-API-Key`, and never in the query string. [FromContext] has the key then.
//
// It answers 401 where the key is refused, with one body for every reason; 403 where the key is good, and lacks a scope
// or has another prefix than is demanded; 503 where the vault could not say. While the client's key is superseded by a
// successor, `Deprecation` says since when and `Sunset` until when it works.
//
//	http.Handle("/reports", keycask.Middleware(vault, keycask.RequireScope("reports:read"))(reports))
func Middleware(vault *Vault, opts ...MiddlewareOption) func(http.Handler) http.Handler {
	m := middleware{vault: vault, clientIP: func(r *http.Request) string { return r.RemoteAddr }}
	for _, option := range opts {
		switch option := option.(type) {
		case Requirement:
			m.demands = append(m.demands, option)
		case middlewareFunc:
			option(&m)
		}
	}
	return func(next http.Handler) http.Handler {
		guarded := m
		guarded.next = next
		return &guarded
	}
}

// ServeHTTP verifies the key, and calls the next handler or answers itself.
func (m *middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, err := m.verify(r)
	if err != nil {
		if m.onReject != nil {
			m.onReject(r, err)
		}
		refuse(w, err)
		return
	}
	if !key.GraceUntil.IsZero() {
		w.Header().Set("Sunset", key.GraceUntil.UTC().Format(http.TimeFormat))
		if since := bornAt(key.ReplacedBy); since >= 0 {
			w.Header().Set("Deprecation", "@"+strconv.FormatInt(since, 10))
		}
	}
	m.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, key)))
}

func (m *middleware) verify(r *http.Request) (*Key, error) {
	presented, ok := presentedKey(r.Header)
	if !ok {
		return nil, ErrNoCredentials
	}
	known := make([]VerifyOption, 0, len(m.demands)+2)
	known = append(known, m.demands...)
	if address := address(m.clientIP(r)); address != "" {
		known = append(known, WithClientIP(address))
	}
	if m.requestID != nil {
		if id := m.requestID(r); id != "" && len(id) <= maxRequestID && !strings.ContainsFunc(id, isControl) {
			known = append(known, WithRequestID(id))
		}
	}
	return m.vault.Verify(presented, known...)
}

// maxRequestID is the longest id of a request, in bytes.
const maxRequestID = 128

func isControl(r rune) bool {
	return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\uFFFD'
}

// presentedKey is the secret of a request: of the Authorization header where that has the scheme Bearer, else of
// X-API-Key.
func presentedKey(header http.Header) (string, bool) {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), true
	}
	key := header.Get("X-Api-Key")
	return key, key != ""
}

// address is the address of `host:port` or of a host alone; empty where it is none.
func address(host string) string {
	if withPort, err := netip.ParseAddrPort(host); err == nil {
		return withPort.Addr().Unmap().WithZone("").String()
	}
	if alone, err := netip.ParseAddr(host); err == nil {
		return alone.Unmap().WithZone("").String()
	}
	return ""
}

// bornAt is the time in a key's id, in seconds since 1970: its first 10 characters are the milliseconds of a UUIDv7.
// Negative where it is no id. A successor is made when its predecessor is superseded.
func bornAt(id string) int64 {
	const alphabet, digits = "0123456789abcdefghjkmnpqrstvwxyz", 10
	id, ok := strings.CutPrefix(id, "key_")
	if !ok || len(id) < digits {
		return -1
	}
	ms := int64(0)
	for i := range digits {
		digit := strings.IndexByte(alphabet, id[i])
		if digit < 0 {
			return -1
		}
		ms = ms<<5 | int64(digit)
	}
	return ms / 1000
}

// refuse answers a request that isn't let in. Whoever presents no key or a bad one is told one thing only.
func refuse(w http.ResponseWriter, err error) {
	status, code := http.StatusServiceUnavailable, "unavailable"
	var rejected *RejectedError
	if errors.As(err, &rejected) {
		status = rejected.HTTPStatus
	} else if errors.Is(err, ErrNoCredentials) {
		status = http.StatusUnauthorized
	}
	header := w.Header()
	switch status {
	case http.StatusUnauthorized:
		code = "invalid_token"
		header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case http.StatusForbidden:
		code = "insufficient_scope"
		header.Set("WWW-Authenticate", `Bearer error="insufficient_scope"`)
	case http.StatusTooManyRequests:
		code = "rate_limited"
	}
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "{\"error\":%q}\n", code)
}
